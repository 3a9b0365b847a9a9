"""Words that are searched."""

import pytest

from app.core.words import MAX_WORDS, sought, stems, tokens


@pytest.mark.parametrize(
    "forms",
    [
        ("жылу", "жылудың", "жылуды"),
        ("көшесі", "көшесінде"),
        ("отопление", "отоплением", "отопления"),
        ("коммуналдық", "коммуналдык"),
    ],
)
def test_the_forms_of_a_word_share_a_token(forms: tuple[str, ...]) -> None:
    assert set.intersection(*(set(tokens(form)) for form in forms)), [stems(form) for form in forms]


def test_a_query_finds_a_text_by_every_word_of_it() -> None:
    found = set(tokens("Үйімізде үш күннен бері жылу жоқ, балалар тоңып отыр."))
    assert all(found & set(word) for word in sought("жылудың балаларды"))
    assert not all(found & set(word) for word in sought("жылу судың"))


def test_tokens_are_numbers_that_fit_and_are_bounded() -> None:
    assert all(0 <= token < 2**63 for token in tokens("жылу жоқ"))
    assert len(sought(" ".join(f"сөз{n}" for n in range(5000)))) == MAX_WORDS


def test_a_text_without_words_has_none() -> None:
    assert tokens("— !") == []

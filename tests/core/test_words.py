"""Words that are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import words
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


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=3, max_size=12))
def test_neither_language_has_an_ending_for_latin_letters_and_digits(word: str) -> None:
    """So that such a word need not be looked at."""
    assert words._kazakh(word) == words._russian.stemWord(word) == word
    assert stems(word) == [word]

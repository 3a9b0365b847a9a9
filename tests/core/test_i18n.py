"""Languages: negotiation, dates, and the order of the Kazakh alphabet."""

from datetime import date

import pytest

from app.core.i18n import Language, long_date, negotiate, sort_key, t


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "kk"),
        ("", "kk"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("fr, en;q=0.5, kk;q=0.4", "en"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("*", "kk"),
        ("en;q=nonsense", "kk"),
        (";;;,,,", "kk"),
    ],
)
def test_the_language_asked_for_is_given(header: str | None, language: Language) -> None:
    assert negotiate(header) == language


@pytest.mark.parametrize(
    ("language", "written"),
    [("kk", "2026 ж. 23 желтоқсан"), ("ru", "23 декабря 2026 г."), ("en", "23 December 2026")],
)
def test_a_day_is_written_as_people_write_it(language: Language, written: str) -> None:
    assert long_date(date(2026, 12, 23), language) == written


def test_kazakh_letters_sort_in_their_place() -> None:
    words = [
        "ө",
        "я",
        "қ",
        "к",
        "л",
        "ә",
        "а",
        "б",
        "і",
        "ы",
        "ң",
        "н",
        "о",
        "ү",
        "ұ",
        "у",
        "һ",
        "х",
        "ғ",
        "г",
    ]
    assert "".join(sorted(words, key=lambda word: sort_key(word, "kk"))) == "аәбгғкқлнңоөуұүхһыія"


def test_a_sentence_has_its_values() -> None:
    assert "12" in t("validation.string_too_long", "kk", max_length=12)
    with pytest.raises(KeyError):
        t("no.such.sentence", "en")

"""Sentences in three languages.

Catalogues are `app/locales/<domain>.<language>.po`; a message's id is a slug. Values put into a sentence
are escaped by nobody here: templates escape what they show. Dates are written as people write them.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from babel.messages.pofile import read_po

Language = Literal["kk", "ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "kk"
LOCALES = Path(__file__).parent.parent / "locales"

KAZAKH_ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_KAZAKH_ORDER = {letter: chr(0x100 + place) for place, letter in enumerate(KAZAKH_ALPHABET)}
_MONTHS: Mapping[str, tuple[str, ...]] = {
    "kk": (
        "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым",
        "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан",
    ),
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня",
        "июля", "августа", "сентября", "октября", "ноября", "декабря",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_DAY_FORMS = {"kk": "{year} ж. {day} {month}", "ru": "{day} {month} {year} г.", "en": "{day} {month} {year}"}


@lru_cache(maxsize=1)
def catalogues() -> dict[Language, dict[str, str]]:
    """Every message by language and id; an id that two files define is a mistake and raises ValueError."""
    found: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
    for language, messages in found.items():
        for path in sorted(LOCALES.glob(f"*.{language}.po")):
            with path.open("rb") as source:
                for message in read_po(source, locale=language):
                    if not message.id:
                        continue
                    key = cast(str, message.id)
                    if key in messages:
                        raise ValueError(f"{path.name}: {key} is defined twice")
                    messages[key] = cast(str, message.string)
    return found


def t(key: str, language: Language, **params: object) -> str:
    """The sentence `key`, its `{placeholders}` filled. Raises KeyError for an unknown key."""
    sentence = catalogues()[language][key]
    return (
        sentence.format(**{name: _shown(value, language) for name, value in params.items()})
        if params
        else sentence
    )


def known(key: str) -> bool:
    return key in catalogues()[DEFAULT]


def _shown(value: object, language: Language) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return long_date(value, language)
    return str(value)


def long_date(day: date, language: Language) -> str:
    """A day in words: `2026 ж. 23 желтоқсан`, `23 декабря 2026 г.`, `23 December 2026`."""
    return _DAY_FORMS[language].format(year=day.year, day=day.day, month=_MONTHS[language][day.month - 1])


def negotiate(accept_language: str | None) -> Language:
    """The best of our languages for an `Accept-Language` header; Kazakh when it asks for none of them."""
    wanted: list[tuple[float, int, Language]] = []
    for place, entry in enumerate((accept_language or "")[:200].split(",")):
        tag, _, quality = entry.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            wanted.append((-_quality(quality), place, language))
    best = min(wanted, default=None)
    return best[2] if best and best[0] < 0 else DEFAULT


_KAZAKH_LETTER = re.compile("[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC_LETTER = re.compile("[а-яё]", re.IGNORECASE)


def guessed(text: str) -> Language | None:
    """The language of a text by its letters; None for a blank one."""
    if _KAZAKH_LETTER.search(text):
        return "kk"
    if _CYRILLIC_LETTER.search(text):
        return "ru"
    return "en" if text.strip() else None


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def sort_key(text: str, language: Language) -> str:
    """A key that sorts as the language's alphabet does (PostgreSQL here has no such collation)."""
    folded = text.casefold()
    return "".join(_KAZAKH_ORDER.get(letter, letter) for letter in folded) if language != "en" else folded

"""The ledger of a term in words: one sentence an entry, in Kazakh, Russian or English."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, TypedDict

from app.core.i18n import Language, known, long_date, t
from app.deadlines.ledger import LedgerEntry

_Shown = Callable[[Any, Language], str]


class Step(TypedDict):
    """What the contract calls a step of a deadline."""

    date: date
    code: str
    sentence: str


# Kazakh declines the month; other languages leave it as it stands after a preposition.
_KAZAKH_ENDINGS = {
    "on": ("да", "да", "да", "де", "да", "да", "де", "да", "те", "да", "да", "да"),
    "from": ("дан", "нан", "дан", "ден", "дан", "нан", "ден", "дан", "тен", "нан", "дан", "нан"),
    "to": ("ға", "ға", "ға", "ге", "ға", "ға", "ге", "ға", "ке", "ға", "ға", "ға"),
}


def explain(entries: Iterable[LedgerEntry], language: Language) -> list[Step]:
    """Entries that were read back from storage explain as they did when they were written."""
    return [
        Step(
            date=entry.day,
            code=entry.code,
            sentence=t(_key(entry), language, **_words(entry.params, language)),
        )
        for entry in entries
    ]


def _key(entry: LedgerEntry) -> str:
    """A code has one sentence, or one for each unit of the term or reason of a day off."""
    key = f"deadlines.step.{entry.code}"
    variant = f"{key}.{entry.params.get('unit') or entry.params.get('why')}"
    return variant if known(variant) else key


def _words(params: Mapping[str, Any], language: Language) -> dict[str, str]:
    words = {name: _SHOWN.get(name, _as_is)(value, language) for name, value in params.items()}
    if "why" in params:
        words["why"] = t(f"deadlines.why.{params['why']}", language, **words)
    return words


def _holiday(slug: str, language: Language) -> str:
    """A holiday that the calendar learned of before the catalogue did is called a holiday."""
    key = f"holiday.{slug}"
    return t(key if known(key) else "holiday.other", language)


def _month(day: date, language: Language) -> str:
    return t(f"deadlines.month.{day.month}", language)


def _short(iso_day: str, language: Language) -> str:
    day = date.fromisoformat(iso_day)
    return f"{day.day} {_month(day, language)}"


def _long(iso_day: str, language: Language) -> str:
    return long_date(date.fromisoformat(iso_day), language)


def _declined(written: _Shown, case: str) -> _Shown:
    def shown(iso_day: str, language: Language) -> str:
        month = date.fromisoformat(iso_day).month
        return written(iso_day, language) + (_KAZAKH_ENDINGS[case][month - 1] if language == "kk" else "")

    return shown


def _listed(iso_days: Sequence[str], language: Language) -> str:
    """`28, 29 November; 5, 6 December`."""
    days = [date.fromisoformat(day) for day in iso_days]
    months = groupby(days, key=lambda day: (day.year, day.month))
    return "; ".join(_in_month(list(group), language) for _, group in months)


def _in_month(days: Sequence[date], language: Language) -> str:
    return f"{', '.join(str(day.day) for day in days)} {_month(days[0], language)}"


def _as_is(value: object, language: Language) -> str:
    return str(value)


def _weekday(number: int, language: Language) -> str:
    return t(f"deadlines.weekday.{number}", language)


_SHOWN: Mapping[str, _Shown] = {
    "received_on": _declined(_long, "on"),
    "registered_on": _declined(_short, "on"),
    "first": _declined(_short, "from"),
    "raw": _long,
    "rolled_to": _declined(_short, "to"),
    "due_on": _declined(_long, "from"),
    "on": _listed,
    "weekday": _weekday,
    "holiday": _holiday,
    "worked_on": _short,
}

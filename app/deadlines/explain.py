"""The ledger of a term in words: one sentence an entry, in Kazakh, Russian or English.

The same sentences are a deadline's steps in the API, on the receipt and in the notices.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, TypedDict

from app.core.i18n import Language, known, long_date, t
from app.deadlines.guards import Refused
from app.deadlines.regimes import Rule
from app.deadlines.term import LedgerEntry

_Shown = Callable[[Any, Language], str]


class Step(TypedDict):
    """What the contract calls a step of a deadline. `rule`: the id of the rule that it rests on."""

    date: date
    code: str
    sentence: str
    rule: str


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
            sentence=t(_key(entry), language, **_words(entry, language)),
            rule=entry.rule,
        )
        for entry in entries
    ]


def text(entries: Iterable[LedgerEntry], language: Language) -> str:
    """The same as one text, a line a step: for receipts and notices."""
    return "\n".join(step["sentence"] for step in explain(entries, language))


def refusal(refused: Refused, language: Language) -> str:
    """Why the term does not allow an act."""
    return t(refused.key, language, **refused.params)


def period(amount: int, unit: str, language: Language) -> str:
    """`15 working days`, as the number asks for it in each language."""
    return t(f"deadlines.period.{unit}.{_plural(amount, language)}", language, amount=amount)


def rule_sentence(rule: Rule, language: Language) -> str:
    """What a rule says, with its own period."""
    words = {"period": _rule_period(rule, language)} if rule.unit else {}
    return t(f"rule.{rule.id}", language, **words)


def rule_source(rule: Rule, language: Language) -> str:
    """Where it is said: the act and the article; a setting of this service has neither."""
    act = t(f"law.{rule.act or 'none'}", language)
    return t("law.article", language, act=act, article=rule.article) if rule.article else act


def _rule_period(rule: Rule, language: Language) -> str:
    if rule.amount == 0:
        return t("deadlines.period.at_once", language)
    return period(rule.amount, str(rule.unit), language)


def _plural(amount: int, language: Language) -> str:
    if language == "ru":
        if amount % 10 == 1 and amount % 100 != 11:
            return "one"
        return "few" if amount % 10 in (2, 3, 4) and amount % 100 not in (12, 13, 14) else "many"
    return "one" if amount == 1 and language == "en" else "many"


def _key(entry: LedgerEntry) -> str:
    """A code has one sentence, or one for each unit of the term, reason of a day off or ground."""
    key = f"deadlines.step.{entry.code}"
    for name in ("unit", "why", "ground"):
        variant = f"{key}.{entry.params.get(name)}"
        if known(variant):
            return variant
    return key


def _words(entry: LedgerEntry, language: Language) -> dict[str, str]:
    params = entry.params
    words = {name: _SHOWN.get(name, _as_is)(value, language) for name, value in params.items()}
    words["day"] = _SHOWN["received_on"](entry.day.isoformat(), language)
    if "unit" in params:
        words |= {
            word: period(params[name], params["unit"], language)
            for name, word in (("days", "period"), ("left", "left"))
            if name in params
        }
    if "ground" in params:
        words["ground"] = t(f"deadlines.ground.{params['ground']}", language)
    if "why" in params:
        why = f"deadlines.why.{params['why']}"
        words["why"] = t(
            f"{why}.act" if params.get("act") and known(f"{why}.act") else why, language, **words
        )
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
    "by_day": _declined(_long, "from"),
    "not_before": _declined(_long, "from"),
    "from_day": _declined(_long, "from"),
    "until": _declined(_long, "to"),
    "to_day": _declined(_long, "to"),
    "target_on": _declined(_long, "to"),
    "stopped_due": _long,
    "hearing_on": _long,
    "on": _listed,
    "weekday": _weekday,
    "holiday": _holiday,
    "worked_on": _short,
}

"""A term as a ledger: dated entries, each with the rule it rests on, from which the due day follows.

Pure. Entries hold codes, days and numbers, never sentences; explain.py puts them into words.
`params` is plain JSON: days are ISO strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.deadlines.calendar import (
    Arrival,
    Calendar,
    DayOff,
    OfficeHours,
    Registration,
    Why,
    days_after,
    registration,
)
from app.deadlines.regimes import Regime, TermRule, Unit, regime_for, regime_on, term_rule


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`day`: the civil day it is about; `rule`: an id of regimes.RULES."""

    day: date
    code: str
    rule: str
    params: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat(),
            "code": self.code,
            "rule": self.rule,
            "params": dict(self.params),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "LedgerEntry":
        return cls(date.fromisoformat(stored["day"]), stored["code"], stored["rule"], stored["params"])


@dataclass(frozen=True, slots=True)
class Term:
    """`raw_due_on`: the last of calendar days before rolling to a working one; None for working-day terms."""

    registered_on: date
    due_on: date
    raw_due_on: date | None
    regime: str
    procedure: str
    term_days: int
    entries: tuple[LedgerEntry, ...]


def open_term(
    kind: str,
    received_at: datetime,
    hours: OfficeHours,
    calendar: Calendar,
    *,
    regime_at: datetime | None = None,
) -> Term:
    """The term of a body that receives an appeal at an aware moment (R06, R14, R20, L2007-TERM).

    `hours` are the receiving body's, and so is the week that days are counted by. `regime_at` is when the
    appeal first came to the state, where that differs: a forwarded appeal keeps its regime.
    Raises ValueError for an unknown kind, a naive moment or one outside 2007-2060.
    """
    regime = regime_for(regime_at or received_at)
    rule = term_rule(regime, kind)
    registered = registration(received_at, hours, calendar)
    own = calendar.for_week(hours.week)
    count = _count(registered.day, rule, own)
    entries = (_received(registered, hours, own, regime), *count.entries)
    return Term(
        registered_on=registered.day,
        due_on=count.due_on,
        raw_due_on=count.raw_due_on,
        regime=regime.code,
        procedure=rule.procedure.value,
        term_days=rule.days,
        entries=entries,
    )


def forward_due(registered_on: date, calendar: Calendar) -> date:
    """R10: what is not within a body's powers is forwarded by the third working day after registration."""
    return calendar.add_working_days(registered_on, regime_on(registered_on).forwarding.days)


@dataclass(frozen=True, slots=True)
class _Count:
    due_on: date
    raw_due_on: date | None
    entries: tuple[LedgerEntry, ...]


@lru_cache(maxsize=1024)
def _count(registered_on: date, rule: TermRule, calendar: Calendar) -> _Count:
    """Shared by all that is registered on one day; a new calendar is a new key."""
    due_on, raw_due_on = _due(registered_on, rule, calendar)
    if raw_due_on is None:
        special = _counted(registered_on, due_on, calendar)
    else:
        special = _rolled(raw_due_on, due_on, rule, calendar)
    due = {"days": rule.days, "unit": rule.unit.value, "due_on": due_on.isoformat()}
    entries = (_counting(registered_on, rule, calendar), *special, LedgerEntry(due_on, "due", rule.rule, due))
    return _Count(due_on, raw_due_on, entries)


def _due(registered_on: date, rule: TermRule, calendar: Calendar) -> tuple[date, date | None]:
    if rule.unit is Unit.WORKING_DAYS:
        return calendar.add_working_days(registered_on, rule.days), None
    raw = registered_on + timedelta(days=rule.days)
    return calendar.roll(raw), raw


def _received(
    registered: Registration, hours: OfficeHours, calendar: Calendar, regime: Regime
) -> LedgerEntry:
    received_on = registered.received.date()
    params: dict[str, Any] = {
        "received_on": received_on.isoformat(),
        "at": f"{registered.received:%H:%M}",
        "registered_on": registered.day.isoformat(),
        "opens": f"{hours.opens:%H:%M}",
        "closes": f"{hours.closes:%H:%M}",
    }
    if registered.arrival is Arrival.DAY_OFF and (off := calendar.day_off(received_on)):
        params |= _why(off)
    return LedgerEntry(received_on, f"received_{registered.arrival.value}", regime.registration, params)


def _counting(registered_on: date, rule: TermRule, calendar: Calendar) -> LedgerEntry:
    first = registered_on + timedelta(days=1)
    if rule.unit is Unit.WORKING_DAYS:
        first = calendar.roll(first)
    params = {"days": rule.days, "first": first.isoformat()}
    return LedgerEntry(registered_on, f"counting_{rule.unit.value}", rule.rule, params)


def _counted(registered_on: date, due_on: date, calendar: Calendar) -> list[LedgerEntry]:
    """What is special about the days of a term in working days, in order."""
    days = list(days_after(registered_on, due_on))
    entries = [_worked_weekend(day, calendar) for day in days if calendar.is_worked_weekend(day)]
    entries += [_off("non_working_skipped", off, them) for off, them in _days_off(days, calendar).items()]
    return sorted(entries, key=lambda entry: entry.day)


def _rolled(raw_due_on: date, due_on: date, rule: TermRule, calendar: Calendar) -> list[LedgerEntry]:
    """Why a last day moved from `raw_due_on`; nothing when it did not."""
    if raw_due_on == due_on:
        return []
    params = {"raw": raw_due_on.isoformat(), "rolled_to": due_on.isoformat()}
    off = _days_off([raw_due_on, *days_after(raw_due_on, due_on)], calendar)
    return [
        LedgerEntry(raw_due_on, "rolled", rule.rolling, params),
        *(_off("rolled_over", reason, days) for reason, days in off.items()),
    ]


def _days_off(days: list[date], calendar: Calendar) -> dict[DayOff, list[date]]:
    found: dict[DayOff, list[date]] = {}
    for day in days:
        if off := calendar.day_off(day):
            found.setdefault(off, []).append(day)
    return found


_RULE_OF = {
    Why.WEEKEND: "D-WEEK",
    Why.HOLIDAY: "D-HOLIDAY",
    Why.OBSERVED: "D-HOLIDAY",
    Why.TRANSFERRED: "D-TRANSFER",
    Why.ORDERED: "D-ORDER",
}


def _off(code: str, off: DayOff, days: list[date]) -> LedgerEntry:
    params = {"on": [day.isoformat() for day in days], **_why(off)}
    return LedgerEntry(days[0], code, _RULE_OF[off.why], params)


def _worked_weekend(day: date, calendar: Calendar) -> LedgerEntry:
    rule = "D-ORDER" if day in calendar.overrides else "D-TRANSFER"
    return LedgerEntry(day, "weekend_counted", rule, {"on": [day.isoformat()], "weekday": day.isoweekday()})


def _why(off: DayOff) -> dict[str, Any]:
    params = {"why": off.why.value}
    if off.holiday:
        params["holiday"] = off.holiday
    if off.worked_on:
        params["worked_on"] = off.worked_on.isoformat()
    return params

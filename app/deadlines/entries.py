"""The entries that the calendar alone explains: how it was received, what was skipped, what rolled. Pure."""

from datetime import date
from functools import lru_cache
from typing import Any

from app.deadlines.calendar import Calendar, DayOff, Why, days_after, days_later
from app.deadlines.facts import Fact, why_off
from app.deadlines.regimes import Rule, Stage, Unit
from app.deadlines.term import LedgerEntry


def received(opening: Fact, rule: str) -> LedgerEntry:
    """How the moment of receipt lies to the hours of the body, and the day of registration."""
    data, local = opening.data, opening.local
    received_on = local.date()
    params = {
        "received_on": received_on.isoformat(),
        "at": local.time().isoformat("minutes"),
        "registered_on": data["registered_on"],
        "opens": data["opens"],
        "closes": data["closes"],
    }
    if "why" in data:
        params |= {name: data[name] for name in ("why", "holiday", "worked_on", "act") if name in data}
    code = f"received_{data['arrival']}"
    return LedgerEntry(received_on, code, rule, params, opening.event, opening.by)


def counting(registered_on: date, rule: Rule, days: int, calendar: Calendar) -> tuple[LedgerEntry, ...]:
    """Of how many days from which day; nothing where no day is left to count."""
    if days == 0:
        return ()
    unit = rule.unit or Unit.WORKING_DAYS
    first = days_later(registered_on, 1)
    if unit is Unit.WORKING_DAYS:
        first = calendar.roll(first)
    params = {"days": days, "unit": unit.value, "first": first.isoformat()}
    return (LedgerEntry(registered_on, f"counting_{unit.value}", rule.id, params),)


def due(due_on: date, rule: Rule, days: int) -> LedgerEntry:
    """The last day. `days`: how long the term is where that is how the day was found, else 0."""
    code = "due_handover" if Stage.HANDOVER in rule.of else "due"
    counted = {"days": days, "unit": (rule.unit or Unit.WORKING_DAYS).value} if days else {}
    return LedgerEntry(due_on, code, rule.id, {"due_on": due_on.isoformat(), **counted})


@lru_cache(maxsize=4096)
def counted(start: date, end: date, calendar: Calendar) -> tuple[LedgerEntry, ...]:
    """What is special about the days after `start` up to `end` of a count of working days, in order.

    Kept for all that opens on one day; a new calendar is a new key.
    """
    days = list(days_after(start, end))
    entries = [_worked_weekend(day, calendar) for day in days if calendar.is_worked_weekend(day)]
    entries += [_off("non_working_skipped", off, them) for off, them in _days_off(days, calendar).items()]
    return tuple(sorted(entries, key=lambda entry: entry.day))


def rolled(
    raw: date, rolled_to: date, rule: str, calendar: Calendar, code: str = "rolled"
) -> tuple[LedgerEntry, ...]:
    """Why a last day moved from `raw`; nothing when it did not."""
    if raw >= rolled_to:
        return ()
    params = {"raw": raw.isoformat(), "rolled_to": rolled_to.isoformat()}
    off = _days_off([raw, *days_after(raw, rolled_to)], calendar)
    return (
        LedgerEntry(raw, code, rule, params),
        *(_off("rolled_over", reason, days) for reason, days in off.items()),
    )


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
    params = {"on": [day.isoformat() for day in days], **why_off(off)}
    return LedgerEntry(days[0], code, _RULE_OF[off.why], params)


def _worked_weekend(day: date, calendar: Calendar) -> LedgerEntry:
    order = calendar.overrides.get(day)
    rule = "D-ORDER" if order and not order.exchanged_with else "D-TRANSFER"
    params: dict[str, Any] = {"on": [day.isoformat()], "weekday": day.isoweekday()}
    return LedgerEntry(day, "weekend_counted", rule, params | ({"act": order.act} if order else {}))

"""Periods of days with a value each, laid over one another. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.directory.values import holds

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """`value` holds from the first day to the last one, both included; None is open."""

    valid_from: date
    valid_to: date | None
    value: str


def layered(layers: Sequence[Sequence[Period]]) -> list[Period]:
    """What holds on each day: the first layer that says anything of it; equal neighbours are joined."""
    found: list[Period] = []
    for first, last in _stretches(period for layer in layers for period in layer):
        value = _value_on(first, layers)
        if value is None:
            continue
        if found and found[-1].value == value and _adjoin(found[-1], first):
            found[-1] = replace(found[-1], valid_to=last)
        else:
            found.append(Period(first, last, value))
    return found


def first_gap(periods: Sequence[Period], start: date) -> date | None:
    """The first day from `start` on for which ordered, not overlapping periods say nothing."""
    day = start
    for period in periods:
        if period.valid_from > day:
            return day
        if period.valid_to is None:
            return None
        day = max(day, period.valid_to + ONE_DAY)
    return day


def _stretches(periods: Iterable[Period]) -> Iterable[tuple[date, date | None]]:
    """The stretches of days between any two changes; the last one is open."""
    starts: set[date] = set()
    for period in periods:
        starts.add(period.valid_from)
        if period.valid_to is not None:
            starts.add(period.valid_to + ONE_DAY)
    ordered = sorted(starts)
    for place, first in enumerate(ordered):
        yield first, ordered[place + 1] - ONE_DAY if place + 1 < len(ordered) else None


def _value_on(day: date, layers: Sequence[Sequence[Period]]) -> str | None:
    return next((period.value for layer in layers for period in layer if holds(period, day)), None)


def _adjoin(earlier: Period, first: date) -> bool:
    return earlier.valid_to is not None and earlier.valid_to + ONE_DAY == first

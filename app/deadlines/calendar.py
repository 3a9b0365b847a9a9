"""The working calendar of Kazakhstan and the registration day (R06).

Pure: the package `holidays` with its working-weekend transfers, under overrides that the caller gives.
A year is computed once a process; every question after that is a look-up in an array.
"""

import re
from array import array
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import holidays
from holidays.observed_holiday_base import SUN_TO_NEXT_WORKDAY

if TYPE_CHECKING:
    from holidays.countries.kazakhstan import Kazakhstan
else:
    # By its file: asked for by name it comes after all other countries, 17 MB and a fifth of a second.
    _spec = spec_from_file_location("kazakhstan", Path(holidays.__path__[0], "countries", "kazakhstan.py"))
    _module = module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    Kazakhstan = _module.Kazakhstan

with files("tzdata.zoneinfo.Asia").joinpath("Almaty").open("rb") as _source:
    ZONE = ZoneInfo.from_file(_source, key="Asia/Almaty")

FIRST_YEAR, LAST_YEAR = 2007, 2060
# Terms that open at the end of 2060 close in 2061; the years before and after are there for them alone.
FIRST_DAY, LAST_DAY = date(2006, 1, 1), date(2062, 12, 31)
_FIRST, _LAST = FIRST_DAY.toordinal(), LAST_DAY.toordinal()


class WeekProfile(IntEnum):
    FIVE = 5
    SIX = 6


FIVE, SIX = WeekProfile.FIVE, WeekProfile.SIX


class Why(StrEnum):
    """Why a day is not a working one."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    OBSERVED = "observed"
    TRANSFERRED = "transferred"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True)
class DayOff:
    """`holiday`: slug of its English name (`independence-day`); `worked_on`: the day worked in exchange;
    `act`: the order that says so, where it is one of the overrides."""

    why: Why
    holiday: str = ""
    worked_on: date | None = None
    act: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """What an order says of one day: `working` or off, in exchange for another day or not.

    `valid_from`: the first day on which the order is in force. It counts only if that is no later than the
    day it is about: nothing said afterwards changes whether people worked on a day that has passed.
    Of several orders about a day the last to come into force decides.
    """

    day: date
    working: bool
    act: str
    valid_from: date
    exchanged_with: date | None = None


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a body works, in civil time (Asia/Almaty); the moment of closing is still within them."""

    opens: time = time(9, 0)
    closes: time = time(18, 30)
    week: int = FIVE


@dataclass(frozen=True, slots=True)
class _Base:
    """A week without overrides: a byte a day (1: working), and the reasons of the days off but weekends."""

    working: bytes
    named: Mapping[date, DayOff]


class _SixDayKazakhstan(Kazakhstan):
    weekend = {6}  # noqa: RUF012 - the package's own attribute and type


_LABEL = re.compile(r" \((observed|estimated|observed, estimated)\)$")
_SUBSTITUTED = re.compile(r"^Day off \(substituted from (\d\d)/(\d\d)/(\d{4})\)$")


def holiday_slug(english_name: str) -> str:
    """`International Women's Day` -> `international-womens-day`."""
    return re.sub(r"[^a-z0-9]+", "-", english_name.lower().replace("'", "")).strip("-")


def _reason(name: str) -> DayOff:
    """What the package's English name of a day off says."""
    if moved := _SUBSTITUTED.match(name):
        month, day, year = map(int, moved.groups())
        return DayOff(Why.TRANSFERRED, worked_on=date(year, month, day))
    label = _LABEL.search(name)
    why = Why.OBSERVED if label and "observed" in label[1] else Why.HOLIDAY
    return DayOff(why, holiday_slug(_LABEL.sub("", name)))


def _days() -> Iterator[date]:
    return (date.fromordinal(ordinal) for ordinal in range(_FIRST, _LAST + 1))


@lru_cache(maxsize=2)
def _base(week: WeekProfile) -> _Base:
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    if week is FIVE:
        known = Kazakhstan(years=years, language="en_US")
    else:
        known = _SixDayKazakhstan(years=years, language="en_US", observed_rule=SUN_TO_NEXT_WORKDAY)
    named = {day: min(map(_reason, known.get_list(day)), key=_plainest) for day in known}
    if week is SIX:
        _drop_exchanges_of_working_days(named, known)
    working = bytes(
        day in known.weekend_workdays if known.is_weekend(day) else day not in named for day in _days()
    )
    return _Base(working, MappingProxyType(named))


def _plainest(reason: DayOff) -> int:
    return (Why.HOLIDAY, Why.OBSERVED, Why.TRANSFERRED).index(reason.why)


def _drop_exchanges_of_working_days(named: dict[date, DayOff], known: Kazakhstan) -> None:
    """A day off given for a worked Saturday is none for those who work on Saturdays anyway."""
    for day, reason in list(named.items()):
        if reason.worked_on and not known.is_weekend(reason.worked_on):
            del named[day]


class Calendar:
    """Working days from 2006 to 2062 for one week profile; immutable.

    `overrides` go above everything; a plain mapping (True: working, False: off) stands for orders that were
    in force in time. Every method raises ValueError for a day outside the range.
    """

    __slots__ = ("_base", "_given", "_ordinals", "_rank", "_siblings", "_working", "overrides", "week")

    def __init__(self, overrides: Mapping[date, bool] | Iterable[Override] = (), week: int = FIVE) -> None:
        self.week = WeekProfile(week)
        self._base = _base(self.week)
        self._given = tuple(_orders(overrides))
        self.overrides: Mapping[date, Override] = MappingProxyType(
            {order.day: order for order in _in_force(self._given) if self._concerns(order)}
        )
        working = bytearray(self._base.working)
        for day, order in self.overrides.items():
            working[_index(day)] = order.working
        self._working = bytes(working)
        self._ordinals = array("l", (_FIRST + index for index, works in enumerate(working) if works))
        self._rank = array("l", _running_sum(working))
        self._siblings: dict[WeekProfile, Calendar] = {self.week: self}

    def for_week(self, week: int) -> "Calendar":
        """The same overrides for a body with another week."""
        profile = WeekProfile(week)
        if profile not in self._siblings:
            self._siblings[profile] = Calendar(self._given, profile)
            self._siblings[profile]._siblings = self._siblings
        return self._siblings[profile]

    def _concerns(self, order: Override) -> bool:
        """A day off given for a worked Saturday is none for those who work on Saturdays anyway."""
        if order.working or order.exchanged_with is None:
            return True
        return not self._base.working[_index(order.exchanged_with)]

    def is_working_day(self, day: date) -> bool:
        return bool(self._working[_index(day)])

    def day_off(self, day: date) -> DayOff | None:
        """Why nobody works on this day; None for a working day."""
        if self._working[_index(day)]:
            return None
        if self._base.working[_index(day)]:
            order = self.overrides[day]
            why = Why.TRANSFERRED if order.exchanged_with else Why.ORDERED
            return DayOff(why, worked_on=order.exchanged_with, act=order.act)
        return self._base.named.get(day) or DayOff(Why.WEEKEND)

    def is_worked_weekend(self, day: date) -> bool:
        """A Saturday or Sunday that a transfer or an order made a working day."""
        return day.weekday() >= self.week and self.is_working_day(day)

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which is day 0 and may itself be a day off (law.md B.3)."""
        if count < 0:
            raise ValueError(f"cannot count {count} working days")
        place = self._rank[_index(day)] + count
        if count == 0:
            return day
        if place > len(self._ordinals):
            raise ValueError(f"{count} working days after {day}: the calendar ends on {LAST_DAY}")
        return date.fromordinal(self._ordinals[place - 1])

    def working_day_before(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`; with 0 the day itself. ValueError before the range."""
        place = self._rank[_index(day)] - self.is_working_day(day) - count
        if count == 0:
            return day
        if count < 0 or place < 0:
            raise ValueError(f"{count} working days before {day}: the calendar begins on {FIRST_DAY}")
        return date.fromordinal(self._ordinals[place])

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self.add_working_days(day, 1)

    def roll(self, day: date) -> date:
        """`day` itself when it is a working one, else the next working day."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` is the earlier."""
        return self._rank[_index(end)] - self._rank[_index(start)]


def _orders(overrides: Mapping[date, bool] | Iterable[Override]) -> Iterable[Override]:
    if isinstance(overrides, Mapping):
        return (Override(day, working, "", day) for day, working in overrides.items())
    return overrides


def _in_force(orders: Iterable[Override]) -> Iterator[Override]:
    """Those that count, the deciding one of a day last."""
    in_time = (order for order in orders if order.valid_from <= order.day)
    return iter(sorted(in_time, key=lambda order: order.valid_from))


def _index(day: date) -> int:
    ordinal = day.toordinal()
    if not _FIRST <= ordinal <= _LAST:
        raise ValueError(f"{day} is outside the calendar, {FIRST_DAY} to {LAST_DAY}")
    return ordinal - _FIRST


def _running_sum(values: bytearray) -> Iterator[int]:
    total = 0
    for value in values:
        total += value
        yield total


class Arrival(StrEnum):
    """How a moment of receipt lies to the office hours of the body that received."""

    IN_HOURS = "in_hours"
    BEFORE_OPENING = "before_opening"
    AFTER_HOURS = "after_hours"
    DAY_OFF = "day_off"


@dataclass(frozen=True, slots=True)
class Registration:
    received: datetime
    """In civil time."""
    arrival: Arrival
    day: date


def civil(received_at: datetime) -> datetime:
    """An aware instant in Kazakhstan's civil time. ValueError when it is naive or outside 2007-2060."""
    if received_at.tzinfo is None:
        raise ValueError("a moment of receipt needs a time zone")
    # First coarsely: near the ends of Python's range a change of zone overflows.
    if FIRST_YEAR - 1 <= received_at.year <= LAST_YEAR + 1:
        local = received_at.astimezone(ZONE)
        if FIRST_YEAR <= local.year <= LAST_YEAR:
            return local
    raise ValueError(f"{received_at} is outside {FIRST_YEAR}-{LAST_YEAR}")


def registration(received_at: datetime, hours: OfficeHours, calendar: Calendar) -> Registration:
    """R06: the day of receipt; after closing or on a day off, the next working day of the body's own week."""
    local = civil(received_at)
    own, day = calendar.for_week(hours.week), local.date()
    arrival = _arrival(local.time(), hours) if own.is_working_day(day) else Arrival.DAY_OFF
    if arrival in (Arrival.DAY_OFF, Arrival.AFTER_HOURS):
        day = own.next_working_day(day)
    if day.year > LAST_YEAR:
        raise ValueError(f"{received_at} would be registered on {day}, after {LAST_YEAR}")
    return Registration(local, arrival, day)


def _arrival(at: time, hours: OfficeHours) -> Arrival:
    if at > hours.closes:
        return Arrival.AFTER_HOURS
    return Arrival.BEFORE_OPENING if at < hours.opens else Arrival.IN_HOURS


def registration_day(received_at: datetime, hours: OfficeHours, calendar: Calendar) -> date:
    """R06, as a civil day."""
    return registration(received_at, hours, calendar).day


def days_after(start: date, end: date) -> Iterator[date]:
    """Every day after `start` up to and with `end`."""
    return (start + timedelta(days=step) for step in range(1, (end - start).days + 1))


def add_months(day: date, count: int) -> date:
    """The same date `count` months later; in a shorter month its last day."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_later(day: date, count: int) -> date:
    return day + timedelta(days=count)

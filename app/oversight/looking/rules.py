"""Which days of people are unusual (PURE), by the rules of rules.toml."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from statistics import median

from pydantic import Field

from app.core.schema import Schema


class Why(StrEnum):
    MANY = "many"
    ODD_HOURS = "odd_hours"
    CLOSED = "closed"
    SEARCHES = "searches"


class _Rule(Schema):
    at_least: int = Field(ge=1)


class _Many(_Rule):
    times: float = Field(gt=0)
    days: int = Field(ge=2)


class _OddHours(_Rule):
    from_hour: int = Field(ge=0, le=23)
    to_hour: int = Field(ge=0, le=23)

    @property
    def hours(self) -> list[int]:
        """From the one, over midnight, to before the other."""
        return [hour for hour in range(24) if hour >= self.from_hour or hour < self.to_hour]


class _Closed(_Rule):
    after_days: int = Field(ge=0)


class Rules(Schema):
    many: _Many
    odd_hours: _OddHours
    closed: _Closed
    searches: _Rule


@cache
def rules() -> Rules:
    with files(__package__).joinpath("rules.toml").open("rb") as opened:
        return Rules.model_validate(tomllib.load(opened))


@dataclass(frozen=True, slots=True)
class PersonDay:
    """How many different cases somebody of a body read on a day, and how they did."""

    account_id: int
    agency_id: int
    role: str
    day: date
    cases: int
    odd_hours: int = 0
    closed: int = 0
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Unusual:
    """`usual`: the median of the colleagues' days, where that was compared with."""

    of: PersonDay
    why: Why
    count: int
    usual: float | None = None


def unusual(days: Sequence[PersonDay], by: Rules) -> list[Unusual]:
    """The newest first, of a day the largest number first."""
    found = [*_many(days, by.many), *_over(days, by)]
    return sorted(found, key=lambda one: (-one.of.day.toordinal(), -one.count, one.why, one.of.account_id))


def _over(days: Iterable[PersonDay], by: Rules) -> Iterator[Unusual]:
    limits = {
        Why.ODD_HOURS: by.odd_hours.at_least,
        Why.CLOSED: by.closed.at_least,
        Why.SEARCHES: by.searches.at_least,
    }
    for day in days:
        for why, limit in limits.items():
            if (count := getattr(day, why)) >= limit:
                yield Unusual(day, why, count)


def _many(days: Sequence[PersonDay], rule: _Many) -> Iterator[Unusual]:
    peers: dict[tuple[int, str], list[PersonDay]] = defaultdict(list)
    for day in days:
        peers[day.agency_id, day.role].append(day)
    for day in days:
        if day.cases < rule.at_least:
            continue
        others = [
            one.cases
            for one in peers[day.agency_id, day.role]
            if one.account_id != day.account_id and one.cases
        ]
        if len(others) < rule.days:
            continue
        usual = median(others)
        distance = median(abs(cases - usual) for cases in others)
        # Where everybody reads the same number, one case more is not far.
        if day.cases > usual + rule.times * max(distance, 1):
            yield Unusual(day, Why.MANY, day.cases, usual)

"""Quarters, and the slots of a reception (PURE)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from app.deadlines.calendar import FIRST_YEAR, LAST_YEAR, ZONE

_QUARTER = re.compile(r"(\d{4})-[Qq]([1-4])")


@dataclass(frozen=True, slots=True)
class Quarter:
    """Raises ValueError for a year outside those of the record."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"there is no schedule of {self.year}")

    @classmethod
    def parse(cls, typed: str) -> Self:
        """`2026-Q4`. Raises ValueError for anything else."""
        found = _QUARTER.fullmatch(typed)
        if found is None:
            raise ValueError("not a quarter")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, (day.month + 2) // 3)

    @property
    def months(self) -> Sequence[int]:
        return range(3 * self.number - 2, 3 * self.number + 1)

    @property
    def first(self) -> date:
        return date(self.year, self.months[0], 1)

    @property
    def last(self) -> date:
        return self.next().first - timedelta(days=1) if self.year < LAST_YEAR else date(self.year, 12, 31)

    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def __contains__(self, day: date) -> bool:
        return day.year == self.year and day.month in self.months

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    def months_without(self, days: Iterable[date]) -> list[date]:
        """The first days of those of its months that have none of these (R21: at least monthly)."""
        held = {day.month for day in days if day in self}
        return [date(self.year, month, 1) for month in self.months if month not in held]


def slots(day: date, begins: time, ends: time, minutes: int) -> list[tuple[datetime, datetime]]:
    """When each slot begins and ends; what is left at the end and is shorter than a slot is none."""
    at, end = datetime.combine(day, begins, ZONE), datetime.combine(day, ends, ZONE)
    length, found = timedelta(minutes=minutes), []
    while at + length <= end:
        found.append((at, at + length))
        at += length
    return found

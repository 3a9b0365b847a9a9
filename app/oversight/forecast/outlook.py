"""At a pace, when what is open is done, and what of it is late. PURE.

The queue is worked off first due first. A pace is a number of holdings closed in a number of working days;
today counts as a whole day, and nothing new comes between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.deadlines.calendar import Calendar

ONE_DAY = timedelta(days=1)
FAR_AHEAD = 250
"""Working days, about a year. What is not done by then counts as never."""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many closed in so many working days."""

    closed: int
    days: int

    @property
    def per_day(self) -> float:
        return round(self.closed / self.days, 2) if self.days else 0.0

    def done_after(self, days: int) -> int:
        """How many of the queue are done at the end of its `days`-th working day."""
        return self.closed * days // self.days if self.days else 0

    def day_of(self, rank: int) -> int | None:
        """On which working day of the queue its `rank`-th (from 1) is done; None: never at this pace."""
        if not self.closed or not self.days:
            return None
        number = -(-rank * self.days // self.closed)
        return number if number <= FAR_AHEAD else None


@dataclass(frozen=True, slots=True)
class Due:
    """What is due on a day: so many, of which the first `in_time` are done by then. `before`: due earlier."""

    due_on: date
    count: int
    before: int
    in_time: int

    @property
    def late(self) -> int:
        return self.count - self.in_time


def outlook(due: Iterable[tuple[date, int]], pace: Pace, today: date, calendar: Calendar) -> list[Due]:
    """`due`: how many open ones are due on each day, in the order of days; `calendar`: of the body's week."""
    found: list[Due] = []
    before = 0
    for due_on, count in due:
        days = max(calendar.working_days_between(today - ONE_DAY, due_on), 0)
        in_time = min(max(pace.done_after(days) - before, 0), count)
        found.append(Due(due_on, count, before, in_time))
        before += count
    return found


def expected_on(rank: int, pace: Pace, today: date, calendar: Calendar) -> date | None:
    """The day on which the `rank`-th of the queue is done; None: never at this pace."""
    number = pace.day_of(rank)
    return None if number is None else calendar.add_working_days(today - ONE_DAY, number)

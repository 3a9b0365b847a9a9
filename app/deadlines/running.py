"""A term as it runs, stands and is extended: days only, no reasons. Pure."""

from dataclasses import dataclass, field
from datetime import date

from app.deadlines.calendar import Calendar, days_later
from app.deadlines.regimes import Unit


@dataclass(slots=True)
class Running:
    """`due` and `raw` (before rolling; None for a count of working days) are the present ones.

    `running_from`: since when the days now counted count, None while the clock stands. `counted`: the
    stretches of days that made up the term so far. `first_due`: once extended, the due day without
    extensions. `own`: the calendar of the body's week.
    """

    own: Calendar
    unit: Unit
    due: date
    raw: date | None
    running_from: date | None
    counted: list[tuple[date, date]] = field(default_factory=list)
    first_due: date | None = None
    stopped_on: date | None = None
    stood: int = 0

    @property
    def extended(self) -> bool:
        return self.first_due is not None

    def stop(self, day: date) -> int:
        """The clock stops at the end of `day`; gives the days left of the term, in its unit."""
        if self.running_from is None:
            raise ValueError("a clock that stands cannot be stopped")
        self._count_to(min(day, self.due))
        self.running_from, self.stopped_on = None, day
        return max(0, self._between(day, self.raw or self.due))

    def start(self, day: date) -> int:
        """The clock starts again at the end of `day`; the due day moves by the days it stood: gives them."""
        if self.stopped_on is None:
            raise ValueError("a clock that runs cannot be started")
        days = self._between(self.stopped_on, day)
        self.running_from, self.stopped_on = day, None
        self.stood += days
        self.due, self.raw = self._moved(self.due, self.raw, days)
        if self.first_due:
            self.first_due, _ = self._moved(self.first_due, None, days)
        return days

    def extend(self, until: date) -> date:
        """To `until`, or the next working day; gives that day. A calendar that has changed since may have
        moved the first term beyond the day that was named, and then the first term holds."""
        self._count_to(self.due)
        self.first_due = self.first_due or self.due
        rolled = self.own.roll(until)
        self.due, self.raw = max(self.due, rolled), until
        return rolled

    def stretches(self) -> list[tuple[date, date]]:
        """The days that are counted one by one: all of the first term, none of an extension."""
        if self.running_from is None or self.extended:
            return self.counted
        return [*self.counted, (self.running_from, self.due)]

    def _count_to(self, day: date) -> None:
        if self.running_from is not None and not self.extended:
            self.counted.append((self.running_from, day))

    def _between(self, start: date, end: date) -> int:
        if self.unit is Unit.WORKING_DAYS:
            return self.own.working_days_between(start, end)
        return (end - start).days

    def _moved(self, due: date, raw: date | None, days: int) -> tuple[date, date | None]:
        if self.unit is Unit.WORKING_DAYS:
            return self.own.add_working_days(due, days), None
        raw = days_later(raw or due, days)
        return self.own.roll(raw), raw

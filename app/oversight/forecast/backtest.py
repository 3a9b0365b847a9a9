"""What the forecast would have said on past days from what was known then, beside what happened. PURE."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.deadlines.calendar import Calendar
from app.oversight.forecast.outlook import ONE_DAY, Pace, expected_on

PACE_DAYS = 56
"""The pace is that of eight weeks before the day."""
BACK_DAYS = 90
STEP_DAYS = 6
"""Every sixth day: so each weekday has its turn."""


@dataclass(frozen=True, slots=True)
class Life:
    """A holding. `clock`: from which day on it was due when and whether its clock ran, in that order."""

    id: int
    opened_on: date
    closed_on: date | None
    clock: Sequence[tuple[date, date, bool]]

    def known(self, day: date) -> tuple[date, bool] | None:
        """What was known in the morning of a day: the due day and whether the clock ran; None: not open."""
        if self.opened_on >= day or (self.closed_on is not None and self.closed_on < day):
            return None
        before = [(due_on, runs) for since, due_on, runs in self.clock if since < day]
        return before[-1] if before else None

    def late(self, today: date) -> bool | None:
        """Whether it was late in the end; None while that is not known."""
        _, due_on, runs = self.clock[-1]
        if self.closed_on is not None:
            return self.closed_on > due_on
        return True if runs and due_on < today else None


@dataclass(frozen=True, slots=True)
class Trial:
    """Sums over the sampled days. A holding is judged on each on which it was open and not late yet.

    `predicted`: were to be late; `late`: were; `hits`: both. `errors`: of how many the day of closing is
    known and was forecast, `error_days` the civil days between the two, added up.
    """

    samples: int = 0
    judged: int = 0
    predicted: int = 0
    late: int = 0
    hits: int = 0
    errors: int = 0
    error_days: int = 0


def sampled(today: date) -> list[date]:
    return [today - timedelta(days=n) for n in range(STEP_DAYS, BACK_DAYS + 1, STEP_DAYS)]


def pace_before(day: date, closed: Mapping[date, int], calendar: Calendar) -> Pace:
    """`closed`: how many on each day."""
    first = day - timedelta(days=PACE_DAYS)
    count = sum(closed.get(first + n * ONE_DAY, 0) for n in range(PACE_DAYS))
    return Pace(count, calendar.working_days_between(first - ONE_DAY, day - ONE_DAY))


def backtest(lives: Sequence[Life], closed: Mapping[date, int], today: date, calendar: Calendar) -> Trial:
    """`calendar`: of the body's week, as it is now."""
    trials = [_trial(lives, closed, day, today, calendar) for day in sampled(today)]
    return Trial(
        *(sum(getattr(one, name) for one in trials) for name in Trial.__slots__),
    )


def _trial(
    lives: Iterable[Life], closed: Mapping[date, int], day: date, today: date, calendar: Calendar
) -> Trial:
    pace = pace_before(day, closed, calendar)
    queue = sorted(
        ((known[0], life.id, life) for life in lives if (known := life.known(day)) and known[1]),
        key=lambda entry: entry[:2],
    )
    judged = predicted = late = hits = errors = error_days = 0
    for rank, (due_on, _, life) in enumerate(queue, start=1):
        happened = life.late(today)
        if due_on < day or happened is None:
            continue
        expected = expected_on(rank, pace, day, calendar)
        said = expected is None or expected > due_on
        judged += 1
        predicted += said
        late += happened
        hits += said and happened
        if expected is not None and life.closed_on is not None:
            errors += 1
            error_days += abs((expected - life.closed_on).days)
    return Trial(1, judged, predicted, late, hits, errors, error_days)

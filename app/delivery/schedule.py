"""When a delivery that failed is tried again (PURE): ever later, never all at once, and not for ever."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

FACTOR = 3.6
"""Eight tries, the first pause half a minute: the last one comes after about a day."""
JITTER = 0.2
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    tries: int
    first_pause: timedelta

    def pause(
        self, attempts: int, asked: timedelta | None = None, chance: Callable[[], float] = random.random
    ) -> timedelta | None:
        """How long to wait after so many attempts; None: no more. `asked`: what the receiver asked for, which
        may lengthen a pause and never shortens one."""
        if attempts >= self.tries:
            return None
        usual = min(self.first_pause * FACTOR ** (attempts - 1), LONGEST)
        longer = max(usual, min(asked, LONGEST)) if asked else usual
        return longer * (1 - JITTER + 2 * JITTER * chance())


def needs_a_person(next_on: date | None, know_by: date | None) -> bool:
    """No more tries, or the next one comes no earlier than the last day on which the applicant must know."""
    return next_on is None or (know_by is not None and next_on >= know_by)

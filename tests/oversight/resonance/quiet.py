"""A country in which nothing special happens: appeals by hour, topic and place, with the rhythm of real ones.

The day, the weekday and holidays have their shape; a topic in a place has its own level, which drifts; days
are better and worse for everybody and for each cell. Seeded: the same numbers on every machine.
"""

import random
from collections import Counter
from itertools import accumulate
from math import exp, sin, tau

TOPICS, PLACES = 15, 21
CELLS = TOPICS * PLACES
HOURS = 24
# Of a day's appeals, those of each hour: nights, a morning peak, lunch, the evening at the telephone.
RHYTHM = (1, 1, 1, 1, 1, 1, 2, 4, 10, 22, 26, 24, 18, 14, 20, 22, 20, 16, 12, 10, 9, 8, 5, 2)
WEEKDAYS = (1.15, 1.1, 1.05, 1.0, 0.95, 0.45, 0.35)
HOLIDAY = 0.3
HOLIDAYS = frozenset({0, 1, 6, 66, 79, 80, 81, 120, 126, 128, 186, 241, 297, 349})
"""Days of a year on which offices are closed."""
CELL_SIZE, NATION_SIZE, HOUR_SIZE = 15.0, 80.0, 80.0


class Quiet:
    """`counts[(hour, cell)]`: hours from the first day's midnight on, a Monday."""

    def __init__(self, days: int, a_year: int, seed: int) -> None:
        """`a_year`: about how many appeals there are in a year, all cells together."""
        self._random = random.Random(seed)
        self.days = days
        self.counts: Counter[tuple[int, int]] = Counter()
        levels = [self._random.lognormvariate(0, 1.2) for _ in range(CELLS)]
        scale = a_year / 365 / sum(levels)
        self._levels = [level * scale for level in levels]
        self._phases = [self._random.random() for _ in range(CELLS)]
        for day in range(days):
            self._day(day)

    def _day(self, day: int) -> None:
        nation = self._around(NATION_SIZE) * WEEKDAYS[day % 7] * (HOLIDAY if day % 365 in HOLIDAYS else 1)
        shape = list(accumulate(part * self._around(HOUR_SIZE) for part in RHYTHM))
        for cell, level in enumerate(self._levels):
            season = exp(0.2 * sin(tau * (day / 365 + self._phases[cell])))
            count = self._poisson(level * season * nation * self._around(CELL_SIZE))
            for hour in self._random.choices(range(HOURS), cum_weights=shape, k=count):
                self.counts[day * HOURS + hour, cell] += 1

    def _around(self, size: float) -> float:
        """A factor of mean one."""
        return self._random.gammavariate(size, 1 / size)

    def _poisson(self, mean: float) -> int:
        """By halving, so that it is exact and quick for large means too."""
        if mean > 30:
            return self._poisson(mean / 2) + self._poisson(mean / 2)
        count, left = 0, self._random.random()
        limit = exp(-mean)
        while left > limit:
            left *= self._random.random()
            count += 1
        return count

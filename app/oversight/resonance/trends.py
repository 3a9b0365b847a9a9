"""The test of weeks: whether a row of counts rises. PURE.

Mann and Kendall's: of every two weeks, is the later one higher? It asks nothing of how the counts spread, so
that a single great week is no trend. One-sided, with the correction for ties, by the normal approximation
with its continuity correction (good from about eight weeks on).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt
from statistics import median

WEEKS = 12
FEWEST_WEEKS = 8
"""With fewer nothing is judged."""
LEVEL = 0.05
"""The chance that any row of a list is called rising when none is."""
SMALL = 30
"""Fewer appeals in all the weeks are marked as a small number, and not called rising."""


@dataclass(frozen=True, slots=True)
class Trend:
    """`chance`: of so clear a rise in weeks that only differ by chance; None: too few weeks.

    `a_week`: appeals that each week brought more than the one before (the median of the slopes).
    """

    chance: float | None
    a_week: float
    small: bool

    def rising(self, rows: int) -> bool:
        """`rows`: how many are looked at together."""
        return self.chance is not None and not self.small and self.chance < LEVEL / max(1, rows)


def trend(weeks: Sequence[int]) -> Trend:
    """`weeks`: counts, the oldest first."""
    small = sum(weeks) < SMALL
    if len(weeks) < FEWEST_WEEKS:
        return Trend(None, 0.0, small)
    return Trend(_chance(weeks), _slope(weeks), small)


def _chance(weeks: Sequence[int]) -> float:
    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(weeks, 2))
    spread = _spread(len(weeks)) - sum(_spread(ties) for ties in Counter(weeks).values())
    if spread <= 0 or score <= 0:
        return 1.0 if score <= 0 else 0.5
    return 0.5 * erfc((score - 1) / sqrt(spread) / sqrt(2))


def _spread(count: int) -> float:
    return count * (count - 1) * (2 * count + 5) / 18


def _slope(weeks: Sequence[int]) -> float:
    return median((weeks[j] - weeks[i]) / (j - i) for i, j in combinations(range(len(weeks)), 2))

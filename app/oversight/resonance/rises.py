"""The test of an hour: whether so many appeals of one topic and place are more than chance makes. PURE.

What is usual is the same hour of the same weekday in the weeks before. The rate of a cell is known from
these few counts only, and it changes from week to week; so what an hour may bring is a negative binomial: a
Poisson count whose rate is a gamma, as wide as both of these uncertainties (decision in the docs).
"""

from dataclasses import dataclass
from math import exp, lgamma, log, log1p

WEEKS = 8
"""How many weeks back the usual hour is looked for."""
FEWEST_WEEKS = 4
"""With fewer weeks that are known nothing is judged."""
FEWEST = 5
"""Fewer appeals in an hour are no resonance, however rare."""
SIZE = 12.0
"""How much the rate of the same hour changes from week to week: by one part in its root, 29 %."""
HOURLY = 1 / 720
"""The chance of a false alarm that an hour may have, all cells together: at most one in thirty days."""
_PRIOR = 0.5
_NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True)
class Usual:
    """`total` appeals in `weeks` same hours."""

    total: int
    weeks: int

    @property
    def known(self) -> bool:
        return self.weeks >= FEWEST_WEEKS

    @property
    def expected(self) -> float:
        """Appeals an hour; of what never came a little, as it may come."""
        return (self.total + _PRIOR) / self.weeks

    @property
    def size(self) -> float:
        """Of the negative binomial: small where little is known."""
        return 1 / (1 / (self.total + _PRIOR) + 1 / SIZE)


def chance(seen: int, usual: Usual) -> float:
    """The chance of `seen` appeals or more in a usual hour, 0 to 1. The weeks are not none."""
    return tail(seen, usual.expected, usual.size)


def tail(seen: int, mean: float, size: float) -> float:
    """P(X >= seen) of a negative binomial of this mean and size (variance: mean + mean² / size)."""
    if seen <= 0:
        return 1.0
    ratio = mean / (mean + size)
    if seen <= mean:
        return max(0.0, 1.0 - sum(_term(count, ratio, size) for count in range(seen)))
    term = total = _term(seen, ratio, size)
    count = seen
    while term > total * _NEGLIGIBLE:
        term *= (count + size) / (count + 1) * ratio
        total += term
        count += 1
    return min(1.0, total)


def _term(count: int, ratio: float, size: float) -> float:
    ways = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return exp(ways + count * log(ratio) + size * log1p(-ratio))


def threshold(cells: int) -> float:
    """The chance below which a cell is told of, where so many are looked at each hour."""
    return HOURLY / max(1, cells)


def is_rise(seen: int, usual: Usual, cells: int) -> bool:
    return seen >= FEWEST and usual.known and chance(seen, usual) < threshold(cells)

"""How far two people agree (PURE): the share on which they do, and what of it is more than chance.

Cohen's kappa is (observed - expected) / (1 - expected), expected being how often two people with these habits
would agree by chance. Where both always give the same mark there is nothing that chance could not have done
either, and kappa has no value.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Agreement:
    """`pairs`: judged by both. `share` and `kappa` to four decimals; None: undefined."""

    pairs: int
    agreed: int
    share: float | None
    kappa: float | None


def agreement(marks: Sequence[tuple[str, str]]) -> Agreement:
    """Of the marks of a first and a second judge of the same answers."""
    count = len(marks)
    agreed = sum(first == second for first, second in marks)
    if not count:
        return Agreement(0, 0, None, None)
    observed = Fraction(agreed, count)
    firsts, seconds = Counter(one for one, _ in marks), Counter(one for _, one in marks)
    expected = Fraction(sum(firsts[mark] * seconds[mark] for mark in firsts), count * count)
    kappa = None if expected == 1 else round(float((observed - expected) / (1 - expected)), 4)
    return Agreement(count, agreed, round(float(observed), 4), kappa)

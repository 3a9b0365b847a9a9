"""How alike appeals are, from the keyed stems of their words (`core/words.py`) and their place. PURE.

What is rare among those that are compared weighs more: that all write of water says little, that two name the
same street says much. The weighted Jaccard index: of all that either says, the share that both say.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import log

LEAST = 0.2
MOST = 5


@dataclass(frozen=True, slots=True)
class Like:
    """`place`: among the others. `likeness`: from 0 to 1."""

    place: int
    likeness: float


def alike(own: Set[Hashable], others: Sequence[Set[Hashable]]) -> list[Like]:
    """Those of the others that are LEAST alike with one's own, the likest first, at most MOST."""
    seen = Counter(thing for one in (own, *others) for thing in one)
    weight = {thing: log(1 + (len(others) + 1) / count) for thing, count in seen.items()}
    found = [Like(place, _index(own, other, weight)) for place, other in enumerate(others)]
    found = [like for like in found if like.likeness >= LEAST]
    return sorted(found, key=lambda like: (-like.likeness, like.place))[:MOST]


def _index(one: Set[Hashable], other: Set[Hashable], weight: Mapping[Hashable, float]) -> float:
    both = sum(weight[thing] for thing in one & other)
    either = sum(weight[thing] for thing in one | other)
    return both / either if either else 0.0

"""The tree of RFC 6962 (PURE): one hash over many rows, and short paths that show that a row is under it.

A leaf is hashed as 0x00 and its bytes, a node as 0x01 and the two below it; what stands alone at the end of a
level goes up as it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HASH = 32
LEAF, NODE = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Step:
    """A neighbour on the way up: on which side of it the neighbour stands, and its hash."""

    side: Literal["left", "right"]
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Of the hashes of leaves, in order; of none the hash of nothing."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else hashlib.sha256(b"").digest()


def path(leaves: Sequence[bytes], place: int) -> list[Step]:
    """From the leaf at `place` to the root. Raises IndexError when there is none."""
    level, steps = list(leaves), list[Step]()
    if not 0 <= place < len(level):
        raise IndexError(place)
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            steps.append(Step("left" if beside < place else "right", level[beside]))
        level, place = _above(level), place // 2
    return steps


def root_by(leaf: bytes, steps: Sequence[Step]) -> bytes:
    """The root that a path leads to, from the hash of a leaf."""
    found = leaf
    for step in steps:
        found = node_hash(step.hash, found) if step.side == "left" else node_hash(found, step.hash)
    return found


def _above(level: Sequence[bytes]) -> list[bytes]:
    pairs = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
    return pairs + ([level[-1]] if len(level) % 2 else [])

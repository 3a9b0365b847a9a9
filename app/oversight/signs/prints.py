"""How alike two texts are, from marks that are kept instead of them. PURE.

A text's words are keyed numbers already (`core/words.py`). Of these MinHash keeps MARKS small ones: the share
of marks that two texts have in common estimates the share of words that they have in common (their Jaccard
index), within about three points. Texts that are alike have one of BANDS in common, by which they are found.
"""

import hashlib
import struct
from collections.abc import Sequence

MARKS, ROWS = 128, 8
LIKE = 85
"""Per cent of the words in common from which two answers are near-identical."""

_PRIME = (1 << 61) - 1
_PACKED = struct.Struct(f">{MARKS}H")


def _hashed(*values: int) -> int:
    packed = struct.pack(f">{len(values)}q", *values)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), "big") >> 1


_MIXERS = tuple((_hashed(n, 1) % _PRIME | 1, _hashed(n, 2) % _PRIME) for n in range(MARKS))


def marks(tokens: Sequence[int]) -> bytes:
    """The marks of a text; `tokens` are its words, not none."""
    return _PACKED.pack(*(min((a * token + b) % _PRIME for token in tokens) & 0xFFFF for a, b in _MIXERS))


def bands(marks_: bytes, agency_id: int) -> list[int]:
    """By what answers of the same agency that are alike are found."""
    values = _PACKED.unpack(marks_)
    return [_hashed(agency_id, n, *values[n : n + ROWS]) for n in range(0, MARKS, ROWS)]


def likeness(one: bytes, other: bytes) -> int:
    """Per cent of the words that two texts have in common, as estimated."""
    pairs = zip(_PACKED.unpack(one), _PACKED.unpack(other), strict=True)
    same: int = sum(mine == theirs for mine, theirs in pairs)
    return round(100 * same / MARKS)

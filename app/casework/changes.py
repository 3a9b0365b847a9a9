"""What changed since a place in the order of commits: of which case, and whose agencies have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import asyncpg

from app.casework.presence import Case

AT_ONCE = 1000

XID = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""The place at which a statement reads; `place` says what it is good for."""
# Older than every transaction that is still open, so that nothing that commits late is skipped.
_SINCE = """
SELECT e.xid::text::bigint AS xid, e.id, e.appeal_id, e.part,
       ARRAY(SELECT h.agency_id FROM holding h WHERE h.appeal_id = e.appeal_id AND h.part = e.part
             AND (h.id = e.holding_id OR h.closed_at IS NULL)) AS agencies
FROM event e
WHERE (e.xid, e.id) > ($1::text::xid8, $2) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid, e.id LIMIT $3
"""
_BEFORE = """
SELECT e.xid::text::bigint AS xid, e.id FROM event e WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid DESC, e.id DESC OFFSET $1 LIMIT 1
"""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def of(cls, said: str) -> Self | None:
        """None for anything that `str` does not give."""
        xid, _, id_ = said.partition("-")
        good = len(said) <= 40 and all(part.isascii() and part.isdigit() for part in (xid, id_))
        if not good or max(int(xid), int(id_)) >= 2**63:
            return None
        return cls(int(xid), int(id_))


@dataclass(frozen=True, slots=True)
class Change:
    place: Place
    case: Case
    agencies: frozenset[int]


async def before_the_last(connection: asyncpg.Connection) -> Place:
    """After this come the last AT_ONCE changes that there are."""
    row = await connection.fetchrow(_BEFORE, AT_ONCE)
    return Place(row["xid"], row["id"]) if row else Place(0, 0)


async def since(connection: asyncpg.Connection, after: Place) -> Sequence[Change]:
    """In their order; at most AT_ONCE."""
    rows = await connection.fetch(_SINCE, str(after.xid), after.id, AT_ONCE)
    return [
        Change(Place(row["xid"], row["id"]), Case(row["appeal_id"], row["part"]), frozenset(row["agencies"]))
        for row in rows
    ]

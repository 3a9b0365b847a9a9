"""The worker's part of finding near-identical answers: a print of each new answer.

Events are read in the order of transactions, up to the oldest that is still open: what commits late is read
later. An answer is compared with the first ones of its agency in the year before; it joins the one that it is
most alike, else it is a first one itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import asyncpg

from app.appeals.repository import opened
from app.core.cipher import cipher
from app.core.db import Database
from app.core.unhurried import unhurried
from app.core.words import tokens
from app.oversight.signs import prints

BATCH = 200
LOOKS_BACK = timedelta(days=365)

_PLACE = "SELECT xid::text AS xid, event_id FROM answers_read FOR UPDATE"
# Another server's numbers, after a restore: from the beginning, what has a print is passed over.
_ANSWERS = """
SELECT e.id, e.xid::text AS xid, h.id AS holding_id, h.agency_id, h.closed_on AS day, h.stands_for,
       c.id AS content_id, c.body
FROM (
    SELECT e.* FROM event e
    WHERE e.kind = 'answered' AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
      AND (e.xid, e.id) > (CASE WHEN $1::text::xid8 > pg_snapshot_xmax(pg_current_snapshot())
                                THEN '0'::xid8 ELSE $1::text::xid8 END, $2::bigint)
    ORDER BY e.xid, e.id LIMIT $3
) e
JOIN holding h ON h.id = e.holding_id
LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash AND c.kind = 'answer'
    AND NOT EXISTS (SELECT FROM answer_print p WHERE p.content_id = c.id)
ORDER BY e.xid, e.id
"""
_FIRSTS = """
SELECT p.content_id, p.agency_id, p.day, p.marks, p.bands FROM answer_print p
WHERE p.bands && $1::bigint[] AND p.agency_id = ANY ($2::bigint[]) AND p.day >= $3
"""
_KEEP = """
INSERT INTO answer_print (content_id, holding_id, agency_id, day, first, likeness, marks, bands)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_READ = "UPDATE answers_read SET xid = $1::text::xid8, event_id = $2"


@dataclass(frozen=True, slots=True)
class Print:
    content_id: int
    agency_id: int
    day: date
    marks: bytes
    bands: Sequence[int]


@dataclass
class Firsts:
    """The first ones that are known, by their bands."""

    by_band: dict[int, list[Print]] = field(default_factory=dict)

    def add(self, one: Print) -> None:
        for band in one.bands:
            self.by_band.setdefault(band, []).append(one)

    def of(self, one: Print) -> tuple[int, int]:
        """Which it is most alike, and how much; itself when there is none: then it is a first one."""
        near = {other.content_id: other for band in one.bands for other in self.by_band.get(band, ())}
        alike = [(prints.likeness(one.marks, other.marks), -id_) for id_, other in near.items()]
        best, first = max(alike, default=(0, 0))
        if best >= prints.LIKE:
            return -first, best
        self.add(one)
        return one.content_id, 100


async def print_answers(db: Database) -> None:
    """Until there are no more; each batch in a transaction of its own."""
    taken = BATCH
    while taken == BATCH:
        async with unhurried():
            taken = await _batch(db)


async def _batch(db: Database) -> int:
    async with db.transaction() as connection:
        place = await connection.fetchrow(_PLACE)
        assert place is not None
        rows = await connection.fetch(_ANSWERS, place["xid"], place["event_id"], BATCH)
        if rows:
            await _keep(connection, [row for row in rows if row["body"] and not row["stands_for"]])
            await connection.execute(_READ, rows[-1]["xid"], rows[-1]["id"])
    return len(rows)


async def _keep(connection: asyncpg.Connection, answers: Sequence[asyncpg.Record]) -> None:
    new = [(row["holding_id"], one) for row in answers if (one := _print(row))]
    if not new:
        return
    firsts = Firsts()
    known = await connection.fetch(
        _FIRSTS,
        [band for _, one in new for band in one.bands],
        sorted({one.agency_id for _, one in new}),
        min(one.day for _, one in new) - LOOKS_BACK,
    )
    for row in known:
        firsts.add(Print(**row))
    await connection.executemany(_KEEP, [_row(holding_id, one, firsts) for holding_id, one in new])


def _print(row: asyncpg.Record) -> Print | None:
    # Under a key that stays: marks are compared over years.
    words = tokens(opened(row["body"])["text"], cipher().lasting("words"))
    if not words or row["day"] is None:
        return None
    marks = prints.marks(words)
    return Print(
        row["content_id"], row["agency_id"], row["day"], marks, prints.bands(marks, row["agency_id"])
    )


def _row(holding_id: int, one: Print, firsts: Firsts) -> tuple[object, ...]:
    first, likeness = firsts.of(one)
    own = (one.marks, list(one.bands)) if first == one.content_id else (None, None)
    return (one.content_id, holding_id, one.agency_id, one.day, first, likeness, *own)

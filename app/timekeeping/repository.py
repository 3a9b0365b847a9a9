"""Reading open holdings batch by batch, and the rows that keep orders and recalculations."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from app.core import sight
from app.core.db import Database
from app.core.limited import seeing
from app.deadlines.calendar import Override
from app.timekeeping.models import Cause
from app.timekeeping.moves import OpenHolding

BATCH = 500

# A day inside a term moves it; before its registration and after its due day no day does. What stands will
# count its days when it starts again. Tests are left alone: an act brings them up to date.
_CONCERNED = """
h.closed_at IS NULL AND h.stands_for IS NULL
AND ($1::date IS NULL OR (h.registered_on <= $2::date AND (h.due_on >= $1 OR NOT h.running)))
"""
_IDS = f"SELECT h.id FROM holding h WHERE {_CONCERNED} AND h.id > $3 ORDER BY h.id"

_HOLDINGS = """
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.applicant_type, h.registered_on, h.due_on,
       (SELECT json_agg(l.facts ORDER BY l.id) FROM ledger l WHERE l.holding_id = h.id) AS facts
FROM holding h WHERE h.id = ANY($1::bigint[]) AND h.closed_at IS NULL ORDER BY h.id
"""

_OVERRIDES = "SELECT day, working, act, valid_from, exchanged_with FROM calendar_override"
_ADD_OVERRIDES = """
INSERT INTO calendar_override (day, working, act, valid_from, exchanged_with)
SELECT * FROM unnest($1::date[], $2::boolean[], $3::text[], $4::date[], $5::date[])
ON CONFLICT DO NOTHING RETURNING day
"""

_ADD = """
INSERT INTO recalculation (cause, act, days, law, requested_by, requested_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_SHOWN = f"""
SELECT r.id, r.cause, r.act, r.days, r.requested_at, r.pass_began_at, r.looked_at, r.moved, r.finished_at,
       CASE WHEN r.finished_at IS NULL THEN (
           SELECT count(*) FROM holding h
           WHERE {_CONCERNED.replace("$1", "r.days[1]").replace("$2", "r.days[cardinality(r.days)]")}
             AND h.id > r.last_id
       ) ELSE 0 END AS left
FROM recalculation r
"""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day that an order names."""

    first: date
    last: date

    @classmethod
    def of(cls, days: Sequence[date]) -> "Span | None":
        """None for no day: then every open holding is concerned."""
        return cls(min(days), max(days)) if days else None


async def concerned(connection: asyncpg.Connection, span: Span | None, after: int = 0) -> list[int]:
    """Ids of the open holdings that days of this span can move, those above `after`, in order."""
    first, last = (span.first, span.last) if span else (None, None)
    return [row["id"] for row in await connection.fetch(_IDS, first, last, after)]


async def holdings(connection: asyncpg.Connection, ids: Sequence[int]) -> list[OpenHolding]:
    """Those of them that are still open, in order."""
    return [
        OpenHolding(**(dict(row) | {"facts": [fact for entry in row["facts"] or () for fact in entry]}))
        for row in await connection.fetch(_HOLDINGS, ids)
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """`looked_at` of `total` with these."""

    holdings: list[OpenHolding]
    looked_at: int
    total: int


async def batches(db: Database, span: Span | None) -> AsyncIterator[Batch]:
    """All that is concerned, for those who only look: nothing is held between two batches."""
    async with db.read() as connection:
        ids = await concerned(connection, span)
    for place in range(0, len(ids), BATCH):
        async with db.read() as connection:
            found = await holdings(connection, ids[place : place + BATCH])
        yield Batch(found, min(place + BATCH, len(ids)), len(ids))


async def overrides(connection: asyncpg.Connection) -> list[Override]:
    """Every order about a day that was ever given, by day."""
    found = [Override(**dict(row)) for row in await connection.fetch(_OVERRIDES)]
    return sorted(found, key=lambda order: (order.day, order.valid_from))


async def add_overrides(connection: asyncpg.Connection, orders: Sequence[Override]) -> set[date]:
    """The days that were written: not those about which an order of the same day is there already."""
    rows = await connection.fetch(
        _ADD_OVERRIDES,
        [order.day for order in orders],
        [order.working for order in orders],
        [order.act for order in orders],
        [order.valid_from for order in orders],
        [order.exchanged_with for order in orders],
    )
    return {row["day"] for row in rows}


async def add(
    connection: asyncpg.Connection,
    cause: Cause,
    law: str,
    at: datetime,
    *,
    act: str = "",
    days: Sequence[date] = (),
    by: int | None = None,
) -> int:
    """Ask for a recalculation; the worker finds it."""
    id_: int = await connection.fetchval(_ADD, cause, act, sorted(days), law, by, at)
    return id_


async def shown(connection: asyncpg.Connection, id_: int) -> asyncpg.Record | None:
    """A recalculation with how many holdings its pass still has before it."""
    async with seeing(connection, sight.EVERYTHING):  # a count, for who reads no case
        return await connection.fetchrow(f"{_SHOWN} WHERE r.id = $1", id_)


async def newest(connection: asyncpg.Connection, count: int) -> Sequence[asyncpg.Record]:
    async with seeing(connection, sight.EVERYTHING):
        return await connection.fetch(f"{_SHOWN} ORDER BY r.id DESC LIMIT $1", count)

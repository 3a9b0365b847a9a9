"""Closing a period: what the index is at that moment is kept, and answered from ever after."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg

from app.appeals.history import canonical
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.oversight.index import periods
from app.oversight.index.definition import Version, version_on, versions
from app.oversight.index.kept import Index, KeptRow, computed
from app.oversight.index.periods import Span
from app.seals.sealing import last_seal

log = logging.getLogger("listening_state.index")

_KEEP = """
WITH kept AS (
    INSERT INTO index_period (period, first, last, closed_at, definition) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (period) DO NOTHING RETURNING id
)
INSERT INTO index_score (period_id, agency, data)
SELECT kept.id, given.agency, given.data
FROM kept, jsonb_to_recordset($6) AS given(agency text, data jsonb) ORDER BY given.agency
"""
_CLOSED = "SELECT period, first, last, closed_at FROM index_period ORDER BY last DESC, first DESC"
_PERIOD = "SELECT id, first, last, closed_at, definition FROM index_period WHERE period = $1"
_SCORES = "SELECT data FROM index_score WHERE period_id = $1 ORDER BY id"


@dataclass(frozen=True, slots=True)
class Closed:
    index: Index
    at: datetime


def closes_on(span: Span) -> date | None:
    """From which day on a period is closed. None: it is of a time before the index, or has no code."""
    if span.code is None or span.first < versions()[0].first:
        return None
    return span.last + timedelta(days=version_on(span.first).closes_after_days + 1)


async def closed(connection: asyncpg.Connection) -> Sequence[asyncpg.Record]:
    """The periods that are, the newest first: `period`, `first`, `last`, `closed_at`."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(_CLOSED)
    return rows


async def read(connection: asyncpg.Connection, span: Span) -> Closed | None:
    """What was kept; None while the period is open."""
    row = await connection.fetchrow(_PERIOD, span.code)
    if row is None:
        return None
    rows = [KeptRow.model_validate(one["data"]) for one in await connection.fetch(_SCORES, row["id"])]
    version = Version.model_validate(row["definition"])
    return Closed(Index(Span(row["first"], row["last"]), version, rows), row["closed_at"])


async def due(db: Database) -> list[Span]:
    """What is to be closed by today and is not."""
    today = clock.today()
    async with db.read() as connection:
        there = {row["period"] for row in await closed(connection)}
    over = periods.over(versions()[0].first, today)
    return [span for span in over if span.code not in there and is_due(span, today)]


def is_due(span: Span, today: date) -> bool:
    day = closes_on(span)
    return day is not None and day <= today


async def as_it_is(db: Database, span: Span) -> Index:
    async with db.moment() as connection:
        return await computed(connection, span, version_on(span.first), snapshot.current(), clock.today())


async def keep(db: Database, index: Index) -> bool:
    """Close the period; False when somebody has. Raises seals.sealing.AheadOfTime."""
    rows = [{"agency": row.agency, "data": row.model_dump(mode="json")} for row in index.rows]
    span, version = index.span, index.version.model_dump(mode="json", by_alias=True)
    async with db.transaction() as connection:
        await last_seal(connection)  # rows that are numbered before it would look as if put in later
        done = await connection.execute(_KEEP, span.code, span.first, span.last, clock.now(), version, rows)
    kept = bool(rows) and done == f"INSERT 0 {len(rows)}"
    if kept:
        log.info("index of %s closed, %d bodies", span.code, len(rows))
    return kept


class Closing:
    """The worker's part. A period is closed when two looks at it find the same: what is being brought in
    just now is not frozen half-way. A period in which nothing is counted stays open."""

    def __init__(self) -> None:
        self._seen: dict[str | None, bytes] = {}

    async def visit(self, db: Database) -> None:
        await snapshot.refresh(db)
        for span in await due(db):
            index = await as_it_is(db, span)
            digest = hashlib.sha256(canonical([row.model_dump(mode="json") for row in index.rows])).digest()
            if index.rows and self._seen.get(span.code) == digest:
                await keep(db, index)
                del self._seen[span.code]
            else:
                self._seen[span.code] = digest


class NotDue(Exception):
    """A period that cannot be closed, or not yet."""


async def close_now(db: Database, code: str | None = None, *, keeping: bool = True) -> list[str]:
    """Close at once all that is due, or the one period; gives a line for each. Raises NotDue."""
    await snapshot.refresh(db)
    spans = [_one_due(code)] if code else await due(db)
    return [await _close(db, span, keeping=keeping) for span in spans]


def _one_due(code: str) -> Span:
    span = periods.of_code(code)
    if span is None:
        raise NotDue(f"{code}: no month, quarter or year; they are written 2026-07, 2026-Q3, 2026")
    if not is_due(span, clock.today()):
        day = closes_on(span)
        raise NotDue(f"{code}: " + (f"to be closed from {day} on" if day else "it is older than the index"))
    return span


async def _close(db: Database, span: Span, *, keeping: bool) -> str:
    index = await as_it_is(db, span)
    ranked = sum(row.rank is not None for row in index.rows)
    what = f"{span.code}: {len(index.rows)} bodies, {ranked} of them with a rank"
    if not index.rows:
        return f"{span.code}: nothing is counted in it, it stays open"
    if not keeping:
        return f"{what}; nothing is kept (--dry-run)"
    return f"{what}; {'closed' if await keep(db, index) else 'it was closed already and stays as it is'}"

"""Keeping the rollups: the fold that adds new deltas, the making anew, and the comparison.

A fold takes the deltas of transactions that are over, up to the oldest one that is not: whatever commits
late is taken by a later fold, and until then readers add it. What is taken and how far that goes is written
in one transaction, so that any statement sees each delta once: in a rollup or in the tail.
"""

from datetime import date, timedelta

import asyncpg

from app.core import clock
from app.core.db import Database
from app.oversight import again
from app.oversight.cells import FOLDED, ROLLUPS, Rollup, in_one, month_of

BATCH = 100_000
"""Deltas that one transaction folds, or those of one transaction that wrote more."""

_MEMORY = "SET LOCAL work_mem = '64MB'"

_LOCK = "SELECT below::text FROM folding FOR UPDATE"
_NO_FOLD = "SELECT FROM folding FOR SHARE"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext($1), $2)"
# The row at BATCH is of the first transaction that is left for the next fold, unless all are of one.
_UPTO = """
SELECT least(pg_snapshot_xmin(pg_current_snapshot()),
             (SELECT min(d.xid) FROM counter_delta d
              WHERE d.xid >= (SELECT e.xid FROM counter_delta e WHERE e.xid >= $1::text::xid8
                              ORDER BY e.xid OFFSET $2 LIMIT 1)
                AND d.xid > (SELECT min(e.xid) FROM counter_delta e WHERE e.xid >= $1::text::xid8)))::text
       AS upto, pg_snapshot_xmin(pg_current_snapshot())::text AS over,
       pg_snapshot_xmax(pg_current_snapshot())::text AS newest
"""
_BETWEEN = "d.xid >= $1::text::xid8 AND d.xid < $2::text::xid8"
_ANY = f"SELECT EXISTS (SELECT FROM counter_delta d WHERE {_BETWEEN})"
ADD = in_one(_BETWEEN, ROLLUPS, Rollup.add)
AGAIN = again.fold(again.TOUCHED.format(which=_BETWEEN))
_DONE = "UPDATE folding SET below = $1::text::xid8, folded_at = $2"
_NOTHING_LEFT = "DELETE FROM rollup_due WHERE overdue = 0"


class AheadOfTime(Exception):
    """The rollups say that they know transactions that this server has not had yet: it was restored."""


async def fold(db: Database, batch: int = BATCH) -> int:
    """Add what is not in the rollups yet; the number of batches that it took. What is confirmed meanwhile is
    left to the next fold, which costs much the same for a few deltas as for many.

    Two at once: the second waits, and finds nothing left. Raises AheadOfTime.
    """
    taken, left = 0, True
    while left:
        folded, left = await _fold_one(db, batch)
        taken += folded
    return taken


async def fold_all(db: Database) -> None:
    await fold(db)


async def _fold_one(db: Database, batch: int) -> tuple[bool, bool]:
    """Whether anything was folded, and whether more was over than the batch holds."""
    async with db.transaction() as connection:
        below = await connection.fetchval(_LOCK)
        row = await connection.fetchrow(_UPTO, below, batch)
        assert row is not None
        if int(below) > int(row["newest"]):
            raise AheadOfTime(
                "the transactions are numbered anew: see 'A database that was restored' in docs/operations.md"
            )
        if int(row["upto"]) <= int(below):
            return False, False
        found: bool = await connection.fetchval(_ANY, below, row["upto"])
        if found:
            await connection.execute(_MEMORY)
            await connection.execute(ADD, below, row["upto"])
            await connection.execute(_NOTHING_LEFT)
            await connection.execute(AGAIN, below, row["upto"])
            await connection.execute(_DONE, row["upto"], clock.now())
        return found, int(row["upto"]) < int(row["over"])


# A month of openings, or a year where cells are of years, made anew or compared

_OPENED = "d.opened_on >= $1 AND d.opened_on <= $2"
_OF_AGENCY = "($3::bigint IS NULL OR d.agency_id = $3)"
_MONTHLY = [rollup for rollup in ROLLUPS if rollup.opened_by == "month"]
_YEARLY = [rollup for rollup in ROLLUPS if rollup.opened_by == "year"]
_OF_MONTH = in_one(f"{_OPENED} AND {FOLDED}", _MONTHLY, Rollup.put)


async def months(connection: asyncpg.Connection) -> list[date]:
    """From the first month in which anything opened that is counted, or that a rollup has, to the last."""
    known = " UNION ALL ".join(
        f"SELECT min(opened_on) AS first, max(opened_on) AS last FROM {table}"
        for table in ("counter_delta", *(rollup.table for rollup in _MONTHLY))
    )
    row = await connection.fetchrow(
        f"SELECT {month_of('min(first)')} AS first, {month_of('max(last)')} AS last FROM ({known}) known"
    )
    assert row is not None
    found: list[date] = []
    month = row["first"]
    while month is not None and month <= row["last"]:
        found.append(month)
        month = following(month)
    return found


def following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _days(month: date) -> tuple[date, date]:
    return month, following(month) - timedelta(days=1)


def _year(month: date) -> tuple[date, date]:
    return date(month.year, 1, 1), date(month.year, 12, 31)


async def rebuild(db: Database, month: date) -> None:
    """Make the cells of what opened in a month anew. Folds wait meanwhile, and who does the same, and nobody
    else: readers have the old cells until the new ones are committed."""
    async with db.transaction() as connection:
        await connection.execute(_NO_FOLD)
        await connection.execute(_ALONE, "rollups of a month", month.toordinal())
        await connection.execute(_MEMORY)
        for rollup in _MONTHLY:
            await connection.execute(f"DELETE FROM {rollup.table} d WHERE {_OPENED}", *_days(month))
        await connection.execute(_OF_MONTH, *_days(month))


async def rebuild_year(db: Database, year: date) -> None:
    """The cells of the year that a day is in, from those of its months."""
    async with db.transaction() as connection:
        await connection.execute(_NO_FOLD)
        await connection.execute(_ALONE, "rollups of a year", year.year)
        await connection.execute(_MEMORY)
        for rollup in _YEARLY:
            assert rollup.of is not None
            finer = f"(SELECT * FROM {rollup.of.table} d WHERE {_OPENED})"
            await connection.execute(f"DELETE FROM {rollup.table} d WHERE {_OPENED}", *_year(year))
            await connection.execute(rollup.put(f"({rollup.summed(finer)})"), *_year(year))


async def differences(connection: asyncpg.Connection, month: date, agency_id: int | None = None) -> list[str]:
    """A line for each cell of a month of openings that is not the sum of its deltas; of one agency, or all.

    One statement a rollup: a fold meanwhile makes no difference.
    """
    return await _astray(connection, _MONTHLY, _days(month), agency_id)


async def differences_of_year(
    connection: asyncpg.Connection, year: date, agency_id: int | None = None
) -> list[str]:
    """The same of the cells of the year that a day is in."""
    return await _astray(connection, _YEARLY, _year(year), agency_id)


async def _astray(
    connection: asyncpg.Connection, of: list[Rollup], days: tuple[date, date], agency_id: int | None
) -> list[str]:
    found: list[str] = []
    for rollup in of:
        rows = await connection.fetch(_beside(rollup), *days, agency_id)
        found += [_line(rollup, row) for row in rows]
    return found


def _beside(rollup: Rollup) -> str:
    names, figures = ", ".join(rollup.names), rollup.figures
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in figures)
    there = ", ".join(f"-{name}" for name in figures)
    which = f"{_OPENED} AND {_OF_AGENCY} AND {FOLDED}"
    return (
        f"SELECT {names}, {sums} FROM ({rollup.cells(which)} UNION ALL "
        f"SELECT {names}, {there} FROM {rollup.table} d WHERE {_OPENED} AND {_OF_AGENCY}) both_sides "
        f"GROUP BY {names} HAVING {' OR '.join(f'sum({name}) <> 0' for name in figures)} ORDER BY {names}"
    )


def _line(rollup: Rollup, row: asyncpg.Record) -> str:
    where = " ".join(
        f"{name}={row[name]}" for name in rollup.names if name != "agency_id" and row[name] != ""
    )
    what = ", ".join(f"{name} {int(row[name]):+d}" for name in rollup.figures if row[name])
    return f"{rollup.table} of agency {row['agency_id']}: {where}: deltas beside rollup: {what}"


# Appeals that are counted again, by their ids: a year's are 10**8.

APPEALS = 20_000
_SPANS = """
SELECT id AS first, coalesce(lead(id) OVER (ORDER BY id), 9223372036854775807) AS next FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM appeal
) appeal WHERE (place - 1) % $1 = 0 ORDER BY id
"""


async def spans(connection: asyncpg.Connection) -> list[tuple[int, int]]:
    """All appeals in pieces, as the first id of each and that of the next."""
    return [(row["first"], row["next"]) for row in await connection.fetch(_SPANS, APPEALS)]


async def rebuild_again(db: Database, span: tuple[int, int]) -> None:
    async with db.transaction() as connection:
        await connection.fetchval(_LOCK)
        await connection.execute(again.REBUILD, *span)


async def sum_again(db: Database) -> None:
    async with db.transaction() as connection:
        await connection.fetchval(_LOCK)
        await connection.execute("DELETE FROM rollup_again")
        await connection.execute(again.SUM_ANEW)


async def astray_again(connection: asyncpg.Connection, span: tuple[int, int]) -> list[str]:
    """A line for each pair of days of these appeals that is kept and not so, or so and not kept."""
    rows = await connection.fetch(again.DIFFERENCES, *span)
    return [
        f"again: appeal {row['appeal_id']} {row['what']} {row['x']} {row['y']} agency={row['agency_id']}: "
        f"holdings beside what is kept: {int(row['count']):+d}"
        for row in rows
    ]


async def astray_sums(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(again.SUMS)
    return [
        f"rollup_again: {row['slice']} {row['what']} {row['x']} {row['y']} agency={row['agency_id']}: "
        f"pairs beside rollup: {int(row['count']):+d}"
        for row in rows
    ]

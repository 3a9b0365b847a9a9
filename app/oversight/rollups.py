"""The rollups: what a set of deltas adds to their cells, the fold that adds it, and the rebuild of a month.

A fold takes the deltas of transactions that are over, up to the oldest one that is not: whatever commits
late is taken by a later fold, and until then readers add it (`TAIL`). What is taken and how far that goes is
written in one transaction, so that any statement sees each delta once: in a rollup or in the tail.
"""

from dataclasses import dataclass
from datetime import date

import asyncpg

from app.core import clock
from app.core.db import Database
from app.oversight.models import ROLLED

BATCH = 20_000
"""Deltas that one transaction folds, or those of one transaction that wrote more."""

ABOUT = ("channel", "applicant_type", "kind", "topic", "region")
PLACE = ("opened_on", "day", "agency_id")
FLOWS = tuple(name for name in ROLLED if name != "overdue")

TAIL = "d.xid >= (SELECT below FROM folding)"
FOLDED = "d.xid < (SELECT below FROM folding)"

# What a delta says twice: what happened on its day, and on which day that makes something overdue, or no
# longer so (+1 on the day after its due day, -1 on the day that ends it: in time, both fall on one day).
_ENTRIES = """
SELECT d.agency_id, d.opened_on, d.day, {about}, {flows}, NULL::int AS overdue
FROM counter_delta d WHERE {which}
UNION ALL
SELECT d.agency_id, d.opened_on, greatest(d.day, d.due_on + 1), {about}, {nothing}, d.running
FROM counter_delta d WHERE d.running <> 0 AND {which}
"""
_SLICES = """
CROSS JOIN LATERAL (VALUES ('type/' || applicant_type), ('channel/' || channel || '/' || applicant_type),
                           ('kind/' || kind), ('topic/' || topic), ('region/' || region)) AS s(slice)
"""


def _entries(which: str) -> str:
    return _ENTRIES.format(
        about=", ".join(f"d.{name}" for name in ABOUT),
        flows=", ".join(f"d.{name}::int" for name in FLOWS),
        nothing=", ".join("NULL" for _ in FLOWS),
        which=which,
    )


def month_of(column: str) -> str:
    """The first day of a day's month, in SQL."""
    return f"date_trunc('month', {column}::timestamp)::date"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of cells: its key as it is called there, and as it is computed from an entry."""

    table: str
    key: dict[str, str]
    figures: tuple[str, ...] = ROLLED
    sliced: bool = True

    def cells(self, which: str) -> str:
        """The cells that the deltas of which `which` (SQL about `d`) is true add up to."""
        key = ", ".join(f"{computed} AS {name}" for name, computed in self.key.items())
        sums = ", ".join(f"sum({name}) AS {name}" for name in self.figures)
        something = " OR ".join(f"sum({name}) <> 0" for name in self.figures)
        places = ", ".join(str(n + 1) for n in range(len(self.key)))
        sliced = _SLICES if self.sliced else ""
        return (
            f"SELECT {key}, {sums} FROM ({_entries(which)}) entry {sliced} "
            f"GROUP BY {places} HAVING {something}"
        )

    def add(self, which: str) -> str:
        """Their sums to what is there, in the order of keys."""
        names = ", ".join((*self.key, *self.figures))
        added = ", ".join(
            f"{name} = nullif(coalesce(r.{name}, 0) + coalesce(excluded.{name}, 0), 0)"
            if len(self.figures) > 1
            else f"{name} = r.{name} + excluded.{name}"
            for name in self.figures
        )
        key = ", ".join(self.key)
        return (
            f"INSERT INTO {self.table} AS r ({names}) SELECT {names} FROM ({self.cells(which)}) cell "
            f"ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET {added}"
        )


def _place(opened_on: str, day: str) -> dict[str, str]:
    return {"opened_on": opened_on, "day": day, "agency_id": "agency_id"}


_MONTHS = _place(month_of("opened_on"), month_of("day"))
_WHOLE = {name: name for name in ABOUT}
MONTH = Rollup("rollup_month", {"slice": "slice"} | _MONTHS)
OPENED = Rollup("rollup_opened", {"slice": "slice"} | _place("opened_on", month_of("day")))
ACTED = Rollup("rollup_acted", {"slice": "slice"} | _place(month_of("opened_on"), "day"))
CUBE = Rollup("rollup_cube", _WHOLE | _MONTHS, sliced=False)
DUE = Rollup("rollup_due", _place("opened_on", "day") | _WHOLE, figures=("overdue",), sliced=False)
ROLLUPS = (MONTH, OPENED, ACTED, CUBE, DUE)

_LOCK = "SELECT below::text FROM folding FOR UPDATE"
# The row at BATCH is of the first transaction that is left for the next fold, unless all are of one.
_UPTO = """
SELECT least(pg_snapshot_xmin(pg_current_snapshot()),
             (SELECT min(d.xid) FROM counter_delta d
              WHERE d.xid >= (SELECT e.xid FROM counter_delta e WHERE e.xid >= $1::text::xid8
                              ORDER BY e.xid OFFSET $2 LIMIT 1)
                AND d.xid > (SELECT min(e.xid) FROM counter_delta e WHERE e.xid >= $1::text::xid8)))::text
       AS upto, pg_snapshot_xmax(pg_current_snapshot())::text AS newest
"""
_BETWEEN = "d.xid >= $1::text::xid8 AND d.xid < $2::text::xid8"
_ANY = f"SELECT EXISTS (SELECT FROM counter_delta d WHERE {_BETWEEN})"
_DONE = "UPDATE folding SET below = $1::text::xid8, folded_at = $2"
_NOTHING_LEFT = "DELETE FROM rollup_due WHERE overdue = 0"


class AheadOfTime(Exception):
    """The rollups say that they know transactions that this server has not had yet: it was restored."""


async def fold(db: Database, batch: int = BATCH) -> int:
    """Add what is not in the rollups yet; the number of batches that it took.

    Two at once: the second waits, and finds nothing left. Raises AheadOfTime.
    """
    taken = 0
    while await _fold_one(db, batch):
        taken += 1
    return taken


async def fold_all(db: Database) -> None:
    await fold(db)


async def _fold_one(db: Database, batch: int) -> bool:
    async with db.transaction() as connection:
        below = await connection.fetchval(_LOCK)
        row = await connection.fetchrow(_UPTO, below, batch)
        assert row is not None
        if int(below) > int(row["newest"]):
            raise AheadOfTime(
                "the transactions are numbered anew: see 'A database that was restored' in docs/operations.md"
            )
        if int(row["upto"]) <= int(below):
            return False
        more: bool = await connection.fetchval(_ANY, below, row["upto"])
        if more:
            for rollup in ROLLUPS:
                await connection.execute(rollup.add(_BETWEEN), below, row["upto"])
            await connection.execute(_NOTHING_LEFT)
            await connection.execute(_DONE, row["upto"], clock.now())
        return more


# A month of openings, made anew or compared

_OF_MONTH = "d.opened_on >= $1 AND d.opened_on < ($1 + interval '1 month')::date"
_OF_AGENCY = "($2::bigint IS NULL OR d.agency_id = $2)"


async def months(connection: asyncpg.Connection) -> list[date]:
    """From the first month in which anything opened that is counted, or that a rollup has, to the last."""
    known = " UNION ALL ".join(
        f"SELECT min(opened_on) AS first, max(opened_on) AS last FROM {table}"
        for table in ("counter_delta", *(rollup.table for rollup in ROLLUPS))
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


async def rebuild(db: Database, month: date) -> None:
    """Make the cells of what opened in a month anew. Folds wait meanwhile, and nobody else: readers have the
    old cells until the new ones are committed."""
    async with db.transaction() as connection:
        await connection.fetchval(_LOCK)
        for rollup in ROLLUPS:
            await connection.execute(f"DELETE FROM {rollup.table} d WHERE {_OF_MONTH}", month)
            await connection.execute(rollup.add(f"{_OF_MONTH} AND {FOLDED}"), month)


async def differences(connection: asyncpg.Connection, month: date, agency_id: int | None = None) -> list[str]:
    """A line for each cell of a month of openings that is not the sum of its deltas; of one agency, or all.

    One statement a rollup: a fold meanwhile makes no difference.
    """
    found: list[str] = []
    for rollup in ROLLUPS:
        rows = await connection.fetch(_beside(rollup), month, agency_id)
        found += [_line(rollup, row) for row in rows]
    return found


def _beside(rollup: Rollup) -> str:
    names, figures = ", ".join(rollup.key), rollup.figures
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in figures)
    there = ", ".join(f"-{name}" for name in figures)
    which = f"{_OF_MONTH} AND {_OF_AGENCY} AND {FOLDED}"
    return (
        f"SELECT {names}, {sums} FROM ({rollup.cells(which)} UNION ALL "
        f"SELECT {names}, {there} FROM {rollup.table} d WHERE {_OF_MONTH} AND {_OF_AGENCY}) both_sides "
        f"GROUP BY {names} HAVING {' OR '.join(f'sum({name}) <> 0' for name in figures)} ORDER BY {names}"
    )


def _line(rollup: Rollup, row: asyncpg.Record) -> str:
    where = " ".join(f"{name}={row[name]}" for name in rollup.key if name != "agency_id" and row[name] != "")
    what = ", ".join(f"{name} {int(row[name]):+d}" for name in rollup.figures if row[name])
    return f"{rollup.table} of agency {row['agency_id']}: {where}: deltas beside rollup: {what}"

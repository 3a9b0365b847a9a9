"""Are the figures what the events say? All at once for a person, a little at a time for the worker; and the
repair.

The counters are compared with the events, the rollups with the counters. What is put right is put right by
adding to the counters, which nothing ever changes, and by making rollups anew.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date, datetime
from itertools import count

import asyncpg

from app.appeals.effects import FIGURES
from app.core import clock
from app.core.db import Database
from app.oversight import recount, rollups
from app.oversight.recount import KEY, Difference

log = logging.getLogger("listening_state.oversight")

Progress = Callable[[int, int], None]

AT_A_TIME = 2
"""Months of openings whose rollups are made anew at the same time."""

_AGENCY_OF = "SELECT code FROM agency WHERE id = $1"


async def verified(db: Database, progress: Progress) -> list[str]:
    """A line for each difference between the rollups, the counters, the holdings and the events."""
    found: list[str] = []
    async with db.read() as connection:
        agencies = await recount.counted_agencies(connection)
        months = await rollups.months(connection)
        spans = await rollups.spans(connection)
        total = len(agencies) + len(months) + len(spans)
        for done, agency in enumerate(agencies, start=1):
            found += await _of_agency(connection, agency["id"], agency["code"])
            progress(done, total)
        for done, month in enumerate(months, start=len(agencies) + 1):
            found += await rollups.differences(connection, month)
            progress(done, total)
        for year in years(months):
            found += await rollups.differences_of_year(connection, year)
        for done, span in enumerate(spans, start=len(agencies) + len(months) + 1):
            found += await rollups.astray_again(connection, span)
            progress(done, total)
        found += await rollups.astray_sums(connection)
    return found


def years(months: list[date]) -> list[date]:
    """The first day of each year that a month is in."""
    return sorted({month.replace(month=1) for month in months})


async def _of_agency(
    connection: asyncpg.Connection, agency_id: int, code: str, month: date | None = None
) -> list[str]:
    counters = await recount.differences(connection, agency_id, month)
    strays = await recount.astray(connection, agency_id, month)
    return [f"{code}: {line}" for line in counters] + [
        f"{code}: holding {stray} is not as its events say" for stray in strays
    ]


async def rebuilt(db: Database, progress: Progress) -> list[str]:
    """Make the counters what the events say, then the rollups what the counters say; a line for each
    correction. Nobody waits for it but a fold: appeals are registered and figures read meanwhile.

    A holding that is not as its events say is left to a person: `verified` names it.
    """
    corrected: list[str] = []
    async with db.read() as connection:
        agencies = await recount.counted_agencies(connection)
    for done, agency in enumerate(agencies, start=1):
        corrected += [f"{agency['code']}: {line}" for line in await _correct(db, agency["id"])]
        progress(done, len(agencies))
    await rolled_up_anew(db, progress)
    return corrected


async def rolled_up_anew(db: Database, progress: Progress) -> None:
    """Make the rollups what the counters say, as far as these are folded. Months of openings have nothing in
    common: several are made at a time."""
    async with db.read() as connection:
        months = await rollups.months(connection)
        spans = await rollups.spans(connection)
    waiting, done = iter(months), count(1)

    async def make() -> None:
        for month in waiting:
            await rollups.rebuild(db, month)
            progress(next(done), len(months) + len(spans))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(make())
    for year in years(months):
        await rollups.rebuild_year(db, year)
    for span in spans:
        await rollups.rebuild_again(db, span)
        progress(next(done), len(months) + len(spans))
    await rollups.sum_again(db)


async def _correct(db: Database, agency_id: int) -> list[Difference]:
    """What was compared and what is added are of one transaction, so that two corrections at a time do not
    add the same twice."""
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('counters'), $1)", agency_id % 2**31)
        found = await recount.differences(connection, agency_id)
        await connection.executemany(
            f"INSERT INTO counter_delta (agency_id, {', '.join((*KEY, *FIGURES))}) "
            f"VALUES ({', '.join(f'${n + 1}' for n in range(1 + len(KEY) + len(FIGURES)))})",
            [
                (agency_id, *(one.key[name] for name in KEY), *(one.figures.get(name, 0) for name in FIGURES))
                for one in found
            ],
        )
    return found


# The worker's

_PLACE = "SELECT checked_month, checked_agency_id FROM folding"
_PLACED = "UPDATE folding SET checked_month = $1, checked_agency_id = $2"
_CLEAR = """
UPDATE figure_fault SET cleared_at = $3
WHERE agency_id = $1 AND month = $2 AND cleared_at IS NULL AND line <> ALL ($4)
"""
_FAULT = """
INSERT INTO figure_fault (agency_id, month, line, found_at)
SELECT $1, $2, line, $3 FROM unnest($4::text[]) AS line
WHERE NOT EXISTS (SELECT FROM figure_fault f WHERE f.agency_id = $1 AND f.month = $2 AND f.line = line
                  AND f.cleared_at IS NULL)
"""
MOST_LINES = 100


async def check_next(db: Database) -> bool:
    """Compare what one agency opened in one month, and remember how far the round is; False when it found a
    difference. A difference is logged, and kept in `figure_fault` until a later check finds it no more."""
    async with db.read() as connection:
        place = await connection.fetchrow(_PLACE)
        months = await rollups.months(connection)
        agencies = await recount.counted_agencies(connection)
    if not months or place is None:
        return True
    month, agency = _following(place, months, agencies)
    async with db.transaction() as connection:
        lines = await _of_agency(connection, agency["id"], agency["code"], month)
        lines += await rollups.differences(connection, month, agency["id"])
        lines += await rollups.differences_of_year(connection, month, agency["id"])
        await _keep(connection, agency["id"], month, lines[:MOST_LINES], clock.now())
        await connection.execute(_PLACED, month, agency["id"])
    for line in lines[:MOST_LINES]:
        log.error("figures of %s: %s", month.strftime("%Y-%m"), line)
    return not lines


async def check_figures(db: Database) -> None:
    await check_next(db)


def _following(
    place: asyncpg.Record, months: list[date], agencies: list[asyncpg.Record]
) -> tuple[date, asyncpg.Record]:
    """The next agency of the month, else the first of the next one; after the last month the first again."""
    month, last = place["checked_month"], place["checked_agency_id"] or 0
    if month in months:
        for agency in agencies:
            if agency["id"] > last:
                return month, agency
    later = [other for other in months if month is not None and other > month]
    return (later or months)[0], agencies[0]


async def _keep(
    connection: asyncpg.Connection, agency_id: int, month: date, lines: list[str], now: datetime
) -> None:
    await connection.execute(_CLEAR, agency_id, month, now, lines)
    await connection.execute(_FAULT, agency_id, month, now, lines)

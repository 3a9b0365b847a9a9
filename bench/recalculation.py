"""Open terms computed again after an order, beside plain SQL that writes the same rows batch by batch."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.core.embedded_postgres import Cluster
from app.deadlines.calendar import Override
from app.deadlines.regimes import LAW
from app.directory import load, snapshot
from app.timekeeping import repository
from app.timekeeping.models import Cause
from app.timekeeping.recalculation import RIPE_AFTER, recalculate
from app.timekeeping.repository import BATCH
from bench import service
from bench.figures import table
from bench.machine import cpu_of
from bench.multiplied import REGISTERED, multiplied
from bench.service import Say
from bench.turns import Miscounted

BAR = 60.0
"""Seconds for a hundred thousand."""
_ACT = "Қаулы № 1234"

# What a move writes, without deciding anything: the day after, and texts as they are.
_LIMIT = """
WITH moved AS (
    UPDATE holding SET due_on = due_on + 1, warned = 0, last_hash = sha256(last_hash)
    WHERE id = ANY($1::bigint[]) RETURNING *
), happened AS (
    INSERT INTO event (appeal_id, part, holding_id, at, kind, actor_kind, data, previous, hash)
    SELECT appeal_id, part, id, now(), 'recalculated', 'system',
           jsonb_build_object('before', due_on - 1, 'after', due_on, 'act', $2::text, 'rule', '',
                              'due_on', due_on, 'running', running), last_hash, last_hash
    FROM moved
), why AS (
    INSERT INTO ledger (holding_id, event_hash, facts)
    SELECT id, last_hash, jsonb_build_array(jsonb_build_object('code', 'recalculated', 'at', now(),
           'by', 'system', 'data', jsonb_build_object('before', due_on - 1, 'after', due_on, 'act', $2::text,
                                                      'rule', '')))
    FROM moved
), counted AS (
    INSERT INTO counter_delta (agency_id, opened_on, day, due_on, channel, applicant_type, kind, topic,
                               region, running)
    SELECT agency_id, registered_on, current_date, due_on - 1 + place, channel, applicant_type, kind, topic,
           region, 2 * place - 1
    FROM moved CROSS JOIN generate_series(0, 1) place
), told AS (
    INSERT INTO notice (appeal_id, event_hash, kind, language, params, not_before)
    SELECT moved.appeal_id, last_hash, 'deadline.changed', language,
           jsonb_build_object('before', due_on - 1, 'after', due_on, 'act', $2::text, 'rule', '',
                              'agency', '', 'due_on', due_on, 'running', running), now()
    FROM moved JOIN appeal ON appeal.id = moved.appeal_id
)
SELECT count(*) FROM moved
"""
_WRITTEN = """
SELECT (SELECT count(*) FROM event WHERE kind = 'recalculated'),
       (SELECT count(*) FROM ledger WHERE facts -> 0 ->> 'code' = 'recalculated'),
       (SELECT count(*) FROM notice WHERE kind = 'deadline.changed')
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds, and those of them that CPUs worked."""

    took: float
    app: float
    database: float


@dataclass(frozen=True, slots=True)
class Outcome:
    cases: int
    limit: Turn
    job: Turn

    @property
    def ratio(self) -> float:
        return self.limit.took / self.job.took

    @property
    def in_time(self) -> bool:
        return self.job.took * 100_000 / self.cases <= BAR


def measure(folder: Path, *, cases: int, say: Say) -> Outcome:
    """On a database of its own in the folder; `cases` in whole thousands. Raises Miscounted."""
    with service.database(folder, say=say) as (cluster, urls):
        return asyncio.run(_measured(cluster, urls, cases - cases % REGISTERED, say))


async def _measured(cluster: Cluster, urls: DatabaseUrls, cases: int, say: Say) -> Outcome:
    db = await Database.open(urls, pool_size=4)
    try:
        say(f"bench: filling in {cases} open cases")
        await _fill(db, cases)
        say("bench: recalculating them")
        await _announce(db)
        job = await _turn(cluster, lambda: recalculate(db))
        await _check(db, cases)
        say("bench: the same rows by plain SQL")
        limit = await _turn(cluster, lambda: _plain(db))
        await _check(db, 2 * cases)
    finally:
        await db.close()
    return Outcome(cases, limit, job)


async def _fill(db: Database, cases: int) -> None:
    await snapshot.refresh(db)
    async with db.transaction() as connection:
        await multiplied(connection, cases)
        await repository.add(connection, Cause.RULES, LAW.fingerprint, clock.now() - RIPE_AFTER)
    await recalculate(db)


async def _announce(db: Database) -> None:
    """A working day within every term is off: all of them move. The pass that now begins is the last one."""
    day: date = snapshot.current().calendar.add_working_days(clock.today(), 7)
    async with db.transaction() as connection:
        await repository.add_overrides(connection, [Override(day, False, _ACT, clock.today())])
        await load.bump(connection)
        at = clock.now() - RIPE_AFTER
        await repository.add(connection, Cause.CALENDAR, LAW.fingerprint, at, act=_ACT, days=[day])


async def _turn(cluster: Cluster, work: Callable[[], Awaitable[None]]) -> Turn:
    """Each begins alike: the first change of a page after a checkpoint writes the page whole."""
    await asyncio.to_thread(service.ask, cluster.admin_url, "CHECKPOINT")
    postgres = psutil.Process(cluster.pid)
    begun, app, database = time.perf_counter(), time.process_time(), cpu_of(postgres)
    await work()
    took = time.perf_counter() - begun
    return Turn(took, time.process_time() - app, cpu_of(postgres) - database)


async def _plain(db: Database) -> None:
    async with db.read() as connection:
        ids = await repository.concerned(connection, None)
    for place in range(0, len(ids), BATCH):
        async with db.transaction() as connection:
            await connection.fetchval(_LIMIT, ids[place : place + BATCH], _ACT)


async def _check(db: Database, moved: int) -> None:
    async with db.read() as connection:
        written = tuple(await connection.fetchrow(_WRITTEN) or ())
    if set(written) != {moved}:
        raise Miscounted(f"{moved} moves were to be written, there are {written} (event, ledger, notice)")


def report(outcome: Outcome) -> str:
    """The table, and what it says of the bar."""
    columns = [_column(turn, outcome.cases) for turn in (outcome.limit, outcome.job)]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    head = (f"{outcome.cases} open cases move", "plain SQL, the same rows", "the worker's job")
    verdict = "within the bar" if outcome.in_time else "OVER THE BAR"
    said = f"Ratio {outcome.ratio:.2f}; {verdict} ({BAR:.0f} s for 100000)."
    return f"{table(head, rows)}\n\n{said}"


def _column(turn: Turn, cases: int) -> dict[str, str]:
    return {
        "seconds": f"{turn.took:.1f}",
        "cases a second": f"{cases / turn.took:.0f}",
        "CPU each, worker, ms": f"{turn.app * 1000 / cases:.2f}",
        "CPU each, database, ms": f"{turn.database * 1000 / cases:.2f}",
    }

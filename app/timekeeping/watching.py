"""The worker's other jobs: warnings before a term ends, the mark that it is over, days that were waited for.

What was said is kept on the holding (`warned`), in the transaction that says it: a worker that is killed, or
a second one at the same time, says nothing twice. `app/appeals/terms.py` decides.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from app.appeals import service
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Payload, Watched
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.deadlines.calendar import Calendar
from app.deadlines.watch import distances, warned_of
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import Agency
from app.notices.models import Audience
from app.timekeeping.halving import without_the_bad
from app.timekeeping.recalculation import settled
from app.timekeeping.repository import BATCH

log = logging.getLogger("listening_state.timekeeping")

OPERATOR, HEAD = Audience.OPERATOR, Audience.HEAD

# What has something to be said of, whatever the distances of its agency; `warned` counts what was said.
_WATCHED = """
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.due_on, h.warned
FROM holding h
JOIN unnest($1::bigint[], $2::date[], $3::date[]) AS warns(agency_id, operator_by, head_by) USING (agency_id)
WHERE h.closed_at IS NULL AND h.running AND h.warned < 3 AND h.due_on <= $5 AND (h.due_on, h.id) > ($6, $7)
  AND (h.due_on < $4 OR (h.warned < 2 AND h.due_on <= head_by) OR (h.warned < 1 AND h.due_on <= operator_by))
ORDER BY h.due_on, h.id LIMIT $8
"""
# A promise of an answer that was reopened since is no longer waited for.
_WAITED = """
SELECT h.id, h.appeal_id, h.part, h.wait_until
FROM holding h
WHERE h.wait_until < $1 AND (h.wait_until, h.id) > ($2, $3)
  AND NOT EXISTS (
    SELECT FROM holding newer WHERE newer.appeal_id = h.appeal_id AND newer.part = h.part AND newer.id > h.id)
ORDER BY h.wait_until, h.id LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The latest due days of which the operator, and the head, of one agency are warned by today."""

    operator_by: date
    head_by: date


def reaches(directory: Directory, today: date) -> Mapping[int, Reach]:
    """By agency, its own distances before the usual ones. The operator is warned no later than the head."""
    usual = distances(today)
    known: dict[tuple[int, int, int], Reach] = {}

    def of(agency: Agency) -> Reach:
        head = usual[HEAD] if agency.warn_head is None else agency.warn_head
        operator = usual[OPERATOR] if agency.warn_operator is None else agency.warn_operator
        key = (int(agency.hours.week), max(operator, head), head)
        if key not in known:
            own = directory.calendar.for_week(agency.hours.week)
            known[key] = Reach(warned_of(today, key[1], own), warned_of(today, key[2], own))
        return known[key]

    return {agency.id: of(agency) for agency in directory.agencies()}


async def watch(db: Database) -> None:
    """Warn of what ends soon, the operator first and then the head, and mark what is over; once each."""
    async with db.read() as connection:
        if not await settled(connection):
            log.info("watching waits for the recalculation of terms")
            return
    directory, today = await snapshot.refresh(db), clock.today()
    reached = reaches(directory, today)
    if not reached:
        return
    query = (
        list(reached),
        [reach.operator_by for reach in reached.values()],
        [reach.head_by for reach in reached.values()],
        today,
        max(reach.operator_by for reach in reached.values()),
    )

    def say(row: asyncpg.Record) -> list[Watched]:
        own = _calendar(directory, row["agency_id"])
        return sayings(row["due_on"], row["warned"], reached[row["agency_id"]], own, today)

    batches = _Batches(db, Act.WARN, say)
    done = await batches.all(_WATCHED, query, ("due_on", "id"))
    if done:
        log.info("watching: %d cases were told of", done)


def sayings(due_on: date, warned: int, reach: Reach, own: Calendar, today: date) -> list[Watched]:
    """What is to be said of a case today that was not said before. `own`: the calendar of the body's week."""
    if due_on < today:
        return [Watched(due_on, passed=True)]
    left = own.working_days_between(today, due_on)
    levels = ((OPERATOR, 1, reach.operator_by), (HEAD, 2, reach.head_by))
    return [Watched(due_on, to, left) for to, level, by in levels if warned < level and due_on <= by]


def _calendar(directory: Directory, agency_id: int) -> Calendar:
    return directory.calendar.for_week(directory.agency_by_id(agency_id).hours.week)


async def elapse(db: Database) -> None:
    """What waited for a day that is over goes on: what that means is decided by what it waited for."""
    batches = _Batches(db, Act.ELAPSE, lambda row: [None])
    done = await batches.all(_WAITED, (clock.today(),), ("wait_until", "id"))
    if done:
        log.info("elapsed: %d cases", done)


@dataclass(frozen=True, slots=True)
class _Batches:
    """Acts of the service on what a query finds, a transaction a batch. `payloads`: those of one row."""

    db: Database
    act: Act
    payloads: Callable[[asyncpg.Record], Sequence[Payload]]

    async def all(self, query: str, values: Sequence[object], place: tuple[str, str]) -> int:
        """How many rows there were. `place`: the columns that the query goes on after."""
        after: tuple[date, int] = (date.min, 0)
        count = 0
        while True:
            async with self.db.read() as connection:
                rows = await connection.fetch(query, *values, *after, BATCH)
            if not rows:
                return count
            await without_the_bad(rows, self._do, self._leave_out)
            after, count = (rows[-1][place[0]], rows[-1][place[1]]), count + len(rows)

    async def _do(self, rows: Sequence[asyncpg.Record]) -> None:
        directory, now = await snapshot.refresh(self.db), clock.now()
        commands = [
            Command(
                self.act, row["appeal_id"], Actor(ActorKind.SYSTEM), now, part=row["part"], payload=payload
            )
            for row in rows
            for payload in self.payloads(row)
        ]
        async with self.db.transaction() as connection:
            await service.act(connection, commands, directory)

    async def _leave_out(self, row: asyncpg.Record, why: str) -> None:
        """It is tried again in the next round."""
        log.error("holding %d is left out of %s: %s", row["id"], self.act, why)

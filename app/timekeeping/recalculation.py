"""The worker's job: after an order about the calendar, or with other rules, open terms are computed again.

A pass goes over the open holdings in the order of their ids, a transaction a batch, and keeps its place in
the row of the recalculation: whoever dies in the middle is followed by one that goes on there, and a batch
that is done twice moves nothing twice. Only what moves is locked.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import asyncpg

from app.appeals import service
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Recalculating
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.deadlines.regimes import LAW
from app.directory import snapshot
from app.directory.registry import Directory
from app.timekeeping import repository
from app.timekeeping.halving import without_the_bad
from app.timekeeping.models import Cause
from app.timekeeping.moves import Move, Reckoner
from app.timekeeping.repository import BATCH, Span

log = logging.getLogger("listening_state.timekeeping")

# For so long after an order a web process may register, and count terms, by the calendar as it was; twice
# that, to be sure. A pass that began before would have to be done again, and could be undone by an act.
RIPE_AFTER = timedelta(seconds=2 * snapshot.SECONDS_BETWEEN_LOOKS)

_NEWEST_LAW = "SELECT law FROM recalculation ORDER BY id DESC LIMIT 1"
_UNFINISHED = "SELECT * FROM recalculation WHERE finished_at IS NULL ORDER BY id"
_BEGIN = "UPDATE recalculation SET pass_began_at = $2 WHERE id = $1"
_ADVANCE = """
UPDATE recalculation SET last_id = $2, looked_at = looked_at + $3, moved = moved + $4 WHERE id = $1
"""
_FINISH = "UPDATE recalculation SET finished_at = $2 WHERE id = $1"
# Of this transaction: what an act of somebody else has moved meanwhile is not counted here.
_MOVED = """
SELECT count(*) FROM event
WHERE holding_id = ANY($1::bigint[]) AND kind = 'recalculated' AND xid = pg_current_xact_id()
"""


async def recalculate(db: Database) -> None:
    """Do what there is to do; cheap when there is nothing."""
    await _notice_other_rules(db)
    while waiting := await _unfinished(db):
        row, now = waiting[0], clock.now()
        if now < row["requested_at"] + RIPE_AFTER:
            return
        if row["pass_began_at"] is None:
            await _write(db, _BEGIN, row["id"], now)
        await _Pass(db, row).go()
        await _write(db, _FINISH, row["id"], clock.now())
        log.info("recalculation %d is finished", row["id"])


async def settled(connection: asyncpg.Connection) -> bool:
    """Whether every open due day is as the calendar and the rules have it."""
    if await connection.fetchval(_NEWEST_LAW) != LAW.fingerprint:
        return False
    return not await connection.fetch(_UNFINISHED)


async def _notice_other_rules(db: Database) -> None:
    async with db.read() as connection:
        known = await connection.fetchval(_NEWEST_LAW)
    if known != LAW.fingerprint:
        async with db.transaction() as connection:
            await repository.add(connection, Cause.RULES, LAW.fingerprint, clock.now())


async def _unfinished(db: Database) -> Sequence[asyncpg.Record]:
    async with db.read() as connection:
        return await connection.fetch(_UNFINISHED)


async def _write(db: Database, statement: str, *values: object) -> None:
    async with db.transaction() as connection:
        await connection.execute(statement, *values)


def _acts(waiting: Sequence[asyncpg.Record]) -> Mapping[date, str]:
    """Which of the orders that are not done with speaks of a day; of several the last."""
    return {day: row["act"] for row in waiting for day in row["days"]}


class _Pass:
    """From where the row says that it is to the end."""

    def __init__(self, db: Database, row: asyncpg.Record) -> None:
        self.db, self.row = db, row
        self.directory: Directory | None = None

    async def go(self) -> None:
        async with self.db.read() as connection:
            ids = await repository.concerned(connection, Span.of(self.row["days"]), self.row["last_id"])
        for place in range(0, len(ids), BATCH):
            directory = await snapshot.refresh(self.db)
            if directory is not self.directory:
                await self._use(directory)
            await without_the_bad(ids[place : place + BATCH], self._batch, self._leave_out)

    async def _use(self, directory: Directory) -> None:
        """An order that is announced meanwhile counts from now on: what an act has moved by it already is not
        moved back."""
        self.directory, self.reckoner = directory, Reckoner(directory.calendar)
        self.acts = _acts(await _unfinished(self.db))

    async def _batch(self, ids: Sequence[int]) -> None:
        async with self.db.transaction() as connection:
            moves = self.reckoner.moves(await repository.holdings(connection, ids))
            moved = await self._move(connection, moves) if moves else 0
            await connection.execute(_ADVANCE, self.row["id"], ids[-1], len(ids), moved)

    async def _move(self, connection: asyncpg.Connection, moves: Sequence[Move]) -> int:
        assert self.directory is not None
        now = clock.now()
        await service.act(connection, [self._command(move, now) for move in moves], self.directory)
        moved: int = await connection.fetchval(_MOVED, [move.holding.id for move in moves])
        return moved

    def _command(self, move: Move, now: datetime) -> Command:
        held = move.holding
        return Command(
            Act.RECALCULATE,
            held.appeal_id,
            Actor(ActorKind.SYSTEM),
            now,
            part=held.part,
            payload=self._why(move),
        )

    def _why(self, move: Move) -> Recalculating:
        """With two orders on their way, those whose days lie within this term."""
        if self.row["cause"] == Cause.RULES:
            return Recalculating(rule=move.rule)
        first, last = move.holding.registered_on, max(move.before, move.after)
        acts = dict.fromkeys(act for day, act in self.acts.items() if first < day <= last)
        return Recalculating(act="; ".join(acts) or self.row["act"])

    async def _leave_out(self, id_: int, why: str) -> None:
        log.error("holding %d is left out of recalculation %d: %s", id_, self.row["id"], why)
        await _write(self.db, _ADVANCE, self.row["id"], id_, 1, 0)

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

# A web process may register by the calendar as it was for so long after an order. Twice that, to be sure.
SETTLED_AFTER = timedelta(seconds=2 * snapshot.SECONDS_BETWEEN_LOOKS)

_NEWEST_LAW = "SELECT law FROM recalculation ORDER BY id DESC LIMIT 1"
_UNFINISHED = "SELECT * FROM recalculation WHERE finished_at IS NULL ORDER BY id"
_BEGIN = "UPDATE recalculation SET pass_began_at = $2, last_id = 0, looked_at = 0 WHERE id = $1"
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
        if not await _go_on(db, waiting):
            return


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


async def _go_on(db: Database, waiting: Sequence[asyncpg.Record]) -> bool:
    """A step with the first of them: begin a pass, or do the rest of it. False: what is left to do must wait.

    Until a last pass may begin, the rest of a pass is what was registered meanwhile.
    """
    row = waiting[0]
    id_, began_at, ripe_at = row["id"], row["pass_began_at"], row["requested_at"] + SETTLED_AFTER
    if began_at is not None:
        await _Pass(db, row, await snapshot.refresh(db), _acts(waiting)).go()
        if began_at >= ripe_at:
            await _write(db, _FINISH, id_, clock.now())
            log.info("recalculation %d is finished", id_)
            return True
        if clock.now() < ripe_at:
            return False
    await _write(db, _BEGIN, id_, clock.now())
    return True


async def _write(db: Database, statement: str, *values: object) -> None:
    async with db.transaction() as connection:
        await connection.execute(statement, *values)


def _acts(waiting: Sequence[asyncpg.Record]) -> Mapping[date, str]:
    """Which of the orders that are not done with speaks of a day; of several the last."""
    return {day: row["act"] for row in waiting for day in row["days"]}


class _Pass:
    """From where the row says that it is to the end."""

    def __init__(
        self, db: Database, row: asyncpg.Record, directory: Directory, acts: Mapping[date, str]
    ) -> None:
        self.db, self.row, self.directory, self.acts = db, row, directory, acts
        self.reckoner = Reckoner(directory.calendar)

    async def go(self) -> None:
        async with self.db.read() as connection:
            ids = await repository.concerned(connection, Span.of(self.row["days"]), self.row["last_id"])
        for place in range(0, len(ids), BATCH):
            await without_the_bad(ids[place : place + BATCH], self._batch, self._leave_out)

    async def _batch(self, ids: Sequence[int]) -> None:
        async with self.db.transaction() as connection:
            moves = self.reckoner.moves(await repository.holdings(connection, ids))
            moved = await self._move(connection, moves) if moves else 0
            await connection.execute(_ADVANCE, self.row["id"], ids[-1], len(ids), moved)

    async def _move(self, connection: asyncpg.Connection, moves: Sequence[Move]) -> int:
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

"""The worker's job: orders of control carried out, case by case through the one door.

A batch is a transaction in which the order is held as it is: nothing is taken after it was ended. That a case
was taken by an order stands in its history, so a batch that is done twice takes nothing twice, and what a
controller lifts by hand is not taken by the same order again. Control goes on with a case that moves on.
"""

import logging
from collections.abc import Sequence

import asyncpg

from app.appeals import service
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Controlling, Done
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.directory import snapshot

log = logging.getLogger("listening_state.oversight")

BATCH = 500
REASON = "control_order.reason"

# The last day of an order is over: it ends by itself.
_END = "UPDATE control_order SET ended_at = $2 WHERE ended_at IS NULL AND until < $1"
_UNFINISHED = "SELECT id FROM control_order WHERE released_at IS NULL ORDER BY id"
_HOLD = "SELECT * FROM control_order WHERE id = $1 FOR NO KEY UPDATE"
_TO_TAKE = """
SELECT h.id, h.appeal_id, h.part FROM holding h
WHERE h.id > $1 AND h.closed_at IS NULL AND NOT h.on_control AND h.stands_for IS NULL AND h.topic = $2
  AND h.registered_on >= $3 AND ($4::text IS NULL OR h.region = $4)
  AND ($5::bigint IS NULL OR h.agency_id = $5)
  AND NOT EXISTS (
    SELECT FROM event e
    WHERE e.appeal_id = h.appeal_id AND e.part = h.part
      AND (e.kind = 'control_taken' AND (e.data ->> 'order')::bigint = $6
           OR e.kind = 'control_lifted' AND NOT e.data ? 'order' AND e.at >= $7))
ORDER BY h.id LIMIT $8
"""
# By the last word on control: of the part itself, or of what it was split off from.
_TO_LIFT = """
SELECT h.id, h.appeal_id, h.part FROM holding h
CROSS JOIN LATERAL (
    SELECT e.kind, e.data FROM event e
    WHERE e.appeal_id = h.appeal_id AND e.kind IN ('control_taken', 'control_lifted')
    ORDER BY e.part = h.part DESC, e.id DESC LIMIT 1
) said
WHERE h.id > $1 AND h.on_control AND said.kind = 'control_taken' AND (said.data ->> 'order')::bigint = $2
  AND NOT EXISTS (SELECT FROM holding newer
                  WHERE newer.appeal_id = h.appeal_id AND newer.part = h.part AND newer.id > h.id)
ORDER BY h.id LIMIT $3
"""
_COUNT = "UPDATE control_order SET taken = taken + $2, lifted = lifted + $3 WHERE id = $1"
_RELEASED = "UPDATE control_order SET released_at = $2 WHERE id = $1"


async def carry_out(db: Database) -> None:
    """Do what there is to do; cheap when there is nothing."""
    async with db.transaction() as connection:
        await connection.execute(_END, clock.today(), clock.now())
        orders = await connection.fetch(_UNFINISHED)
    for order in orders:
        after: int | None = 0
        while after is not None:
            after = await _batch(db, order["id"], after)


async def _batch(db: Database, order_id: int, after: int) -> int | None:
    """The id of the last holding that was looked at; None when there is none left."""
    await snapshot.refresh(db)
    async with db.transaction() as connection:
        order = await connection.fetchrow(_HOLD, order_id)
        assert order is not None
        if order["ended_at"] is None:
            return await _take(connection, order, after)
        return await _lift(connection, order, after)


async def _take(connection: asyncpg.Connection, order: asyncpg.Record, after: int) -> int | None:
    about = [order[name] for name in ("topic", "first", "region", "agency_id", "id", "given_at")]
    rows = await connection.fetch(_TO_TAKE, after, *about, BATCH)
    done = await _act(connection, rows, order, on=True)
    await connection.execute(_COUNT, order["id"], done, 0)
    return rows[-1]["id"] if rows else None


async def _lift(connection: asyncpg.Connection, order: asyncpg.Record, after: int) -> int | None:
    rows = await connection.fetch(_TO_LIFT, after, order["id"], BATCH)
    done = await _act(connection, rows, order, on=False)
    await connection.execute(_COUNT, order["id"], 0, done)
    if rows:
        return int(rows[-1]["id"])
    await connection.execute(_RELEASED, order["id"], clock.now())
    log.info("order of control %d is over: %d cases lifted", order["id"], order["lifted"])
    return None


async def _act(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], order: asyncpg.Record, *, on: bool
) -> int:
    """On behalf of who gave the order, or who ended it. What is refused, as a complaint is to its signers,
    is left out and told."""
    whose = order["given_by"] if on else order["ended_by"] or order["given_by"]
    reason = cipher().decrypt(order["reason"], REASON)
    payload = Controlling(on, reason, order=order["id"], control_on=order["until"] if on else None)
    actor, now = Actor(ActorKind.STAFF, whose), clock.now()
    commands = [
        Command(Act.CONTROL, row["appeal_id"], actor, now, part=row["part"], payload=payload) for row in rows
    ]
    done = await service.act(connection, commands, snapshot.current()) if commands else []
    for row, one in zip(rows, done, strict=True):
        if not isinstance(one, Done):
            log.warning("order of control %d leaves out holding %d: %s", order["id"], row["id"], one.code)
    return sum(isinstance(one, Done) for one in done)

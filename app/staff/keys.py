"""What becomes of a client's key after it was made: another one in its place, an end, closing."""

from datetime import date, datetime, time, timedelta

import asyncpg

from app.core import clock
from app.staff.errors import ClientNotFound
from app.staff.service import key_hash, new_key

# As long as both keys are good, so that an integrator changes it without a gap.
BOTH_KEYS = timedelta(days=1)

_ROTATE = """
UPDATE api_client SET key_hash = $2, previous_key_until = $3,
    previous_key_hash = CASE WHEN $3::timestamptz IS NOT NULL THEN key_hash END
WHERE id = $1 RETURNING id
"""
_END = "UPDATE api_client SET expires_at = $2 WHERE id = $1 RETURNING id"
_ACTIVE = "UPDATE api_client SET active = $2 WHERE id = $1 RETURNING id"


async def rotate(connection: asyncpg.Connection, client_id: int, *, at_once: bool = False) -> str:
    """Another key, which is kept as a hash only. The one before stays good for BOTH_KEYS; `at_once`: not at
    all, it leaked. A second rotation within the day keeps the newest two. Raises ClientNotFound."""
    key = new_key()
    until = None if at_once else clock.now() + BOTH_KEYS
    await _found(connection, _ROTATE, client_id, key_hash(key.encode()), until)
    return key


def end_of(day: date) -> datetime:
    """The moment at which a key ends whose last day in Kazakhstan this is."""
    return datetime.combine(day + timedelta(days=1), time(), clock.ZONE)


async def end_on(connection: asyncpg.Connection, client_id: int, at: datetime | None) -> None:
    """Its keys are good until this moment; None: without an end. Raises ClientNotFound."""
    await _found(connection, _END, client_id, at)


async def set_active(connection: asyncpg.Connection, client_id: int, active: bool) -> None:
    """A closed client's keys are refused, and good again when it is opened. Raises ClientNotFound."""
    await _found(connection, _ACTIVE, client_id, active)


async def _found(connection: asyncpg.Connection, statement: str, client_id: int, *values: object) -> None:
    if await connection.fetchval(statement, client_id, *values) is None:
        raise ClientNotFound(id=client_id)

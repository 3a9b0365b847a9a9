"""Slots that the body calls off, one or a whole reception: who booked is told, and offered the next."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.core.log import request_id
from app.reception.errors import ReceptionNotFound, SlotNotFound, SlotOver

_SLOTS = """
SELECT s.id, s.begins_at, s.called_off_at
FROM reception_slot s JOIN reception r ON r.id = s.reception_id
JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE r.agency_id = $1 AND (s.id = $2 OR r.id = $3)
ORDER BY s.id FOR NO KEY UPDATE OF s
"""

# The next that has room: of the same leader, if there is one.
_CALL_OFF = """
WITH off AS (
    UPDATE reception_slot s SET called_off_at = $2, reason = $3, taken = 0
    WHERE s.id = ANY ($1::bigint[])
    RETURNING s.id, s.reception_id
), ended AS (
    UPDATE booking b SET state = 'called_off', ended_at = $2
    FROM off WHERE b.slot_id = off.id AND b.state = 'booked'
    RETURNING b.id, b.agency_id, b.language, b.persons, off.reception_id
), gone AS (
    UPDATE visitor v SET stands = false FROM ended WHERE v.booking_id = ended.id
), told AS (
    INSERT INTO notice (booking_id, kind, language, params, not_before, request_id)
    SELECT ended.id, 'booking.called_off', ended.language,
           jsonb_strip_nulls(jsonb_build_object('day', r.day, 'next', next.id, 'next_at', next.begins_at)),
           $2, $4
    FROM ended JOIN reception r ON r.id = ended.reception_id
    LEFT JOIN LATERAL (
        SELECT s.id, s.begins_at FROM reception_slot s JOIN reception o ON o.id = s.reception_id
        JOIN reception_schedule q ON q.id = o.schedule_id AND q.state = 'published'
        WHERE o.agency_id = ended.agency_id AND s.begins_at > $2 AND s.called_off_at IS NULL
          AND s.id <> ALL ($1::bigint[]) AND s.taken + ended.persons <= s.capacity
          AND ended.persons <= o.group_max
        ORDER BY o.name <> r.name, s.begins_at, s.id LIMIT 1
    ) next ON true
)
SELECT count(*) FROM ended
"""
_TOLD = "SELECT count(*) FROM booking WHERE slot_id = ANY ($1::bigint[]) AND state = 'called_off'"


@dataclass(frozen=True, slots=True)
class CalledOff:
    slots: int
    bookings: int


async def call_off_slot(
    connection: asyncpg.Connection, agency_id: int, slot_id: int, reason: str, now: datetime
) -> CalledOff:
    """Again changes nothing. Raises SlotNotFound for one that is not the body's, SlotOver once it has
    begun."""
    rows = await connection.fetch(_SLOTS, agency_id, slot_id, None)
    if not rows:
        raise SlotNotFound
    return await _call_off(connection, rows, reason, now)


async def call_off_reception(
    connection: asyncpg.Connection, agency_id: int, reception_id: int, reason: str, now: datetime
) -> CalledOff:
    """All of its slots that have not begun. Raises ReceptionNotFound, SlotOver when all have."""
    rows = await connection.fetch(_SLOTS, agency_id, None, reception_id)
    if not rows:
        raise ReceptionNotFound
    return await _call_off(connection, rows, reason, now)


async def _call_off(
    connection: asyncpg.Connection, rows: list[asyncpg.Record], reason: str, now: datetime
) -> CalledOff:
    fresh = [row["id"] for row in rows if row["called_off_at"] is None and row["begins_at"] > now]
    off = [row["id"] for row in rows if row["called_off_at"] is not None]
    if not fresh and not off:
        raise SlotOver
    if fresh:
        await connection.execute(_CALL_OFF, fresh, now, reason, request_id())
    return CalledOff(len(fresh + off), await connection.fetchval(_TOLD, fresh + off))

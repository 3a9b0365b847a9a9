"""Booking a place at a reception, giving it back, changing it for another.

A slot's row is locked before its bookings are touched, by everybody: one statement takes the places only
while there are enough of them, so that no race gives away more than there are.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.appeals import history
from app.appeals.identifiers import phone_digits
from app.core.cipher import cipher
from app.core.db import columns, wait_for_standby
from app.core.errors import AppError, FieldError, Invalid
from app.core.log import request_id
from app.intake.register import KeyReused
from app.reception.codes import BookingNotice, BookingState
from app.reception.errors import AlreadyBooked, BookingOver, SlotFull, SlotNotFound, SlotOver
from app.reception.schemas import BookingIn, PersonIn

_BOOK = """
WITH room AS (
    UPDATE reception_slot s SET taken = s.taken + $2
    FROM reception r JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
    WHERE s.id = $1 AND r.id = s.reception_id AND s.called_off_at IS NULL AND s.begins_at > $3
      AND s.taken + $2 <= s.capacity AND $2 <= r.group_max
    RETURNING s.id, s.begins_at, s.reception_id, r.agency_id, r.day
), made AS (
    INSERT INTO booking (slot_id, agency_id, begins_at, language, persons, subject, phone, email,
                         phone_hash, state, booked_at, key, request_hash)
    SELECT id, agency_id, begins_at, $4, $2, $5, $6, $7, $8, 'booked', $3, $9, $10 FROM room
    RETURNING id
), who AS (
    INSERT INTO visitor (reception_id, agency_id, booking_id, begins_at, stands, language, name, iin,
                         iin_hash, address, added_at)
    SELECT room.reception_id, room.agency_id, made.id, room.begins_at, true, $4, p.*, $3
    FROM made, room, unnest($11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[]) AS p
), told AS (
    INSERT INTO notice (booking_id, kind, language, params, not_before, request_id)
    SELECT made.id, $15, $4, jsonb_build_object('day', room.day), $3, $16 FROM made, room
)
SELECT id FROM made
"""
_BY_KEY = "SELECT id, request_hash FROM booking WHERE key = $1"
_SLOT = """
SELECT s.begins_at, s.called_off_at, s.capacity, s.taken, r.group_max
FROM reception_slot s JOIN reception r ON r.id = s.reception_id
JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE s.id = $1
"""
_LOCK_SLOTS = """
SELECT s.id FROM reception_slot s
WHERE s.id = $2 OR s.id = (SELECT slot_id FROM booking WHERE id = $1) ORDER BY s.id FOR NO KEY UPDATE
"""
_READ = "SELECT * FROM booking WHERE id = $1"
_PERSONS = "SELECT name, iin, iin_hash, address FROM visitor WHERE booking_id = $1 ORDER BY id"
# Who has been received, or is known not to have come, has nothing to give back.
_END = """
WITH ended AS (
    UPDATE booking b SET state = 'cancelled', ended_at = $2
    WHERE b.id = $1 AND b.state = 'booked' AND b.begins_at > $2
      AND NOT EXISTS (SELECT FROM visitor v JOIN visit_record r ON r.visitor_id = v.id
                      WHERE v.booking_id = b.id)
    RETURNING b.id, b.slot_id, b.persons
), freed AS (
    UPDATE reception_slot s SET taken = s.taken - ended.persons FROM ended WHERE s.id = ended.slot_id
), gone AS (
    UPDATE visitor v SET stands = false FROM ended WHERE v.booking_id = ended.id
)
SELECT id FROM ended
"""
_TELL = """
INSERT INTO notice (booking_id, kind, language, params, not_before, request_id)
SELECT b.id, $2, b.language, jsonb_build_object('day', r.day), $3, $4
FROM booking b JOIN reception_slot s ON s.id = b.slot_id JOIN reception r ON r.id = s.reception_id
WHERE b.id = $1
"""
_BODY = """
SELECT r.agency_id FROM reception_slot s JOIN reception r ON r.id = s.reception_id WHERE s.id = $1
"""
_MOVED = "UPDATE booking SET state = 'moved', moved_to = $2 WHERE id = $1"
KEYS_LAST_DAYS = 30
_FORGET_KEYS = "UPDATE booking SET key = NULL, request_hash = NULL WHERE key IS NOT NULL AND booked_at < $1"

Person = tuple[bytes | None, ...]
"""Name, IIN, its hash and address, as they are stored."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking with everything encrypted and hashed already."""

    language: str
    subject: bytes
    phone: bytes | None
    email: bytes | None
    phone_hash: bytes | None
    persons: Sequence[Person]
    key: bytes | None = None
    request_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    id: int
    created: bool


async def book(connection: asyncpg.Connection, said: BookingIn, key: str | None, now: datetime) -> Booked:
    """Take places of a slot for these persons. The same again under a key gives the first booking.

    Raises KeyReused, SlotNotFound, SlotOver, SlotFull, AlreadyBooked, Invalid.
    """
    _check_persons(said.persons)
    wanted = _wanted(said, key)
    if before := await _before(connection, wanted):
        return before
    try:
        return Booked(await _take(connection, said.slot, wanted, BookingNotice.CONFIRMED, now), created=True)
    except (SlotFull, AlreadyBooked):
        # The same message at the same moment: what it took is its own.
        if before := await _before(connection, wanted):
            return before
        raise


async def cancel(connection: asyncpg.Connection, booking_id: int, now: datetime) -> None:
    """Give the places back. Again changes nothing. Raises BookingOver once it was moved or called off, or has
    begun."""
    await connection.execute(_LOCK_SLOTS, booking_id, None)
    if await connection.fetchval(_END, booking_id, now) is not None:
        await connection.execute(_TELL, booking_id, BookingNotice.CANCELLED, now, request_id())
        return
    row = await _read(connection, booking_id)
    if row["state"] != BookingState.CANCELLED:
        raise BookingOver


async def change(connection: asyncpg.Connection, booking_id: int, slot_id: int, now: datetime) -> Booked:
    """Another slot of the same body: the old booking ends and a new one is made, both or neither. Again gives
    the new one. Raises BookingOver, SlotNotFound, SlotOver, SlotFull, AlreadyBooked."""
    await connection.execute(_LOCK_SLOTS, booking_id, slot_id)
    row = await _read(connection, booking_id)
    if row["state"] == BookingState.MOVED:
        newer = await _read(connection, row["moved_to"])
        if newer["slot_id"] == slot_id:
            return Booked(newer["id"], created=False)
        raise BookingOver
    if row["slot_id"] == slot_id and row["state"] == BookingState.BOOKED:
        return Booked(booking_id, created=False)
    await _same_body(connection, slot_id, row["agency_id"])
    persons = [tuple(one) for one in await connection.fetch(_PERSONS, booking_id)]
    if await connection.fetchval(_END, booking_id, now) is None:
        raise BookingOver
    kept = {name: row[name] for name in ("language", "subject", "phone", "email", "phone_hash")}
    new = await _take(connection, slot_id, Wanted(**kept, persons=persons), BookingNotice.MOVED, now)
    await connection.execute(_MOVED, booking_id, new)
    return Booked(new, created=True)


async def _read(connection: asyncpg.Connection, booking_id: int) -> asyncpg.Record:
    row = await connection.fetchrow(_READ, booking_id)
    assert row is not None
    return row


async def _same_body(connection: asyncpg.Connection, slot_id: int, agency_id: int) -> None:
    if await connection.fetchval(_BODY, slot_id) != agency_id:
        raise SlotNotFound


async def _take(
    connection: asyncpg.Connection, slot_id: int, wanted: Wanted, notice: BookingNotice, now: datetime
) -> int:
    """The new booking's id."""
    try:
        async with connection.transaction():
            made: int | None = await connection.fetchval(
                _BOOK,
                slot_id,
                len(wanted.persons),
                now,
                wanted.language,
                wanted.subject,
                wanted.phone,
                wanted.email,
                wanted.phone_hash,
                wanted.key,
                wanted.request_hash,
                *columns(wanted.persons, 4),
                notice,
                request_id(),
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyBooked from None
    if made is None:
        raise await _why_not(connection, slot_id, len(wanted.persons), now)
    return made


async def _why_not(connection: asyncpg.Connection, slot_id: int, persons: int, now: datetime) -> AppError:
    slot = await connection.fetchrow(_SLOT, slot_id)
    if slot is None:
        return SlotNotFound()
    if slot["called_off_at"] or slot["begins_at"] <= now:
        return SlotOver()
    if persons > slot["group_max"]:
        return Invalid.of("persons", "group_too_large", most=slot["group_max"])
    return SlotFull(extra={"free": slot["capacity"] - slot["taken"]})


async def _before(connection: asyncpg.Connection, wanted: Wanted) -> Booked | None:
    """What this key booked already. Raises KeyReused where that was another message."""
    row = await connection.fetchrow(_BY_KEY, wanted.key) if wanted.key else None
    if row is None:
        return None
    if row["request_hash"] != wanted.request_hash:
        raise KeyReused
    await wait_for_standby(connection)
    return Booked(row["id"], created=False)


def _check_persons(persons: Sequence[PersonIn]) -> None:
    """Nobody is there twice."""
    seen: set[str] = set()
    for place, one in enumerate(persons):
        if one.iin and one.iin in seen:
            raise Invalid(errors=[FieldError(f"persons.{place}.iin", "person_twice")])
        seen.add(one.iin or "")


def _wanted(said: BookingIn, key: str | None) -> Wanted:
    lock, contact = cipher(), said.contact
    meaning = history.canonical(said.model_dump(mode="json", exclude_none=True))
    return Wanted(
        language=said.language.value,
        subject=lock.encrypt(said.subject, "booking.subject"),
        phone=lock.encrypt_optional(contact.phone, "booking.phone"),
        email=lock.encrypt_optional(contact.email, "booking.email"),
        phone_hash=_hash(phone_digits(contact.phone), "booking.phone"),
        persons=[stored(one) for one in said.persons],
        key=hashlib.sha256(f"public\0bookings\0{key}".encode()).digest() if key else None,
        request_hash=hashlib.sha256(meaning).digest() if key else None,
    )


def stored(one: PersonIn) -> Person:
    lock = cipher()
    return (
        lock.encrypt(one.name, "visitor.name"),
        lock.encrypt_optional(one.iin, "visitor.iin"),
        _hash(one.iin, "visitor.iin"),
        lock.encrypt_optional(one.address, "visitor.address"),
    )


def _hash(value: str | None, column: str) -> bytes | None:
    """Under a key that stays: nobody has two bookings at an hour, whatever secret the first was made with."""
    return cipher().lasting_hash(value, column) if value else None


async def forget_keys(connection: asyncpg.Connection, before: datetime) -> Any:
    """Keys of bookings made before then: they serve a repeat, which comes soon."""
    return await connection.execute(_FORGET_KEYS, before)

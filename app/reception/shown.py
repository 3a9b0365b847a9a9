"""A booking as the one who made it sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from app.appeals.access_code import BOOKING, access_code
from app.core.cipher import cipher
from app.core.i18n import Language
from app.directory.registry import Directory
from app.intake.schemas import AgencyOut
from app.reception.codes import BookingState
from app.reception.errors import BookingNotFound
from app.reception.numbers import format_number
from app.reception.said import bring, said_optional, when
from app.reception.schemas import BookingOut, OfferOut
from app.reception.timetable import leader_out

# With the slot that is free now for as many persons, where the body called it off.
BOOKINGS = """
SELECT b.id, b.slot_id, b.agency_id, b.language, b.persons, b.state, b.moved_to, s.begins_at, s.ends_at,
       s.reason, r.day, r.post, r.name, r.mode, r.place, r.video_link, r.bring, r.through, r.region,
       next.id AS next_id, next.begins_at AS next_at
FROM booking b JOIN reception_slot s ON s.id = b.slot_id JOIN reception r ON r.id = s.reception_id
LEFT JOIN LATERAL (
    SELECT o.id, o.begins_at FROM reception_slot o JOIN reception other ON other.id = o.reception_id
    JOIN reception_schedule q ON q.id = other.schedule_id AND q.state = 'published'
    WHERE b.state = 'called_off' AND other.agency_id = b.agency_id AND o.begins_at > $2
      AND o.called_off_at IS NULL AND o.taken + b.persons <= o.capacity AND b.persons <= other.group_max
    ORDER BY other.name <> r.name, o.begins_at, o.id LIMIT 1
) next ON true
WHERE b.id = ANY ($1::bigint[])
"""


async def bookings(
    connection: asyncpg.Connection, ids: Sequence[int], now: datetime
) -> dict[int, asyncpg.Record]:
    return {row["id"]: row for row in await connection.fetch(BOOKINGS, list(ids), now)}


async def booking_out(
    connection: asyncpg.Connection,
    booking_id: int,
    directory: Directory,
    lang: Language,
    now: datetime,
    *,
    with_code: bool = False,
) -> BookingOut:
    """Raises BookingNotFound. `with_code`: for who makes it."""
    row = (await bookings(connection, [booking_id], now)).get(booking_id)
    if row is None:
        raise BookingNotFound
    agency = directory.agency_by_id(row["agency_id"])
    return BookingOut(
        number=format_number(booking_id),
        access_code=access_code(booking_id, BOOKING) if with_code else None,
        agency=AgencyOut(code=agency.code, name=agency.name(lang, row["day"])),
        leader=leader_out(row, lang),
        slot=row["slot_id"],
        when=when(row["begins_at"], lang),
        place=said_optional(row["place"], lang),
        video_link=video_link(row),
        bring=bring(row["mode"], row["bring"], lang),
        moved_to=format_number(row["moved_to"]) if row["moved_to"] else None,
        next=OfferOut(slot=row["next_id"], begins_at=row["next_at"]) if row["next_id"] else None,
        **_as_it_is(row),
    )


def _as_it_is(row: asyncpg.Record) -> dict[str, Any]:
    names = ("state", "begins_at", "ends_at", "mode", "through", "region", "persons", "reason")
    return {name: row[name] for name in names}


def video_link(row: asyncpg.Record) -> str | None:
    """Of a booking that stands; nobody else is shown it."""
    if row["state"] != BookingState.BOOKED:
        return None
    return cipher().decrypt_optional(row["video_link"], "reception.video_link")

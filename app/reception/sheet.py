"""A day's sheet for the body's own people: receptions, who comes, who came, and what came of it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import asyncpg

from app.core.cipher import cipher
from app.core.i18n import Language
from app.directory.registry import Directory
from app.notices.models import DeliveryState
from app.reception import timetable
from app.reception.numbers import format_number
from app.reception.schemas import DaySheetOut, SheetReceptionOut, VisitorOut
from app.reception.visits import recorded_out

# Each with the newest record, and how the last notice about the booking went.
_VISITORS = """
SELECT v.id AS person, v.reception_id AS at_reception, v.name AS visitor_name, v.address, v.language,
       v.begins_at, v.booking_id, coalesce(b.subject, v.subject) AS subject,
       coalesce(b.phone, v.phone) AS phone, coalesce(b.email, v.email) AS email, b.state, last.told, c.*
FROM visitor v LEFT JOIN booking b ON b.id = v.booking_id
LEFT JOIN visit_record c ON c.visitor_id = v.id
    AND NOT EXISTS (SELECT FROM visit_record later WHERE later.supersedes = c.id)
LEFT JOIN LATERAL (
    SELECT d.state AS told FROM delivery d WHERE d.booking_id = v.booking_id ORDER BY d.id DESC LIMIT 1
) last ON true
WHERE v.reception_id = ANY ($1::bigint[])
ORDER BY v.begins_at NULLS LAST, v.id
"""
# Then somebody rings, and needs to know where.
_NOT_TOLD = frozenset({DeliveryState.FAILED, DeliveryState.GIVEN_UP})


async def of_day(
    connection: asyncpg.Connection,
    agency_id: int,
    day: date,
    directory: Directory,
    lang: Language,
    now: datetime,
) -> DaySheetOut:
    receptions = await connection.fetch(timetable.OF_DAY, agency_id, day)
    visitors = await _visitors(connection, [row["id"] for row in receptions])
    return DaySheetOut(
        day=day,
        receptions=[
            SheetReceptionOut(
                **timetable.reception_fields(row, directory, lang, now),
                erased_on=row["erased_on"],
                video_link=cipher().decrypt_optional(row["video_link"], "reception.video_link"),
                visitors=visitors.get(row["id"], []),
            )
            for row in receptions
        ],
    )


async def _visitors(connection: asyncpg.Connection, receptions: list[int]) -> Mapping[int, list[VisitorOut]]:
    found: dict[int, list[VisitorOut]] = defaultdict(list)
    for row in await connection.fetch(_VISITORS, receptions):
        found[row["at_reception"]].append(_visitor(row))
    return found


def _visitor(row: asyncpg.Record) -> VisitorOut:
    lock, owner = cipher(), "booking" if row["booking_id"] else "visitor"
    not_told = row["told"] in _NOT_TOLD
    return VisitorOut(
        id=row["person"],
        name=lock.decrypt_optional(row["visitor_name"], "visitor.name"),
        subject=lock.decrypt_optional(row["subject"], f"{owner}.subject"),
        address=lock.decrypt_optional(row["address"], "visitor.address"),
        phone=lock.decrypt_optional(row["phone"], f"{owner}.phone") if not_told else None,
        email=lock.decrypt_optional(row["email"], f"{owner}.email") if not_told else None,
        language=row["language"],
        booking=format_number(row["booking_id"]) if row["booking_id"] else None,
        begins_at=row["begins_at"],
        state=row["state"],
        told=row["told"],
        visit=recorded_out(row) if row["id"] else None,
    )

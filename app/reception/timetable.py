"""Receptions with their slots, as everybody sees them: read for the public and for a body's own people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import asyncpg

from app.core import paging
from app.core.i18n import Language
from app.directory.registry import Directory
from app.intake.schemas import AgencyOut
from app.reception.errors import SlotNotFound
from app.reception.said import said, said_optional
from app.reception.schemas import LeaderOut, ReceptionOut, SlotOut

_COLUMNS = """
r.id, r.agency_id, r.day, r.begins, r.ends, r.slot_minutes, r.group_max, r.post, r.name, r.mode, r.place,
r.video_link, r.bring, r.through, r.region, r.erased_on, (
    SELECT coalesce(json_agg(json_build_array(
               s.id, s.begins_at, s.ends_at, s.capacity, s.taken, s.called_off_at IS NOT NULL, s.reason)
               ORDER BY s.begins_at), '[]')
    FROM reception_slot s WHERE s.reception_id = r.id
) AS slots
"""

PUBLISHED = f"""
SELECT {_COLUMNS}
FROM reception r JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE ($1::bigint IS NULL OR r.agency_id = $1) AND r.day BETWEEN $2 AND $3
  AND ($4::date IS NULL OR (r.day, r.begins, r.id) > ($4, $5::time, $6::bigint))
ORDER BY r.day, r.begins, r.id LIMIT $7
"""

OF_SLOT = f"""
SELECT {_COLUMNS}
FROM reception r JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE r.id = (SELECT reception_id FROM reception_slot WHERE id = $1)
"""

_RECEIVING = """
SELECT DISTINCT r.agency_id
FROM reception r JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE r.day BETWEEN $1 AND $2
"""

OF_SCHEDULE = f"""
SELECT {_COLUMNS} FROM reception r WHERE r.schedule_id = $1 ORDER BY r.day, r.begins, r.id
"""

OF_DAY = f"""
SELECT {_COLUMNS}
FROM reception r JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE r.agency_id = $1 AND r.day = $2 ORDER BY r.begins, r.id
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    day: date
    begins: time
    id: int

    def cursor(self) -> str:
        return paging.cursor(self.day, self.begins, self.id)

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Raises Invalid for anything that `cursor()` does not give."""
        return cls(*paging.place(cursor, date, time, int))


async def published(
    connection: asyncpg.Connection,
    agency_id: int | None,
    days: tuple[date, date],
    after: Place | None,
    limit: int,
) -> tuple[Sequence[asyncpg.Record], str | None]:
    """A page of what is published, and the cursor of the next one."""
    where = (after.day, after.begins, after.id) if after else (None, None, None)
    rows = await connection.fetch(PUBLISHED, agency_id, *days, *where, limit + 1)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return shown, Place(last["day"], last["begins"], last["id"]).cursor() if last else None


async def of_slot(connection: asyncpg.Connection, slot_id: int) -> asyncpg.Record:
    """The published reception that a slot belongs to. Raises SlotNotFound."""
    row = await connection.fetchrow(OF_SLOT, slot_id)
    if row is None:
        raise SlotNotFound
    return row


async def receiving(connection: asyncpg.Connection, days: tuple[date, date]) -> set[int]:
    """Ids of the bodies that receive people on one of these days."""
    return {row["agency_id"] for row in await connection.fetch(_RECEIVING, *days)}


def reception_out(row: asyncpg.Record, directory: Directory, lang: Language, now: datetime) -> ReceptionOut:
    return ReceptionOut(**reception_fields(row, directory, lang, now))


def reception_fields(
    row: asyncpg.Record, directory: Directory, lang: Language, now: datetime
) -> dict[str, Any]:
    agency = directory.agency_by_id(row["agency_id"])
    return {
        "id": row["id"],
        "agency": AgencyOut(code=agency.code, name=agency.name(lang, row["day"])),
        "leader": leader_out(row, lang),
        "day": row["day"],
        "begins": f"{row['begins']:%H:%M}",
        "ends": f"{row['ends']:%H:%M}",
        "slot_minutes": row["slot_minutes"],
        "group_max": row["group_max"],
        "mode": row["mode"],
        "place": said_optional(row["place"], lang),
        "bring": said_optional(row["bring"], lang),
        "through": row["through"],
        "region": row["region"],
        "slots": [_slot(slot, now) for slot in row["slots"]],
    }


def leader_out(row: asyncpg.Record, lang: Language) -> LeaderOut:
    return LeaderOut(post=said(row["post"], lang), name=said(row["name"], lang))


def _slot(slot: Sequence[Any], now: datetime) -> SlotOut:
    id_, begins, ends, capacity, taken, called_off, reason = slot
    begins_at = datetime.fromisoformat(begins)
    bookable = not called_off and begins_at > now
    return SlotOut(
        id=id_,
        begins_at=begins_at,
        ends_at=datetime.fromisoformat(ends),
        capacity=capacity,
        free=capacity - taken if bookable else 0,
        called_off=called_off,
        reason=reason,
    )

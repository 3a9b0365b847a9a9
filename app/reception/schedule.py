"""The schedule of a body's leaders for a quarter: drafted, published, added to, called off (R21)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import asyncpg

from app.core.cipher import cipher
from app.core.db import columns, to_json
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language, t
from app.deadlines.calendar import Calendar
from app.directory.registry import Directory
from app.directory.values import Agency
from app.intake.schemas import AgencyOut
from app.reception import timetable
from app.reception.codes import Mode, ScheduleState
from app.reception.errors import ScheduleDraft, ScheduleEmpty, ScheduleNotFound, SchedulePublished
from app.reception.quarters import Quarter, slots
from app.reception.schemas import ReceptionIn, ScheduleOut, WarningOut

_MAKE = """
INSERT INTO reception_schedule AS q (agency_id, year, quarter, state) VALUES ($1, $2, $3, 'draft')
ON CONFLICT (agency_id, year, quarter) DO UPDATE SET state = q.state
RETURNING id, state
"""
_LOCK = """
SELECT id, state FROM reception_schedule WHERE agency_id = $1 AND year = $2 AND quarter = $3 FOR NO KEY UPDATE
"""
_FIND = """
SELECT id, state, published_at FROM reception_schedule WHERE agency_id = $1 AND year = $2 AND quarter = $3
"""
_DROP_SLOTS = """
DELETE FROM reception_slot s USING reception r WHERE r.id = s.reception_id AND r.schedule_id = $1
"""
_DROP = "DELETE FROM reception WHERE schedule_id = $1"
_ADD = """
INSERT INTO reception (schedule_id, agency_id, day, begins, ends, slot_minutes, capacity, group_max, post,
                       name, mode, place, video_link, bring, through, region)
SELECT $1, $2, r.*
FROM unnest($3::date[], $4::time[], $5::time[], $6::int[], $7::int[], $8::int[], $9::jsonb[], $10::jsonb[],
            $11::text[], $12::jsonb[], $13::bytea[], $14::jsonb[], $15::text[], $16::text[]) AS r
RETURNING id, day, begins, ends, slot_minutes, capacity
"""
_ADD_SLOTS = """
INSERT INTO reception_slot (reception_id, begins_at, ends_at, capacity)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::int[])
"""
_PUBLISH = """
UPDATE reception_schedule SET state = 'published', published_at = $2, published_by = $3
WHERE id = $1 AND state = 'draft'
"""


async def save(
    connection: asyncpg.Connection,
    agency: Agency,
    quarter: Quarter,
    receptions: Sequence[ReceptionIn],
    directory: Directory,
) -> None:
    """Make this the draft of the quarter, in place of what was drafted before. Raises SchedulePublished, and
    Invalid that names every row that is wrong."""
    check(receptions, agency, quarter, directory)
    row = await connection.fetchrow(_MAKE, agency.id, quarter.year, quarter.number)
    assert row is not None
    if row["state"] != ScheduleState.DRAFT:
        raise SchedulePublished
    await connection.execute(_DROP_SLOTS, row["id"])
    await connection.execute(_DROP, row["id"])
    await _add(connection, row["id"], agency.id, receptions)


async def publish(
    connection: asyncpg.Connection, agency: Agency, quarter: Quarter, account_id: int, now: datetime
) -> None:
    """From now on people see it and book. Publishing it again changes nothing. Raises ScheduleNotFound,
    ScheduleEmpty."""
    row = await _locked(connection, agency, quarter)
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM reception WHERE schedule_id = $1)", row["id"]
    ):
        raise ScheduleEmpty
    await connection.execute(_PUBLISH, row["id"], now, account_id)


async def add(
    connection: asyncpg.Connection,
    agency: Agency,
    quarter: Quarter,
    receptions: Sequence[ReceptionIn],
    directory: Directory,
) -> None:
    """More receptions in a quarter that is published: they are there at once. Raises ScheduleNotFound,
    ScheduleDraft, Invalid."""
    check(receptions, agency, quarter, directory)
    row = await _locked(connection, agency, quarter)
    if row["state"] == ScheduleState.DRAFT:
        raise ScheduleDraft
    known = {_of_row(one) for one in await connection.fetch(timetable.OF_SCHEDULE, row["id"])}
    fresh = [one for one in receptions if _same(one) not in known]
    await _add(connection, row["id"], agency.id, fresh)


async def _locked(connection: asyncpg.Connection, agency: Agency, quarter: Quarter) -> asyncpg.Record:
    row = await connection.fetchrow(_LOCK, agency.id, quarter.year, quarter.number)
    if row is None:
        raise ScheduleNotFound
    return row


async def _add(
    connection: asyncpg.Connection, schedule_id: int, agency_id: int, receptions: Sequence[ReceptionIn]
) -> None:
    rows = [_row(one) for one in receptions]
    made = await connection.fetch(_ADD, schedule_id, agency_id, *columns(rows, 14))
    stored = [
        (row["id"], begins_at, ends_at, row["capacity"])
        for row in made
        for begins_at, ends_at in slots(row["day"], row["begins"], row["ends"], row["slot_minutes"])
    ]
    await connection.execute(_ADD_SLOTS, *columns(stored, 4))


def _row(one: ReceptionIn) -> tuple[object, ...]:
    return (
        one.day,
        one.begins,
        one.ends,
        one.slot_minutes,
        one.capacity,
        one.group_max,
        one.leader.post.as_json(),
        one.leader.name.as_json(),
        one.mode,
        one.place.as_json() if one.place else None,
        cipher().encrypt_optional(one.video_link, "reception.video_link"),
        one.bring.as_json() if one.bring else None,
        one.through,
        one.region.upper() if one.region else None,
    )


# What must be true of a row


def check(receptions: Sequence[ReceptionIn], agency: Agency, quarter: Quarter, directory: Directory) -> None:
    """Raises Invalid, naming every field that is wrong."""
    calendar = directory.calendar.for_week(agency.hours.week)
    errors = [
        FieldError(f"receptions.{place}.{wrong.field}", wrong.code, wrong.params)
        for place, one in enumerate(receptions)
        for wrong in _wrong(one, quarter, calendar, directory)
    ]
    errors += _at_once(receptions)
    if errors:
        raise Invalid(errors=errors)


def _wrong(
    one: ReceptionIn, quarter: Quarter, calendar: Calendar, directory: Directory
) -> Iterator[FieldError]:
    if one.day not in quarter:
        yield FieldError("day", "outside_quarter", {"first": quarter.first, "last": quarter.last})
    elif not one.on_day_off and not calendar.is_working_day(one.day):
        yield FieldError("day", "day_off", {"day": one.day})
    if one.ends <= one.begins:
        yield FieldError("ends", "period_reversed")
    elif not slots(one.day, one.begins, one.ends, one.slot_minutes):
        yield FieldError("slot_minutes", "no_slot")
    if one.group_max > one.capacity:
        yield FieldError("group_max", "less_than_equal", {"le": one.capacity})
    if one.mode is Mode.IN_PERSON and one.place is None:
        yield FieldError("place", "missing")
    if one.mode is Mode.VIDEO and one.video_link is None:
        yield FieldError("video_link", "missing")
    if one.region and not directory.has_region(one.region):
        near = ", ".join(directory.near("region", one.region)) or "—"
        yield FieldError("region", "unknown_code", {"near": near})


def _at_once(receptions: Sequence[ReceptionIn]) -> Iterator[FieldError]:
    """A leader receives in one place at a time."""
    busy: dict[tuple[object, ...], list[ReceptionIn]] = {}
    for place, one in enumerate(receptions):
        others = busy.setdefault((one.day, to_json(one.leader.name.as_json())), [])
        if any(one.begins < other.ends and other.begins < one.ends for other in others):
            yield FieldError(f"receptions.{place}.begins", "at_once")
        others.append(one)


def _same(one: ReceptionIn) -> tuple[object, ...]:
    """What makes it the same reception when it is sent again."""
    return one.day, f"{one.begins:%H:%M}", to_json(one.leader.name.as_json())


def _of_row(row: asyncpg.Record) -> tuple[object, ...]:
    return row["day"], f"{row['begins']:%H:%M}", to_json(row["name"])


# Reading


async def read(
    connection: asyncpg.Connection,
    agency: Agency,
    quarter: Quarter,
    directory: Directory,
    lang: Language,
    now: datetime,
) -> ScheduleOut:
    """Raises ScheduleNotFound."""
    row = await connection.fetchrow(_FIND, agency.id, quarter.year, quarter.number)
    if row is None:
        raise ScheduleNotFound
    receptions = await connection.fetch(timetable.OF_SCHEDULE, row["id"])
    return ScheduleOut(
        quarter=str(quarter),
        agency=AgencyOut(code=agency.code, name=agency.name(lang, quarter.first)),
        state=row["state"],
        published_at=row["published_at"],
        warnings=list(_warnings(quarter, receptions, lang)),
        receptions=[timetable.reception_out(one, directory, lang, now) for one in receptions],
    )


def _warnings(quarter: Quarter, receptions: Sequence[asyncpg.Record], lang: Language) -> Iterator[WarningOut]:
    """Each month that has no reception, or none that was not called off (R21)."""
    held = [row["day"] for row in receptions if any(not called_off for *_, called_off, _ in row["slots"])]
    for month in quarter.months_without(held):
        message = t("reception.no_reception_in_month", lang, month=t(f"reception.month.{month.month}", lang))
        yield WarningOut(code="no_reception_in_month", month=f"{month:%Y-%m}", message=message)

"""Receptions for everybody: the published timetable, booking, and the booking of whoever holds its code."""

from datetime import date, timedelta
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Body, Query, Response

from app.core import clock
from app.core.edge import Lang, Read, Tx
from app.core.errors import Conflict, Invalid, TooManyRequests, problems
from app.core.i18n import Language
from app.core.rooms import join
from app.core.schema import Code, Day
from app.directory import snapshot
from app.directory.registry import Directory, UnknownCode
from app.intake.api import IdempotencyKey
from app.intake.limits import PublicBooking
from app.intake.register import KeyReused
from app.reception import booking, staff_api, timetable
from app.reception.booking import Booked
from app.reception.callers import NOT_OPENED, Booker
from app.reception.errors import AlreadyBooked, BookingOver, SlotFull, SlotNotFound, SlotOver
from app.reception.schemas import BookingIn, BookingOut, ChangeIn, TimetableOut
from app.reception.shown import booking_out
from app.reception.timetable import Place
from app.staff.access import Public

router = APIRouter(prefix="/api/v1/receptions", tags=["receptions"])

SPAN = timedelta(days=92)
NOT_TAKEN: tuple[type[Conflict], ...] = (SlotOver, SlotFull, AlreadyBooked)

EXAMPLES: dict[str, Any] = {
    "one": {
        "summary": "One person",
        "value": {
            "slot": 1,
            "persons": [{"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"}],
            "subject": "Жер учаскесін рәсімдеу",
            "language": "kk",
            "contact": {"phone": "+7 700 000 00 01", "email": "ulgibek@post.example"},
        },
    },
    "group": {
        "summary": "Neighbours together",
        "value": {
            "slot": 1,
            "persons": [{"name": "Үлгібек Сынақбаев"}, {"name": "Айгүл Мысалова"}],
            "subject": "Ремонт дороги на улице Мысал",
            "language": "ru",
            "contact": {"email": "sosedi@post.example"},
        },
    },
}


@router.get(
    "/schedule",
    summary="When leaders receive people",
    description=(
        "The published receptions with their slots and the places that are free, in order of day and hour. "
        "Without `from` from today on, without `to` for three months.\n\n"
        "`curl '$HOST/api/v1/receptions/schedule?agency=labour&lang=kk'`"
    ),
    responses=problems(Invalid),
)
async def read_timetable(
    _: Public,
    lang: Lang,
    connection: Read,
    agency: Annotated[Code | None, Query(description="its code; left out: all", examples=["labour"])] = None,
    from_: Annotated[Day | None, Query(alias="from", examples=["2026-10-01"])] = None,
    to: Annotated[Day | None, Query(examples=["2026-12-31"])] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the last page")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="receptions on a page")] = 50,
) -> TimetableOut:
    directory, now = snapshot.current(), clock.now()
    first = from_ or clock.civil_day(now)
    days = (first, to or _later(first))
    if days[0] > days[1]:
        raise Invalid.of("to", "period_reversed")
    agency_id = _agency_id(agency, directory) if agency else None
    after = Place.of(cursor) if cursor else None
    rows, next_cursor = await timetable.published(connection, agency_id, days, after, limit)
    items = [timetable.reception_out(row, directory, lang, now) for row in rows]
    return TimetableOut(items=items, next_cursor=next_cursor)


def _later(day: date) -> date:
    return min(day, date.max - SPAN) + SPAN


def _agency_id(typed: str, directory: Directory) -> int:
    try:
        return directory.agency(typed).id
    except UnknownCode:
        near = ", ".join(directory.near("agency", typed)) or "—"
        raise Invalid.of("agency", "unknown_code", near=near) from None


@router.post(
    "/bookings",
    summary="Book a place",
    description=(
        "One booking for one person or for a group that comes together. The confirmation goes to the contact "
        "at once, a reminder on the day before. Keep the access code: it shows the booking, cancels and "
        "changes it. A video link is in the answer, and is told to nobody else."
    ),
    status_code=201,
    responses={
        200: {"description": "The same message again: its first answer", "model": BookingOut},
        **problems(KeyReused, SlotNotFound, *NOT_TAKEN, Invalid, TooManyRequests),
    },
)
async def book_place(
    _: PublicBooking,
    said: Annotated[BookingIn, Body(openapi_examples=EXAMPLES)],
    lang: Lang,
    connection: Tx,
    response: Response,
    key: IdempotencyKey = None,
) -> BookingOut:
    made = await booking.book(connection, said, key, clock.now())
    return await _answered(connection, made, lang, response)


async def _answered(
    connection: asyncpg.Connection, made: Booked, lang: Language, response: Response
) -> BookingOut:
    response.status_code = 201 if made.created else 200
    return await booking_out(connection, made.id, snapshot.current(), lang, clock.now(), with_code=True)


@router.get("/bookings/{number}", summary="A booking", responses=problems(*NOT_OPENED, Invalid))
async def read_booking(caller: Booker, lang: Lang, connection: Read) -> BookingOut:
    """Where and when, what to bring; once the body called it off, why, and what is free now."""
    return await booking_out(connection, caller, snapshot.current(), lang, clock.now())


@router.post(
    "/bookings/{number}/cancellation",
    summary="Cancel a booking",
    description="The place is free for others at once. Cancelling it again changes nothing.",
    responses=problems(*NOT_OPENED, BookingOver, Invalid),
)
async def cancel_booking(caller: Booker, lang: Lang, connection: Tx) -> BookingOut:
    await booking.cancel(connection, caller, clock.now())
    return await booking_out(connection, caller, snapshot.current(), lang, clock.now())


@router.post(
    "/bookings/{number}/change",
    summary="Change the slot",
    description=(
        "Another slot of the same body for the same persons. It is a new booking with a number and a code of "
        "its own; the old one keeps its place until the new one has its."
    ),
    status_code=201,
    responses={
        200: {"description": "It was changed before: the same answer", "model": BookingOut},
        **problems(*NOT_OPENED, BookingOver, SlotNotFound, *NOT_TAKEN, Invalid),
    },
)
async def change_booking(
    caller: Booker,
    said: Annotated[ChangeIn, Body(openapi_examples={"another": {"value": {"slot": 2}}})],
    lang: Lang,
    connection: Tx,
    response: Response,
) -> BookingOut:
    made = await booking.change(connection, caller, said.slot, clock.now())
    return await _answered(connection, made, lang, response)


join(router, staff_api.router)

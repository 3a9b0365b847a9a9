"""Receptions for the body's own people: a quarter's schedule, a day's sheet, what came of each visit."""

from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Body, Depends, Path, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.core import clock
from app.core.edge import Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.core.schema import Day
from app.directory import snapshot
from app.directory.values import Agency
from app.intake.api import IdempotencyKey
from app.intake.register import KeyReused
from app.reception import calling_off, schedule, sheet, visits
from app.reception.errors import (
    BookingOver,
    OutcomeFinal,
    OutcomeRecorded,
    ReceptionNotFound,
    ReceptionNotYet,
    ScheduleDraft,
    ScheduleEmpty,
    ScheduleNotFound,
    SchedulePublished,
    SlotNotFound,
    SlotOver,
    VisitorNotFound,
)
from app.reception.quarters import Quarter
from app.reception.schemas import (
    LARGEST_ID,
    CalledOffOut,
    CallOffIn,
    DaySheetOut,
    ScheduleIn,
    ScheduleOut,
    VisitIn,
    VisitOut,
    WalkInIn,
    WalkInOut,
)
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1/receptions", tags=["receptions"])

Receiving = Annotated[StaffCaller, Depends(require("receptions"))]
Publishing = Annotated[StaffCaller, Depends(require("publish-receptions"))]


def _quarter(typed: str) -> str:
    try:
        Quarter.parse(typed)
    except ValueError:
        raise PydanticCustomError("quarter", "not a quarter") from None
    return typed


QuarterName = Annotated[str, AfterValidator(_quarter), Path(max_length=10, examples=["2026-Q4"])]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID, examples=[1])]

RECEPTION: dict[str, Any] = {
    "leader": {
        "post": {"kk": "Вице-министр", "ru": "Вице-министр", "en": "Vice-minister"},
        "name": {"kk": "Үлгібек Сынақбаев"},
    },
    "day": "2026-12-09",
    "begins": "10:00",
    "ends": "12:00",
    "slot_minutes": 20,
    "capacity": 4,
    "group_max": 4,
    "place": {"kk": "Астана қ., Мысал даңғылы, 8, 3-бөлме", "ru": "г. Астана, пр. Мысал, 8, кабинет 3"},
}
SCHEDULE: dict[str, Any] = {"month": {"value": {"receptions": [RECEPTION]}}}
WALK_IN: dict[str, Any] = {
    "came": {
        "value": {
            "person": {"name": "Айгүл Мысалова", "address": "Үлгілі ауылы, Сынақ көшесі, 3"},
            "language": "kk",
            "subject": "Жәрдемақы туралы",
        }
    }
}
VISIT: dict[str, Any] = {
    "explained": {"value": {"came": True, "outcome": "explained", "note": "Тәртібі түсіндірілді."}},
    "registered": {
        "summary": "An oral appeal",
        "value": {
            "came": True,
            "outcome": "registered",
            "appeal": {"text": "Ауылда ауыз су жоқ, құбыр тартуды сұрайды.", "topic": "utilities"},
        },
    },
    "absent": {"value": {"came": False}},
}
CALL_OFF: dict[str, Any] = {"ill": {"value": {"reason": "Қабылдаушы іссапарда"}}}


@router.get(
    "/schedules/{quarter}",
    summary="My body's schedule of a quarter",
    description="Draft or published, with what it still lacks: a reception in each month (R21).",
    responses=problems(Forbidden, ScheduleNotFound, Invalid),
)
async def read_schedule(caller: Receiving, quarter: QuarterName, lang: Lang, connection: Read) -> ScheduleOut:
    return await _shown(connection, caller, Quarter.parse(quarter), lang)


async def _shown(
    connection: asyncpg.Connection, caller: StaffCaller, of: Quarter, lang: Language
) -> ScheduleOut:
    directory = snapshot.current()
    return await schedule.read(connection, _body(caller), of, directory, lang, clock.now())


def _body(caller: StaffCaller) -> Agency:
    return snapshot.current().agency_by_id(caller.agency_id)


@router.put(
    "/schedules/{quarter}",
    summary="Draft a schedule",
    description=(
        "The whole quarter at once, in place of what was drafted before; nobody outside sees it. Days are "
        "working days, unless a row says `on_day_off`; its slots are computed from its hours. What is wrong "
        "is named row by row."
    ),
    responses=problems(Forbidden, ScheduleNotFound, SchedulePublished, Invalid),
)
async def draft_schedule(
    caller: Receiving,
    quarter: QuarterName,
    said: Annotated[ScheduleIn, Body(openapi_examples=SCHEDULE)],
    lang: Lang,
    connection: Tx,
) -> ScheduleOut:
    of = Quarter.parse(quarter)
    await schedule.save(connection, _body(caller), of, said.receptions, snapshot.current())
    return await _shown(connection, caller, of, lang)


@router.post(
    "/schedules/{quarter}/publication",
    summary="Publish a schedule",
    description="By the head. People see it and book from now on. `warnings` name each month without a "
    "reception: it is published all the same, and receptions can be added. Again changes nothing.",
    responses=problems(Forbidden, ScheduleNotFound, ScheduleEmpty, Invalid),
)
async def publish_schedule(
    caller: Publishing, quarter: QuarterName, lang: Lang, connection: Tx
) -> ScheduleOut:
    of = Quarter.parse(quarter)
    await schedule.publish(connection, _body(caller), of, caller.account_id, clock.now())
    return await _shown(connection, caller, of, lang)


@router.post(
    "/schedules/{quarter}/receptions",
    summary="Add receptions to a published schedule",
    description="By the head. They can be booked at once. One that is there already (the same leader, day "
    "and hour) is not added again.",
    responses=problems(Forbidden, ScheduleNotFound, ScheduleDraft, Invalid),
)
async def add_receptions(
    caller: Publishing,
    quarter: QuarterName,
    said: Annotated[ScheduleIn, Body(openapi_examples=SCHEDULE)],
    lang: Lang,
    connection: Tx,
) -> ScheduleOut:
    of = Quarter.parse(quarter)
    await schedule.add(connection, _body(caller), of, said.receptions, snapshot.current())
    return await _shown(connection, caller, of, lang)


@router.post(
    "/slots/{id}/cancellation",
    summary="Call off a slot",
    description="Everybody who booked it is told why, and offered the next that is free. Again changes "
    "nothing.",
    responses=problems(Forbidden, SlotNotFound, SlotOver, Invalid),
)
async def call_off_slot(
    caller: Receiving,
    id: Id,
    said: Annotated[CallOffIn, Body(openapi_examples=CALL_OFF)],
    connection: Tx,
) -> CalledOffOut:
    done = await calling_off.call_off_slot(connection, caller.agency_id, id, said.reason, clock.now())
    return CalledOffOut(slots=done.slots, bookings=done.bookings)


@router.post(
    "/{id}/cancellation",
    summary="Call off a reception",
    description="All of its slots that have not begun, each as by itself.",
    responses=problems(Forbidden, ReceptionNotFound, SlotOver, Invalid),
)
async def call_off_reception(
    caller: Receiving,
    id: Id,
    said: Annotated[CallOffIn, Body(openapi_examples=CALL_OFF)],
    connection: Tx,
) -> CalledOffOut:
    done = await calling_off.call_off_reception(connection, caller.agency_id, id, said.reason, clock.now())
    return CalledOffOut(slots=done.slots, bookings=done.bookings)


@router.get(
    "/days/{day}",
    summary="The sheet of a day",
    description="The receptions of my body on a day: who has booked, who came, what came of it. Contacts are "
    "shown of those whom the last notice did not reach: somebody has to ring.",
    responses=problems(Forbidden, NotFound, Invalid),
)
async def read_day(
    caller: Receiving,
    day: Annotated[Day, Path(examples=["2026-12-09"])],
    lang: Lang,
    connection: Read,
) -> DaySheetOut:
    return await sheet.of_day(connection, caller.agency_id, day, snapshot.current(), lang, clock.now())


@router.post(
    "/{id}/walk-ins",
    summary="Somebody came without a booking",
    description="On the day of the reception or after it. With an `Idempotency-Key` the same again gives the "
    "same person.",
    status_code=201,
    responses={
        200: {"description": "The same message again", "model": WalkInOut},
        **problems(Forbidden, ReceptionNotFound, ReceptionNotYet, KeyReused, Invalid),
    },
)
async def add_walk_in(
    caller: Receiving,
    id: Id,
    said: Annotated[WalkInIn, Body(openapi_examples=WALK_IN)],
    connection: Tx,
    response: Response,
    key: IdempotencyKey = None,
) -> WalkInOut:
    added = await visits.walk_in(connection, caller, id, said, key, clock.now())
    response.status_code = 201 if added.created else 200
    return WalkInOut(id=added.visitor_id)


@router.post(
    "/visitors/{id}/outcome",
    summary="Record what came of a visit",
    description=(
        "For each person: whether they came, and what was done: `resolved`, `explained`, or `registered` as "
        "an oral appeal, whose receipt is in the answer. The same again gives the record that is there; a "
        "correction is a new record that names the one it `supersedes`. What was registered stays registered."
    ),
    status_code=201,
    responses={
        200: {"description": "It was recorded before", "model": VisitOut},
        **problems(
            Forbidden, VisitorNotFound, ReceptionNotYet, BookingOver, OutcomeRecorded, OutcomeFinal, Invalid
        ),
    },
)
async def record_outcome(
    caller: Receiving,
    id: Id,
    said: Annotated[VisitIn, Body(openapi_examples=VISIT)],
    lang: Lang,
    connection: Tx,
    response: Response,
) -> VisitOut:
    directory = snapshot.current()
    done = await visits.record(connection, caller, id, said, directory, clock.now())
    response.status_code = 201 if done.created else 200
    return await visits.visit_out(connection, done.row, directory, lang)

"""A booking of whoever holds its code: where and when, another hour, giving the place back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.appeals.access_code import BOOKING, access_code
from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import AppError, TooManyRequests
from app.core.i18n import Language, t
from app.directory import snapshot
from app.intake.citizen import unlocked
from app.reception import booking
from app.reception.codes import BookingState
from app.reception.numbers import BookingNumberError, display, parse
from app.reception.schemas import BookingOut, ChangeIn
from app.reception.shown import booking_out
from app.staff.access import public
from app.staff.attempts import Throttled
from app.web.citizen.receptions import ahead, by_leader, can_take
from app.web.forms import Form, Mistake, expired, read, said_of
from app.web.pages import page
from app.web.visitor import (
    Visiting,
    Visitor,
    booking_opened,
    close_booking,
    open_booking,
    page_of_booking,
)

router = APIRouter(prefix="/bookings", include_in_schema=False, dependencies=[Depends(public)])

TypedNumber = Annotated[str, Path(max_length=40)]


@router.get("")
async def find(request: Request, lang: Lang, visitor: Visiting) -> HTMLResponse:
    return _code_form(request, lang, visitor, {"number": request.query_params.get("number", "")[:40]})


@router.post("")
async def open_(request: Request, lang: Lang, visitor: Visiting, throttle: Throttled) -> Response:
    form = await Form.of(request)
    typed = {"number": form.get("number")[:40], "code": form.get("code")}
    if not visitor.sent(form.token):
        return _code_form(request, lang, visitor, typed, [expired(lang)])
    try:
        booking_id = parse(typed["number"])
    except BookingNumberError:
        return _code_form(request, lang, visitor, typed, [Mistake("number", t("booking.number.wrong", lang))])
    try:
        right = await unlocked(throttle, booking_id, typed["code"], BOOKING)
    except TooManyRequests as error:
        return _code_form(request, lang, visitor, typed, said_of(error, lang))
    if not right:
        return _code_form(request, lang, visitor, typed, [Mistake("code", t("booking.code.wrong", lang))])
    there = RedirectResponse(page_of_booking(booking_id), 303)
    open_booking(there, booking_id, secure=visitor.secure)
    return there


@router.get("/{typed}")
async def read_(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    booking_id = _opened(request, typed)
    if booking_id is None:
        return _code_form(request, lang, visitor, {"number": typed})
    return await _booking(request, db, lang, visitor, booking_id)


@router.get("/{typed}/change")
async def other_hours(
    request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting
) -> Response:
    booking_id = _opened(request, typed)
    if booking_id is None:
        return _code_form(request, lang, visitor, {"number": typed})
    return await _other_hours(request, db, lang, visitor, booking_id)


@router.post("/{typed}/change")
async def change(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    form, booking_id = await Form.of(request), _opened(request, typed)
    if booking_id is None:
        return _code_form(request, lang, visitor, {"number": typed})
    if not visitor.sent(form.token):
        return await _other_hours(request, db, lang, visitor, booking_id, [expired(lang)])
    chosen = form.get("slot")
    if not chosen.isdecimal():
        none_chosen = [Mistake("slot", t("booking.change.none", lang))]
        return await _other_hours(request, db, lang, visitor, booking_id, none_chosen)
    try:
        said = read(ChangeIn, {"slot": int(chosen[:20])})
        async with db.transaction() as connection:
            made = await booking.change(connection, booking_id, said.slot, clock.now())
    except AppError as error:
        return await _other_hours(request, db, lang, visitor, booking_id, said_of(error, lang))
    there = RedirectResponse(f"{page_of_booking(made.id)}?new=1", 303)
    open_booking(there, made.id, secure=visitor.secure)
    return there


@router.post("/{typed}/cancellation")
async def cancel(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    form, booking_id = await Form.of(request), _opened(request, typed)
    if booking_id is None:
        return _code_form(request, lang, visitor, {"number": typed})
    if not visitor.sent(form.token):
        return await _booking(request, db, lang, visitor, booking_id, [expired(lang)])
    try:
        async with db.transaction() as connection:
            await booking.cancel(connection, booking_id, clock.now())
    except AppError as error:
        return await _booking(request, db, lang, visitor, booking_id, said_of(error, lang))
    return RedirectResponse(page_of_booking(booking_id), 303)


@router.post("/{typed}/close")
async def close(request: Request, typed: TypedNumber, visitor: Visiting) -> Response:
    """On a telephone that is not one's own."""
    there = RedirectResponse("/bookings", 303)
    form, booking_id = await Form.of(request), _opened(request, typed)
    if booking_id is not None and visitor.sent(form.token):
        close_booking(there, booking_id)
    return there


def _opened(request: Request, typed: str) -> int | None:
    try:
        booking_id = parse(typed)
    except BookingNumberError:
        return None
    return booking_id if booking_opened(request, booking_id) else None


async def _read(db: Db, booking_id: int, lang: Language) -> BookingOut:
    async with db.read() as connection:
        return await booking_out(connection, booking_id, snapshot.current(), lang, clock.now())


async def _booking(
    request: Request,
    db: Db,
    lang: Language,
    visitor: Visitor,
    booking_id: int,
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    found = await _read(db, booking_id, lang)
    return page(
        request,
        "citizen/booking.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        booking=found,
        stands=found.state is BookingState.BOOKED and found.begins_at > clock.now(),
        display=display(booking_id),
        code=access_code(booking_id, BOOKING),
        new="new" in request.query_params,
        wrong=wrong or [],
        visitor=visitor,
    )


async def _other_hours(
    request: Request,
    db: Db,
    lang: Language,
    visitor: Visitor,
    booking_id: int,
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    """Of the same body, with room for as many; those of the same leader first."""
    found = await _read(db, booking_id, lang)
    leaders = by_leader(await ahead(db, found.agency.code, lang))
    leaders.sort(key=lambda one: one.leader != found.leader)
    hours = [
        (one.leader, reception, slots)
        for one in leaders
        for reception in one.receptions
        if (
            slots := [
                slot
                for slot in reception.slots
                if slot.id != found.slot and can_take(reception, slot, found.persons)
            ]
        )
    ]
    return page(
        request,
        "citizen/booking_change.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        booking=found,
        hours=hours,
        wrong=wrong or [],
        visitor=visitor,
    )


def _code_form(
    request: Request,
    lang: Language,
    visitor: Visitor,
    typed: dict[str, str],
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    return page(
        request,
        "citizen/booking_find.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong or [],
        visitor=visitor,
    )

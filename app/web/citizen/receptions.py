"""Personal reception: which bodies receive people, with whom and when there is a place, and booking it."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.core import clock
from app.core.edge import Db, Lang, Network
from app.core.errors import AppError
from app.core.i18n import Language
from app.directory import snapshot
from app.intake.limits import public_booking
from app.reception import booking, timetable
from app.reception.api import SPAN
from app.reception.schemas import LARGEST_ID, BookingIn, LeaderOut, ReceptionOut, SlotOut
from app.staff.access import public
from app.staff.limits import Limiting
from app.web.citizen.choices import Group, bodies
from app.web.citizen.contact import reached
from app.web.forms import Form, Mistake, expired, label, read, said_of
from app.web.pages import page
from app.web.visitor import Visiting, Visitor, open_booking, page_of_booking

router = APIRouter(prefix="/receptions", include_in_schema=False, dependencies=[Depends(public)])

SlotId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
# Of one body in three months; a schedule has at most as many for a quarter.
MOST = 800


@dataclass(frozen=True, slots=True)
class Receiving:
    """A leader with the receptions that lie ahead; `free`: places that can be booked now."""

    id: int
    leader: LeaderOut
    receptions: list[ReceptionOut]
    free: int


@router.get("")
async def schedule(request: Request, db: Db, lang: Lang) -> HTMLResponse:
    """Bodies, then the leaders of one, then the hours of one."""
    code = request.query_params.get("agency", "")
    directory, today = snapshot.current(), clock.today()
    if not directory.has_agency(code):
        return await _bodies(request, db, lang)
    leaders = by_leader(await ahead(db, code, lang))
    chosen = request.query_params.get("leader", "")
    one = next((it for it in leaders if chosen in {str(each.id) for each in it.receptions}), None)
    return page(
        request,
        "citizen/receptions.html",
        lang,
        agency={"code": code, "name": directory.agency(code).name(lang, today)},
        leaders=leaders,
        reached=reached([code], lang),
        chosen=one or (leaders[0] if len(leaders) == 1 else None),
    )


async def _bodies(request: Request, db: Db, lang: Language) -> HTMLResponse:
    today = clock.today()
    async with db.read() as connection:
        ids = await timetable.receiving(connection, (today, today + SPAN))
    there = {snapshot.current().agency_by_id(id_).code for id_ in ids}
    groups = [
        Group(group.name, found)
        for group in bodies(lang)
        if (found := [one for one in group.choices if one.code in there])
    ]
    return page(request, "citizen/receptions_bodies.html", lang, groups=groups)


async def ahead(db: Db, agency: str, lang: Language) -> list[ReceptionOut]:
    """What a body has published, from today on."""
    directory, now = snapshot.current(), clock.now()
    today = clock.civil_day(now)
    async with db.read() as connection:
        rows, _ = await timetable.published(
            connection, directory.agency(agency).id, (today, today + SPAN), None, MOST
        )
    return [timetable.reception_out(row, directory, lang, now) for row in rows]


def by_leader(found: Iterable[ReceptionOut]) -> list[Receiving]:
    """In the order of their next reception."""
    groups: dict[tuple[str, str], list[ReceptionOut]] = {}
    for one in found:
        groups.setdefault((one.leader.post, one.leader.name), []).append(one)
    return [
        Receiving(them[0].id, them[0].leader, them, sum(slot.free for one in them for slot in one.slots))
        for them in groups.values()
    ]


# Booking


@router.get("/slots/{slot}")
async def choose(request: Request, slot: SlotId, db: Db, lang: Lang, visitor: Visiting) -> HTMLResponse:
    return await _form(request, db, lang, visitor, slot, {"language": lang})


@router.post("/slots/{slot}")
async def book(
    request: Request, slot: SlotId, db: Db, lang: Lang, visitor: Visiting, limiter: Limiting, network: Network
) -> Response:
    form = await Form.of(request)
    if not visitor.sent(form.token):
        return await _form(request, db, lang, visitor, slot, form.fields, [expired(lang)])
    try:
        said = read(BookingIn, _as_said(form.fields, slot))
        await public_booking(limiter, network)
        async with db.transaction() as connection:
            made = await booking.book(connection, said, _key(form.fields), clock.now())
    except AppError as error:
        return await _form(request, db, lang, visitor, slot, form.fields, beside(said_of(error, lang), lang))
    there = RedirectResponse(f"{page_of_booking(made.id)}?new=1", 303)
    open_booking(there, made.id, secure=visitor.secure)
    return there


async def _form(
    request: Request,
    db: Db,
    lang: Language,
    visitor: Visitor,
    slot_id: int,
    typed: Mapping[str, str],
    wrong: Sequence[Mistake] = (),
) -> HTMLResponse:
    """Raises SlotNotFound."""
    async with db.read() as connection:
        row = await timetable.of_slot(connection, slot_id)
    reception = timetable.reception_out(row, snapshot.current(), lang, clock.now())
    slot = next(one for one in reception.slots if one.id == slot_id)
    return page(
        request,
        "citizen/booking_form.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        reception=reception,
        slot=slot,
        together=min(reception.group_max, slot.free),
        typed=dict(typed) | {"key": _key(typed)},
        wrong=list(wrong),
        visitor=visitor,
    )


def _key(typed: Mapping[str, str]) -> str:
    """Sending the form twice is booking once."""
    said = typed.get("key", "")
    return said if re.fullmatch(r"[A-Za-z0-9_-]{16,64}", said) else secrets.token_urlsafe(24)


def _as_said(typed: Mapping[str, str], slot: int) -> dict[str, Any]:
    """What was typed, as the call takes it: the first person with an IIN, the others by name, one a line."""

    def of(field: str, *names: str) -> dict[str, str]:
        return {name: value for name in names if (value := typed.get(f"{field}.{name}", "").strip())}

    others = [name.strip() for name in typed.get("others", "").splitlines() if name.strip()]
    return {
        "slot": slot,
        "persons": [of("persons.0", "name", "iin", "address"), *({"name": name} for name in others)],
        "subject": typed.get("subject", ""),
        "language": typed.get("language", ""),
        "contact": of("contact", "phone", "email"),
    }


def beside(wrong: Iterable[Mistake], lang: Language) -> list[Mistake]:
    """At the fields of the page: one for all who come along, none for the contact as a whole."""

    def at(field: str) -> str:
        if re.match(r"persons(\.[1-9]|$)", field):
            return "others"
        return "contact.phone" if field == "contact" else field

    return [Mistake(at(one.field), one.message, label(at(one.field), lang)) for one in wrong]


def can_take(reception: ReceptionOut, slot: SlotOut, persons: int) -> bool:
    return slot.free >= persons and reception.group_max >= persons

"""Signing in to the operators' room, and out."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.core.db import Database
from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language
from app.staff import sessions
from app.staff.access import public, staff_caller
from app.staff.door import Door, Doors
from app.staff.errors import TotpInvalid, TotpSetupRequired
from app.staff.permissions import Role
from app.staff.sessions import Tokens
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office.signed_in import ROOM, SIGN_IN, Worker, begin, end, requires, within
from app.web.pages import page
from app.web.qr import qr
from app.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False)

SigningOut = Annotated[Worker, Depends(requires("session"))]

SECOND_FACTOR = f"{ROOM}/second-factor"

# Who begins elsewhere than in the queue.
LANDINGS = {
    Role.CONTROLLER: f"{ROOM}/administration",
    Role.ADMIN: f"{ROOM}/administration/people",
}


@router.get(SIGN_IN, dependencies=[Depends(public)])
async def ask(request: Request, lang: Lang, visitor: Visiting) -> HTMLResponse:
    return shown_door(request, lang, visitor, {"next": within(request.query_params.get("next", ""))})


@router.post(SIGN_IN, dependencies=[Depends(public)])
async def sign_in(request: Request, lang: Lang, visitor: Visiting, door: Doors) -> Response:
    form = await Form.of(request)
    typed = {"login": form.get("login")[:200], "next": within(form.get("next"))}
    if not visitor.sent(form.token):
        return shown_door(request, lang, visitor, typed, [expired(lang)])
    try:
        given = await door.sign_in(typed["login"], form.get("password")[:1000], form.get("totp")[:100])
    except TotpSetupRequired:
        return await _set_up(request, lang, visitor, door, form, typed)
    except AppError as error:
        return shown_door(request, lang, visitor, typed, said_of(error, lang))
    return await _entered(door.db, given, typed["next"], visitor)


@router.post(SECOND_FACTOR, dependencies=[Depends(public)])
async def confirm(request: Request, lang: Lang, visitor: Visiting, door: Doors) -> Response:
    """The code of what was set up; a wrong one shows the same QR code's secret no more, but begins anew."""
    form = await Form.of(request)
    typed = {"login": form.get("login")[:200], "next": within(form.get("next"))}
    if not visitor.sent(form.token):
        return shown_door(request, lang, visitor, typed, [expired(lang)])
    try:
        given = await door.confirm_totp(typed["login"], form.get("password")[:1000], form.get("totp")[:100])
    except TotpInvalid as error:
        return await _set_up(request, lang, visitor, door, form, typed, said_of(error, lang))
    except AppError as error:
        return shown_door(request, lang, visitor, typed, said_of(error, lang))
    return await _entered(door.db, given, typed["next"], visitor)


async def landing(db: Database, given: Tokens, there: str) -> str:
    """Where to go: where the person wanted to; else, nowhere in particular, where the role begins."""
    if there != ROOM:
        return there
    return LANDINGS.get((await staff_caller(db, given.access_token)).role, ROOM)


async def _entered(db: Database, given: Tokens, there: str, visitor: Visitor) -> Response:
    response = RedirectResponse(await landing(db, given, there), 303)
    begin(response, given, visitor)
    return response


async def _set_up(
    request: Request,
    lang: Language,
    visitor: Visitor,
    door: Door,
    form: Form,
    typed: dict[str, str],
    wrong: Sequence[Mistake] = (),
) -> HTMLResponse:
    """A secret for the telephone, with the form for its first code. Another one each time: the page is shown
    to who has just typed the password."""
    setup = await door.begin_totp(typed["login"], form.get("password")[:1000])
    return page(
        request,
        "office/second_factor.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        typed=typed,
        wrong=wrong,
        visitor=visitor,
        secret=" ".join(re.findall(".{1,4}", setup.secret)),
        qr=qr(setup.uri),
    )


@router.post(f"{ROOM}/sign-out")
async def sign_out(request: Request, me: SigningOut, db: Db) -> Response:
    form = await Form.of(request)
    there = RedirectResponse(SIGN_IN, 303)
    if me.visitor.sent(form.token):
        async with db.transaction() as connection:
            everywhere = form.get("everywhere") == "yes"
            await sessions.sign_out(
                connection, me.caller.account_id, me.caller.session, everywhere=everywhere
            )
        end(there)
    return there


def shown_door(
    request: Request,
    lang: Language,
    visitor: Visitor,
    typed: dict[str, str],
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    return page(
        request,
        "office/door.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        typed=typed,
        wrong=wrong or [],
        visitor=visitor,
        provider=request.app.state.provider,
    )

"""Signing in to the operators' room, and out."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language
from app.staff import sessions
from app.staff.access import public, staff_caller
from app.staff.attempts import Throttled
from app.staff.permissions import Role
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office.signed_in import ROOM, SIGN_IN, Working, begin, end, within
from app.web.pages import page
from app.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False)

# Who begins elsewhere than in the queue.
LANDINGS = {Role.CONTROLLER: f"{ROOM}/administration"}


@router.get(SIGN_IN, dependencies=[Depends(public)])
async def ask(request: Request, lang: Lang, visitor: Visiting) -> HTMLResponse:
    return _door(request, lang, visitor, {"next": within(request.query_params.get("next", ""))})


@router.post(SIGN_IN, dependencies=[Depends(public)])
async def sign_in(request: Request, db: Db, lang: Lang, visitor: Visiting, throttle: Throttled) -> Response:
    form = await Form.of(request)
    typed = {"login": form.get("login")[:200], "next": within(form.get("next"))}
    if not visitor.sent(form.token):
        return _door(request, lang, visitor, typed, [expired(lang)])
    try:
        given = await sessions.sign_in(db, throttle, typed["login"], form.get("password")[:1000])
    except AppError as error:
        return _door(request, lang, visitor, typed, said_of(error, lang))
    there = RedirectResponse(typed["next"], 303)
    if typed["next"] == ROOM:  # nowhere in particular: where the role begins
        caller = await staff_caller(db, given.access_token)
        there = RedirectResponse(LANDINGS.get(caller.role, ROOM), 303)
    begin(there, given, visitor)
    return there


@router.post(f"{ROOM}/sign-out")
async def sign_out(request: Request, me: Working, db: Db) -> Response:
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


def _door(
    request: Request,
    lang: Language,
    visitor: Visitor,
    typed: dict[str, str],
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    shown = page(
        request,
        "office/door.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        typed=typed,
        wrong=wrong or [],
        visitor=visitor,
    )
    visitor.keep(shown)
    return shown

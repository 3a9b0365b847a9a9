"""Who works in the operators' room: a sealed cookie that names a sign-in, which ends when the sign-in does.

It holds for a working day and goes to this room alone; signing out everywhere ends it at once, because every
page asks whether its sign-in still lasts, as every call does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from app.core import clock
from app.core.cipher import cipher
from app.core.edge import database_of
from app.core.errors import AppError, Forbidden, Unauthenticated
from app.staff import tokens
from app.staff.access import StaffCaller, declares, signed_in
from app.staff.permissions import SEE
from app.staff.sessions import Tokens
from app.staff.tokens import Claims
from app.web.pages import keep_language, problem_page
from app.web.visitor import Visiting, Visitor

COOKIE = "office"
ROOM = "/office"
SIGN_IN = f"{ROOM}/sign-in"
WORKING_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Worker:
    """A page's caller: the person, and the browser whose forms are theirs."""

    caller: StaffCaller
    visitor: Visitor

    def may(self, act: str) -> bool:
        return self.caller.may(act)


def begin(response: Response, given: Tokens, visitor: Visitor) -> None:
    claims = tokens.verify(given.access_token)
    until = int((clock.now() + WORKING_DAY).timestamp())
    said = f"{claims.account_id}.{claims.family}.{int(claims.issued_at.timestamp() * 1_000_000)}.{until}"
    response.set_cookie(
        COOKIE,
        f"{said}.{cipher().tag(COOKIE, said)}",
        max_age=int(WORKING_DAY.total_seconds()),
        path=ROOM,
        secure=visitor.secure,
        httponly=True,
        samesite="strict",
    )


def end(response: Response) -> None:
    response.delete_cookie(COOKIE, path=ROOM)


@declares("staff")
async def worker(request: Request, visitor: Visiting) -> Worker:
    """Raises Unauthenticated, or SessionOver; the room answers both with its door."""
    claims = _claims(request.cookies.get(COOKIE, ""))
    if claims is None:
        raise Unauthenticated
    return Worker(await signed_in(database_of(request), claims), visitor)


Working = Annotated[Worker, Depends(worker)]


def requires(act: str) -> Callable[..., Awaitable[Worker]]:
    """A page's caller who may do this; others get 403. As `staff.access.require` for the API."""

    @declares("staff", act=act)
    async def check(me: Working) -> Worker:
        if not me.may(act):
            raise Forbidden
        return me

    return check


@declares("staff", act=SEE, of_case=True)
async def of_case(me: Working) -> Worker:
    """A page about a case: who may not see it gets the 404 of one that is not there."""
    return me


AtCase = Annotated[Worker, Depends(of_case)]
Queueing = Annotated[Worker, Depends(requires(SEE))]


def _claims(cookie: str) -> Claims | None:
    said, _, seal = cookie.rpartition(".")
    if not said or not cipher().is_tag(COOKIE, said, seal):
        return None
    account, family, issued, until = said.split(".")
    if int(until) < clock.now().timestamp():
        return None
    issued_at = datetime.fromtimestamp(int(issued) // 1_000_000, UTC).replace(
        microsecond=int(issued) % 1_000_000
    )
    return Claims(int(account), UUID(family), issued_at)


def problem(error: AppError, request: Request) -> Response:
    """Who is not signed in comes to the door, and from there to where they wanted to go."""
    if error.status != 401:
        return problem_page(error, request)
    wanted = request.url.path if request.method == "GET" else ROOM
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    return keep_language(request, RedirectResponse(f"{SIGN_IN}?next={quote(wanted + query)}", 303))


def within(wanted: str) -> str:
    """Where to go after signing in: only to a page of this room."""
    good = wanted == ROOM or wanted.startswith((f"{ROOM}/", f"{ROOM}?"))
    return wanted if good and "\\" not in wanted and "\n" not in wanted else ROOM

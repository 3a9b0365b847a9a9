"""Signing in through the provider: there, and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.core.edge import Configured, Db, Lang, public_base
from app.core.errors import AppError, NotFound
from app.staff import provider_accounts
from app.staff.access import public
from app.staff.provider_attempt import SECONDS, Attempt, SignInProvider
from app.web.forms import said_of
from app.web.office.door import landing, shown_door
from app.web.office.signed_in import SIGN_IN, begin, within
from app.web.pages import page
from app.web.visitor import Visiting

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

START = f"{SIGN_IN}/provider"
CALLBACK = f"{START}/callback"
COOKIE = "provider"


async def provider(request: Request) -> SignInProvider:
    """Raises NotFound where none is configured."""
    found: SignInProvider | None = request.app.state.provider
    if found is None:
        raise NotFound
    return found


Through = Annotated[SignInProvider, Depends(provider)]


@router.get(START)
async def start(request: Request, lang: Lang, visitor: Visiting, through: Through) -> Response:
    there = within(request.query_params.get("next", ""))
    try:
        address, attempt = await through.begin(f"{public_base(request)}{CALLBACK}", there)
    except AppError as error:
        return shown_door(request, lang, visitor, {"next": there}, said_of(error, lang))
    answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE,
        attempt.sealed(),
        max_age=SECONDS,
        path=START,
        secure=visitor.secure,
        httponly=True,
        samesite="lax",  # the provider's answer comes from another site
    )
    return answer


@router.get(CALLBACK)
async def back(
    request: Request, lang: Lang, visitor: Visiting, db: Db, settings: Configured, through: Through
) -> HTMLResponse:
    """What came is good once. The room's cookie goes to no page that another site led to, so that a page of
    our own leads there."""
    there = within("")
    try:
        attempt = Attempt.opened(request.cookies.get(COOKIE, ""))
        there = attempt.there
        came = {name: value[:4000] for name, value in request.query_params.items()}
        who = await through.complete(attempt, came, f"{public_base(request)}{CALLBACK}")
        async with db.transaction() as connection:
            given = await provider_accounts.enter(connection, who, totp_required=settings.totp_required)
    except AppError as error:
        answer = shown_door(request, lang, visitor, {"next": there}, said_of(error, lang))
    else:
        there = await landing(db, given, there)
        answer = page(request, "office/entered.html", lang, private=True, there=there)
        visitor.keep(answer)  # whose forms are good from now on, also of who came by no page of ours
        begin(answer, given, visitor)
    answer.delete_cookie(COOKIE, path=START)
    return answer

"""Signing in and out, and who I am."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Form, Request, Response

from app.core.edge import Tx
from app.core.errors import (
    FieldError,
    Invalid,
    Malformed,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMedia,
    problems,
)
from app.staff import sessions
from app.staff.access import Public, SignedIn
from app.staff.door import Doors
from app.staff.errors import (
    InvalidCredentials,
    SessionOver,
    TokenExpired,
    TokenInvalid,
    TotpInvalid,
    TotpRequired,
    TotpSetupRequired,
    TotpTaken,
)
from app.staff.permissions import acts_of
from app.staff.schemas import AgencyOut, LogoutIn, MeOut, TokenForm, TokenOut, TotpCodeForm, TotpForm, TotpOut

router = APIRouter(prefix="/api/v1/auth", tags=["staff"])

FORM = "application/x-www-form-urlencoded"
SIGNED_IN = (Unauthenticated, TokenInvalid, TokenExpired, SessionOver)


_AT_THE_DOOR = (Malformed, InvalidCredentials, TooLarge, UnsupportedMedia, Invalid, TooManyRequests)


async def form_only(request: Request) -> None:
    """Raises UnsupportedMedia for a body that is not an HTML form, such as JSON."""
    sent = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if sent != FORM:
        raise UnsupportedMedia(expected=FORM)


@router.post(
    "/token",
    summary="Sign in, or stay signed in",
    description=(
        "The OAuth2 password form: `username` and `password` (`grant_type` may be left out), or "
        "`grant_type=refresh_token` with the last `refresh_token`. A refresh token is used once; one that "
        "comes back ends its session. Who has a second factor gets 401 `totp_required` until `totp` is sent "
        "too. After ten failures in a quarter of an hour from one network for one "
        "login, that network waits for that login; nobody else does.\n\n"
        "`curl -d username=operator@energy -d password=$LS_DEMO_PASSWORD $HOST/api/v1/auth/token`"
    ),
    dependencies=[Depends(form_only)],
    responses=problems(*_AT_THE_DOOR, SessionOver, TotpRequired, TotpInvalid, TotpSetupRequired),
)
async def token(_: Public, door: Doors, form: Annotated[TokenForm, Form()], response: Response) -> TokenOut:
    if form.grant_type == "refresh_token":
        (refresh_token,) = _needed(form, "refresh_token")
        given = await sessions.refresh(door.db, refresh_token)
    else:
        username, password = _needed(form, "username", "password")
        given = await door.sign_in(username, password, form.totp)
    return _out(given, response)


@router.post(
    "/totp",
    summary="Set up a second factor",
    description=(
        "A secret for the app on your telephone, as a QR code's address and as text. It counts once a code "
        "of it has come to `totp/confirm`; until then another call makes another one.\n\n"
        "`curl -d username=head@energy -d password=$LS_DEMO_PASSWORD $HOST/api/v1/auth/totp`"
    ),
    dependencies=[Depends(form_only)],
    responses=problems(*_AT_THE_DOOR, TotpTaken),
)
async def begin_totp(
    _: Public, door: Doors, form: Annotated[TotpForm, Form()], response: Response
) -> TotpOut:
    response.headers["Cache-Control"] = "no-store"
    setup = await door.begin_totp(form.username, form.password)
    return TotpOut(secret=setup.secret, uri=setup.uri)


@router.post(
    "/totp/confirm",
    summary="Confirm the second factor, and sign in",
    description=(
        "With a code that the telephone shows now. From then on `token` asks for `totp`; each code is good "
        "once.\n\n`curl -d username=head@energy -d password=$LS_DEMO_PASSWORD -d totp=123456 "
        "$HOST/api/v1/auth/totp/confirm`"
    ),
    dependencies=[Depends(form_only)],
    responses=problems(*_AT_THE_DOOR, TotpInvalid, TotpTaken),
)
async def confirm_totp(
    _: Public, door: Doors, form: Annotated[TotpCodeForm, Form()], response: Response
) -> TokenOut:
    return _out(await door.confirm_totp(form.username, form.password, form.totp), response)


def _out(given: sessions.Tokens, response: Response) -> TokenOut:
    response.headers["Cache-Control"] = "no-store"
    return TokenOut(
        access_token=given.access_token,
        token_type="bearer",
        expires_in=given.expires_in,
        refresh_token=given.refresh_token,
    )


def _needed(form: TokenForm, *names: str) -> list[str]:
    """The values of these fields. Raises Invalid that names those left out."""
    values = {name: getattr(form, name) for name in names}
    missing = [FieldError(name, "missing") for name, value in values.items() if not value]
    if missing:
        raise Invalid(errors=missing)
    return list(values.values())


@router.post(
    "/logout",
    summary="Sign out",
    description="Ends this session, its refresh and access tokens; with `everywhere` all sessions of mine.",
    status_code=204,
    responses=problems(Malformed, *SIGNED_IN, TooLarge, UnsupportedMedia, Invalid),
)
async def logout(
    caller: SignedIn,
    connection: Tx,
    body: Annotated[
        LogoutIn | None, Body(openapi_examples={"here": {"value": {"everywhere": False}}})
    ] = None,
) -> None:
    everywhere = body is not None and body.everywhere
    await sessions.sign_out(connection, caller.account_id, caller.session, everywhere=everywhere)


@router.get(
    "/me",
    summary="Who I am",
    description="The account behind the token: its role, its agency, and what the role may do on a case.",
    responses=problems(*SIGNED_IN),
)
async def me(caller: SignedIn) -> MeOut:
    return MeOut(
        login=caller.login,
        name=caller.name,
        role=caller.role,
        agency=AgencyOut(code=caller.agency_code),
        acts=sorted(acts_of(caller.role)),
    )

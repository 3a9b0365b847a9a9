"""Who is calling: the `Annotated` callers that every route declares one of.

A caller comes first among a route's parameters, before `Tx`: it takes a connection of its own for one query
and gives it back, and a request that already held another would wait for one while it holds one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer
from fastapi.security.base import SecurityBase
from limits import RateLimitItemPerMinute

from app.core import clock, sight
from app.core.db import Database
from app.core.edge import Db, database_of
from app.core.errors import Forbidden, Unauthenticated
from app.core.sight import Sight
from app.staff import repository, tokens
from app.staff.errors import KeyExpired, KeyInvalid, ScopeMissing, SessionOver
from app.staff.limits import Limiter, Limiting
from app.staff.models import REQUESTS_PER_MINUTE
from app.staff.permissions import SEE, Role, Scope, known, may
from app.staff.service import key_hash

TOKEN_URL = "/api/v1/auth/token"

_bearer = OAuth2PasswordBearer(
    tokenUrl=TOKEN_URL,
    refreshUrl=TOKEN_URL,
    scheme_name="Staff",
    description="A staff member's login and password",
    auto_error=False,
)
_api_key = APIKeyHeader(
    name="X-API-Key", scheme_name="Client", description="An integration's key", auto_error=False
)

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Asks:
    """What a route asks of its caller. `act`: of the table of who may do what, blank for whoever is of the
    kind. `of_case`: the case decides, which is a 404 for who may not see it; else a role without the act gets
    403. `scope`: of a client."""

    kind: str
    act: str = ""
    of_case: bool = False
    scope: str = ""


Sees = Callable[[Role, int], Sight]
_sees: Sees = lambda role, agency_id: sight.NOTHING  # noqa: E731


def limits_by(sees: Sees) -> None:
    """Which cases the database shows to who has this role in this body: the directory stands above."""
    global _sees
    _sees = sees


_ASKS: dict[Callable[..., Any], frozenset[Asks]] = {}


def declares(
    kind: str, *, act: str = "", of_case: bool = False, scope: str = ""
) -> Callable[[Function], Function]:
    """Mark a dependency as one that says who the caller is; `asks_of` finds it."""
    known([act] if act else [])

    def mark(dependency: Function) -> Function:
        _ASKS[dependency] = _ASKS.get(dependency, frozenset()) | {Asks(kind, act, of_case, scope)}
        return dependency

    return mark


def asks_of(dependant: Dependant) -> frozenset[Asks]:
    """What a route (`route.dependant`) asks of its caller: nothing at all is a mistake."""
    own = _ASKS.get(dependant.call, frozenset()) if dependant.call else frozenset()
    return own.union(*(asks_of(inner) for inner in dependant.dependencies))


def callers_of(dependant: Dependant) -> frozenset[str]:
    """The kinds of caller that a route declares."""
    return frozenset(one.kind for one in asks_of(dependant))


@dataclass(frozen=True, slots=True)
class StaffCaller:
    """`session`: the sign-in whose token this is. `position`: what the person is, by language, if known."""

    account_id: int
    login: str
    name: str
    role: Role
    agency_id: int
    agency_code: str
    session: UUID
    position: Mapping[str, str] = field(default_factory=dict)

    def may(self, act: str) -> bool:
        """By the role, whatever the case."""
        return may(self.role, act)


@dataclass(frozen=True, slots=True)
class ClientCaller:
    client_id: int
    source_id: int
    scopes: frozenset[str]
    channels: frozenset[str]
    requests_per_minute: int = REQUESTS_PER_MINUTE


@declares("public")
async def public() -> None:
    """Anybody."""


class AskedStaff(SecurityBase):
    """A dependency for staff: who they are is asked once a request, however many of its parts ask.

    It is the scheme of the reference as well, for each dependency costs every request some 25 µs.
    """

    model, scheme_name = _bearer.model, _bearer.scheme_name

    def __init__(self, act: str = "") -> None:
        """`act`: only for who may do this by their role."""
        self.act = act

    async def __call__(self, request: Request) -> StaffCaller:
        """Raises Forbidden, and as `by_token`."""
        caller = await staff_of(request)
        return _permitted(caller, self.act) if self.act else caller


async def staff_of(request: Request) -> StaffCaller:
    """Who asks, by the token. Raises as `by_token`."""
    known: StaffCaller | None = getattr(request.state, "staff", None)
    if known is None:
        known = await by_token(database_of(request), await _bearer(request))
        request.state.staff = known
    return known


async def by_token(db: Database, token: str | None) -> StaffCaller:
    """Raises Unauthenticated without a token, TokenInvalid, TokenExpired, SessionOver."""
    if not token:
        raise Unauthenticated
    return await staff_caller(db, token)


async def staff_caller(db: Database, token: str) -> StaffCaller:
    """Who an access token stands for. Raises TokenInvalid, TokenExpired, SessionOver."""
    return await signed_in(db, tokens.verify(token))


async def signed_in(db: Database, claims: tokens.Claims) -> StaffCaller:
    """Who signed in, while that sign-in lasts. Raises SessionOver."""
    async with db.aside() as connection:
        row = await repository.caller(connection, claims.account_id, claims.issued_at, claims.family)
    if row is None:
        raise SessionOver
    role = Role(row["role"])
    sight.limit_to(_sees(role, row["agency_id"]))
    return StaffCaller(
        account_id=row["id"],
        login=row["login"],
        name=row["name"],
        role=role,
        agency_id=row["agency_id"],
        agency_code=row["agency_code"],
        session=claims.family,
        position=row["position"],
    )


def require(act: str) -> Callable[..., Awaitable[StaffCaller]]:
    """A dependency for what only some roles do; others get 403, before what they sent is read."""
    return declares("staff", act=act)(AskedStaff(act))


def _permitted(caller: StaffCaller, act: str) -> StaffCaller:
    if not caller.may(act):
        raise Forbidden
    return caller


def about_case(act: str) -> Callable[..., Awaitable[StaffCaller]]:
    """A dependency for what is done to a case: the case is found first, so that who may not see it gets the
    404 of one that is not there (`casework.acts.Doing`, `casework.case.find`). What was sent is read before
    that: whether it has a good shape says nothing of any case."""
    return declares("staff", act=act, of_case=True)(AskedStaff())


Reader = Annotated[StaffCaller, Depends(about_case(SEE))]
SignedIn = Annotated[StaffCaller, Depends(require("session"))]
Overseer = Annotated[StaffCaller, Depends(require("oversight"))]
Controlling = Annotated[StaffCaller, Depends(require("control-orders"))]
Curator = Annotated[StaffCaller, Depends(require("reference"))]


@declares("client")
async def client(request: Request, key: Annotated[str | None, Depends(_api_key)]) -> ClientCaller:
    return await by_key(database_of(request), key)


async def by_key(db: Database, key: str | None) -> ClientCaller:
    if not key:
        raise KeyInvalid
    # The server hands headers over as Latin-1, which gives back the bytes that were sent.
    return await client_caller(db, key.encode("latin-1", "replace"))


async def client_caller(db: Database, key: bytes) -> ClientCaller:
    """Whose key this is. Raises KeyInvalid, KeyExpired."""
    now = clock.now()
    async with db.aside() as connection:
        row = await repository.client(connection, key_hash(key), now)
    if row is None or not row["active"]:
        raise KeyInvalid
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise KeyExpired
    if row["last_used_on"] != clock.civil_day(now):
        async with db.transaction() as connection:
            await repository.client_used(connection, row["id"], clock.civil_day(now))
    sight.limit_to(sight.of_sources([row["source_id"]]))
    return ClientCaller(
        client_id=row["id"],
        source_id=row["source_id"],
        scopes=frozenset(row["scopes"]),
        channels=frozenset(row["channels"]),
        requests_per_minute=row["requests_per_minute"],
    )


async def of_client(limiter: Limiter, caller: ClientCaller) -> None:
    """One more request of the client. Raises TooManyRequests."""
    limit = RateLimitItemPerMinute(caller.requests_per_minute, namespace="client")
    await limiter.count(limit, str(caller.client_id))


@declares("client")
async def within_limit(caller: Annotated[ClientCaller, Depends(client)], limiter: Limiting) -> ClientCaller:
    await of_client(limiter, caller)
    return caller


Client = Annotated[ClientCaller, Depends(within_limit)]


def client_with(scope: Scope) -> Callable[..., Awaitable[ClientCaller]]:
    """A dependency for clients that have the scope; others get 403."""

    @declares("client", scope=scope)
    async def check(caller: Client) -> ClientCaller:
        return _within_scope(caller, scope)

    return check


def _within_scope(caller: ClientCaller, scope: Scope) -> ClientCaller:
    if scope not in caller.scopes:
        raise ScopeMissing(scope=scope)
    return caller


def client_or_staff(scope: Scope, act: str) -> Callable[..., Awaitable[ClientCaller | StaffCaller]]:
    """A program by its key, within its limit and its scopes, or a person who may do this, by a token; a key
    that is sent counts first. Others get 403."""

    @declares("client", scope=scope)
    @declares("staff", act=act)
    async def check(
        db: Db,
        limiter: Limiting,
        key: Annotated[str | None, Depends(_api_key)],
        token: Annotated[str | None, Depends(_bearer)],
    ) -> ClientCaller | StaffCaller:
        if key:
            return _within_scope(await within_limit(await by_key(db, key), limiter), scope)
        return _permitted(await by_token(db, token), act)

    return check


Public = Annotated[None, Depends(public)]


@declares("public")
async def public_or_staff(db: Db, token: Annotated[str | None, Depends(_bearer)]) -> StaffCaller | None:
    """Anybody, but a token that is sent must be good: silence would show a public figure as the full one."""
    return await staff_caller(db, token) if token else None


PublicOrStaff = Annotated[StaffCaller | None, Depends(public_or_staff)]

"""The administrator's calls about people, clients and what was changed."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from app.core import clock, paging
from app.core.edge import Db, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.core.schema import Code, Day, FullLine, Out, Schema
from app.staff import audit, keys, people
from app.staff.access import StaffCaller, require
from app.staff.errors import ClientNotFound, LoginTaken, PersonMoved
from app.staff.models import REQUESTS_PER_MINUTE, AuditAct
from app.staff.people import NewClient
from app.staff.permissions import Role, Scope
from app.staff.repository import NewAccount
from app.staff.schemas import Secret
from app.staff.service import normal_login

router = APIRouter(prefix="/api/v1/admin", tags=["administration"])

KeepingPeople = Annotated[StaffCaller, Depends(require("people"))]
KeepingClients = Annotated[StaffCaller, Depends(require("clients"))]
Auditing = Annotated[StaffCaller, Depends(require("audit"))]

MOST = 200
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
# What the person is, as receipts name it: by language, where it is said.
Position = dict[Language, FullLine]


class PageIn(Schema):
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class PeopleIn(PageIn):
    login: FullLine | None = Field(None, description="its beginning", examples=["head@"])
    agency: Code | None = Field(None, examples=["energy"])


class PersonIn(Schema):
    login: FullLine = Field(examples=["aigerim@energy"])
    name: FullLine = Field(examples=["Айгерім Сынақбаева"])
    role: Role = Field(examples=["operator"])
    agency: Code = Field(examples=["energy"])
    password: Secret = Field(min_length=1, examples=["a first password, to be told in person"])


class PersonChangeIn(Schema):
    """What is left out stays as it is."""

    name: FullLine = Field("", examples=["Айгерім Сынақбаева"])
    role: Role = Field(Role.OPERATOR, examples=["head"])
    agency: Code = Field("", examples=["energy"])
    position: Position = Field({}, examples=[{"kk": "Бас маман", "ru": "Главный специалист"}])
    provider_name: FullLine | None = Field(
        None,
        description="who the person is at the provider through which staff sign in: their verified e-mail "
        "there, or what LS_OIDC_CLAIM names; null: nobody. Their next sign-in is tied to this account",
        examples=["aigerim@energy.example"],
    )
    version: Code = Field(description="of the person as they were read", examples=["3f2a9c0d1b7e4a55"])


class PasswordIn(Schema):
    password: Secret = Field(min_length=1, examples=["a new password, to be told in person"])


class PersonOut(Out):
    id: int
    login: str
    name: str
    role: Role
    agency: str
    position: dict[str, str]
    active: bool
    created_at: datetime
    provider_name: str | None = None
    provider_linked: bool = Field(False, description="the name has signed in, and its subject counts")
    version: str = Field(description="to be sent back with a change")


class PeopleOut(Out):
    items: list[PersonOut]
    next_cursor: str | None


class ClientOut(Out):
    id: int
    name: str
    source: str = Field(examples=["109-turkistan"])
    scopes: list[str]
    channels: list[str]
    active: bool
    requests_per_minute: int
    expires_at: datetime | None
    last_used_on: date | None


class ClientsOut(Out):
    items: list[ClientOut]
    next_cursor: str | None


class ClientIn(Schema):
    name: FullLine = Field(examples=["109 Turkistan, production"])
    source: Code = Field(examples=["109-turkistan"])
    scopes: list[Scope] = Field(
        default=[Scope.TICKETS_WRITE, Scope.TICKETS_READ], min_length=1, max_length=len(Scope)
    )
    channels: list[Code] = Field([], max_length=50, description="none: all channels of the source")
    requests_per_minute: int = Field(REQUESTS_PER_MINUTE, ge=1, le=100_000)
    last_day: Day | None = Field(None, description="of its keys, in Kazakhstan; null: without an end")


class MadeOut(Out):
    client: ClientOut
    key: str = Field(description="shown this once")


class KeyOut(Out):
    key: str = Field(description="shown this once")


class AuditOut(Out):
    id: int
    at: datetime
    by_login: str
    by_name: str
    act: AuditAct
    subject_id: int
    subject: str = Field(description="the account's login or the client's name; empty for anything else")
    details: dict[str, Any]


class AuditsOut(Out):
    items: list[AuditOut] = Field(description="the newest first")
    next_cursor: str | None


@router.get("/people", summary="People", responses=problems(Forbidden, Invalid))
async def list_people(_: KeepingPeople, asked: Annotated[PeopleIn, Query()], connection: Read) -> PeopleOut:
    """Accounts in the order in which they were made, also closed ones."""
    after = paging.after(asked.cursor)
    rows = await people.people(connection, after, asked.login, asked.agency, asked.limit + 1)
    items = [_person(row) for row in rows[: asked.limit]]
    return PeopleOut(items=items, next_cursor=_next(rows, items, asked.limit))


@router.post(
    "/people",
    summary="Make an account",
    description="The person signs in with this login and password; heads, controllers and administrators "
    "with a second factor besides, where the service asks for one.",
    status_code=201,
    responses=problems(Forbidden, LoginTaken, Invalid),
)
async def create_person(caller: KeepingPeople, said: PersonIn, db: Db) -> PersonOut:
    password_hash = await people.hashed(said.password)
    async with db.transaction() as connection:
        agency_id = await people.agency_of(connection, said.agency)
        account = NewAccount(normal_login(said.login), said.name, said.role, agency_id)
        id_ = await people.create(connection, account, password_hash, caller.account_id)
        (row,) = await people.people(connection, id_ - 1, None, None, 1)
    return _person(row)


@router.get("/people/{id}", summary="A person", responses=problems(Forbidden, NotFound, Invalid))
async def read_person(_: KeepingPeople, id: Id, connection: Read) -> PersonOut:
    rows = await people.people(connection, id - 1, None, None, 1)
    if not rows or rows[0]["id"] != id:
        raise NotFound
    return _person(rows[0])


@router.patch(
    "/people/{id}",
    summary="Change a person's name, role, body or position",
    description="Whose role, body or name at the provider changes is signed out everywhere. When somebody "
    "else changed the person since they were read, nothing is changed.",
    responses=problems(Forbidden, NotFound, PersonMoved, Invalid),
)
async def change_person(caller: KeepingPeople, id: Id, said: PersonChangeIn, connection: Tx) -> PersonOut:
    given = said.model_dump(mode="json", include=said.model_fields_set - {"version"})
    await people.change(connection, id, given, said.version, caller.account_id, clock.now())
    (row,) = await people.people(connection, id - 1, None, None, 1)
    return _person(row)


@router.post(
    "/people/{id}/close", summary="Close an account", responses=problems(Forbidden, NotFound, Invalid)
)
async def close_person(caller: KeepingPeople, id: Id, connection: Tx) -> PersonOut:
    """Signed out everywhere, and in no more. What the person did keeps their name."""
    return await _turned(connection, id, False, caller.account_id)


@router.post(
    "/people/{id}/open", summary="Open a closed account", responses=problems(Forbidden, NotFound, Invalid)
)
async def open_person(caller: KeepingPeople, id: Id, connection: Tx) -> PersonOut:
    return await _turned(connection, id, True, caller.account_id)


def _person(row: Any) -> PersonOut:
    return PersonOut(**dict(row), version=people.version(row))


async def _turned(connection: Any, id_: int, active: bool, by: int) -> PersonOut:
    await people.set_active(connection, id_, active, by)
    (row,) = await people.people(connection, id_ - 1, None, None, 1)
    return _person(row)


@router.put(
    "/people/{id}/password",
    summary="Set a password",
    description="Also signs the person out everywhere.",
    status_code=204,
    responses=problems(Forbidden, NotFound, Invalid),
)
async def set_password(caller: KeepingPeople, id: Id, said: PasswordIn, db: Db) -> None:
    password_hash = await people.hashed(said.password)
    async with db.transaction() as connection:
        await people.set_password(connection, id, password_hash, caller.account_id)


@router.get("/clients", summary="Clients of sources", responses=problems(Forbidden, Invalid))
async def list_clients(_: KeepingClients, asked: Annotated[PageIn, Query()], connection: Read) -> ClientsOut:
    """Never with their keys, which are kept as hashes."""
    rows = await people.clients(connection, paging.after(asked.cursor), asked.limit + 1)
    items = [ClientOut(**dict(row)) for row in rows[: asked.limit]]
    return ClientsOut(items=items, next_cursor=_next(rows, items, asked.limit))


@router.post(
    "/clients", summary="Make a client of a source", status_code=201, responses=problems(Forbidden, Invalid)
)
async def create_client(caller: KeepingClients, said: ClientIn, connection: Tx) -> MadeOut:
    """With a key, which is shown this once and kept as a hash. The command line makes a key for tests."""
    ends = None
    if said.last_day is not None:
        if said.last_day < clock.today():
            raise Invalid.of("last_day", "day_passed")
        ends = keys.end_of(said.last_day)
    new = NewClient(said.source, said.name, said.scopes, said.channels, said.requests_per_minute, ends)
    id_, key = await people.create_client(connection, new, caller.account_id, clock.now())
    (row,) = await people.clients(connection, id_ - 1, 1)
    return MadeOut(client=ClientOut(**dict(row)), key=key)


@router.post(
    "/clients/{id}/close", summary="Close a client", responses=problems(Forbidden, ClientNotFound, Invalid)
)
async def close_client(caller: KeepingClients, id: Id, connection: Tx) -> ClientOut:
    """Its keys are refused until it is opened again."""
    return await _switched(connection, id, False, caller.account_id)


@router.post(
    "/clients/{id}/open", summary="Open a client", responses=problems(Forbidden, ClientNotFound, Invalid)
)
async def open_client(caller: KeepingClients, id: Id, connection: Tx) -> ClientOut:
    return await _switched(connection, id, True, caller.account_id)


async def _switched(connection: Any, id_: int, active: bool, by: int) -> ClientOut:
    await people.set_client_active(connection, id_, active, by)
    (row,) = await people.clients(connection, id_ - 1, 1)
    return ClientOut(**dict(row))


@router.post(
    "/clients/{id}/key",
    summary="Give a client another key",
    description="The one before stays good for a day, so that it is changed without a gap.",
    status_code=201,
    responses=problems(Forbidden, ClientNotFound, Invalid),
)
async def rotate_key(caller: KeepingClients, id: Id, connection: Tx) -> KeyOut:
    return KeyOut(key=await people.rotate_key(connection, id, caller.account_id))


@router.get("/audit", summary="What administrators changed", responses=problems(Forbidden, Invalid))
async def list_audit(_: Auditing, asked: Annotated[PageIn, Query()], connection: Read) -> AuditsOut:
    """An entry for each change of people, clients and the calendar; none is ever changed or removed."""
    before = paging.after(asked.cursor) if asked.cursor else paging.LARGEST_ID
    rows = await audit.newest(connection, before, asked.limit + 1)
    items = [AuditOut(**dict(row)) for row in rows[: asked.limit]]
    return AuditsOut(items=items, next_cursor=_next(rows, items, asked.limit))


def _next(rows: Any, items: Any, limit: int) -> str | None:
    return paging.cursor(items[-1].id) if len(rows) > limit else None

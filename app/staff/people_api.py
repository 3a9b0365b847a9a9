"""The administrator's calls about people, clients and what was changed."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from app.core import paging
from app.core.edge import Db, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.schema import Code, FullLine, Out, Schema
from app.staff import audit, people
from app.staff.access import Admin
from app.staff.errors import ClientNotFound, LoginTaken
from app.staff.models import AuditAct
from app.staff.permissions import Role
from app.staff.repository import NewAccount
from app.staff.schemas import Secret
from app.staff.service import normal_login

router = APIRouter(prefix="/api/v1/admin", tags=["administration"])

MOST = 200
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
_AGENCY = "SELECT id FROM agency WHERE code = $1 AND code <> 'sandbox'"


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


class PasswordIn(Schema):
    password: Secret = Field(min_length=1, examples=["a new password, to be told in person"])


class PersonOut(Out):
    id: int
    login: str
    name: str
    role: Role
    agency: str
    active: bool
    created_at: datetime


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
async def list_people(_: Admin, asked: Annotated[PeopleIn, Query()], connection: Read) -> PeopleOut:
    """Accounts in the order in which they were made, also closed ones."""
    after = paging.after(asked.cursor)
    rows = await people.people(connection, after, asked.login, asked.agency, asked.limit + 1)
    items = [PersonOut(**dict(row)) for row in rows[: asked.limit]]
    return PeopleOut(items=items, next_cursor=_next(rows, items, asked.limit))


@router.post(
    "/people",
    summary="Make an account",
    description="The person signs in with this login and password; heads, controllers and administrators "
    "with a second factor besides, where the service asks for one.",
    status_code=201,
    responses=problems(Forbidden, LoginTaken, Invalid),
)
async def create_person(caller: Admin, said: PersonIn, db: Db) -> PersonOut:
    password_hash = await people.hashed(said.password)
    async with db.transaction() as connection:
        agency_id = await connection.fetchval(_AGENCY, said.agency)
        if agency_id is None:
            raise Invalid.of("agency", "unknown_code", near="—")
        account = NewAccount(normal_login(said.login), said.name, said.role, agency_id)
        id_ = await people.create(connection, account, password_hash, caller.account_id)
        (row,) = await people.people(connection, id_ - 1, None, None, 1)
    return PersonOut(**dict(row))


@router.get("/people/{id}", summary="A person", responses=problems(Forbidden, NotFound, Invalid))
async def read_person(_: Admin, id: Id, connection: Read) -> PersonOut:
    rows = await people.people(connection, id - 1, None, None, 1)
    if not rows or rows[0]["id"] != id:
        raise NotFound
    return PersonOut(**dict(rows[0]))


@router.post(
    "/people/{id}/close", summary="Close an account", responses=problems(Forbidden, NotFound, Invalid)
)
async def close_person(caller: Admin, id: Id, connection: Tx) -> PersonOut:
    """Signed out everywhere, and in no more. What the person did keeps their name."""
    return await _turned(connection, id, False, caller.account_id)


@router.post(
    "/people/{id}/open", summary="Open a closed account", responses=problems(Forbidden, NotFound, Invalid)
)
async def open_person(caller: Admin, id: Id, connection: Tx) -> PersonOut:
    return await _turned(connection, id, True, caller.account_id)


async def _turned(connection: Any, id_: int, active: bool, by: int) -> PersonOut:
    await people.set_active(connection, id_, active, by)
    (row,) = await people.people(connection, id_ - 1, None, None, 1)
    return PersonOut(**dict(row))


@router.put(
    "/people/{id}/password",
    summary="Set a password",
    description="Also signs the person out everywhere.",
    status_code=204,
    responses=problems(Forbidden, NotFound, Invalid),
)
async def set_password(caller: Admin, id: Id, said: PasswordIn, db: Db) -> None:
    password_hash = await people.hashed(said.password)
    async with db.transaction() as connection:
        await people.set_password(connection, id, password_hash, caller.account_id)


@router.get("/clients", summary="Clients of sources", responses=problems(Forbidden, Invalid))
async def list_clients(_: Admin, asked: Annotated[PageIn, Query()], connection: Read) -> ClientsOut:
    """Never with their keys, which are kept as hashes."""
    rows = await people.clients(connection, paging.after(asked.cursor), asked.limit + 1)
    items = [ClientOut(**dict(row)) for row in rows[: asked.limit]]
    return ClientsOut(items=items, next_cursor=_next(rows, items, asked.limit))


@router.post(
    "/clients/{id}/close", summary="Close a client", responses=problems(Forbidden, ClientNotFound, Invalid)
)
async def close_client(caller: Admin, id: Id, connection: Tx) -> ClientOut:
    """Its keys are refused until it is opened again."""
    return await _switched(connection, id, False, caller.account_id)


@router.post(
    "/clients/{id}/open", summary="Open a client", responses=problems(Forbidden, ClientNotFound, Invalid)
)
async def open_client(caller: Admin, id: Id, connection: Tx) -> ClientOut:
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
async def rotate_key(caller: Admin, id: Id, connection: Tx) -> KeyOut:
    return KeyOut(key=await people.rotate_key(connection, id, caller.account_id))


@router.get("/audit", summary="What administrators changed", responses=problems(Forbidden, Invalid))
async def list_audit(_: Admin, asked: Annotated[PageIn, Query()], connection: Read) -> AuditsOut:
    """An entry for each change of people, clients and the calendar; none is ever changed or removed."""
    before = paging.after(asked.cursor) if asked.cursor else paging.LARGEST_ID
    rows = await audit.newest(connection, before, asked.limit + 1)
    items = [AuditOut(**dict(row)) for row in rows[: asked.limit]]
    return AuditsOut(items=items, next_cursor=_next(rows, items, asked.limit))


def _next(rows: Any, items: Any, limit: int) -> str | None:
    return paging.cursor(items[-1].id) if len(rows) > limit else None

"""Callers: who they are and which rooms they enter."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import uuid4

import pytest
import time_machine
from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from app.core.db import Database
from app.core.errors import Forbidden, Unauthenticated
from app.staff import access, service
from app.staff.access import (
    ClientCaller,
    Overseer,
    Public,
    PublicOrStaff,
    StaffCaller,
    callers_of,
    client_with,
    require,
)
from app.staff.errors import KeyExpired, KeyInvalid, ScopeMissing, TokenInvalid
from app.staff.permissions import Role, Scope

KEY = "a-key-of-the-call-centre"


def caller(role: Role) -> StaffCaller:
    return StaffCaller(1, "a@energy", "A", role, 1, "energy", uuid4())


@pytest.mark.parametrize("role", list(Role))
async def test_a_room_for_heads_and_controllers(role: Role) -> None:
    check = require("oversight")
    request = Request({"type": "http", "state": {"staff": caller(role)}})
    if role in {Role.HEAD, Role.CONTROLLER}:
        assert (await check(request)).role is role
    else:
        with pytest.raises(Forbidden):
            await check(request)


async def test_without_a_token(db: Database) -> None:
    with pytest.raises(Unauthenticated) as raised:
        await access.by_token(db, None)
    assert raised.value.headers == {"WWW-Authenticate": "Bearer"}


async def test_a_public_call_with_a_bad_token_is_refused(db: Database) -> None:
    assert await access.public_or_staff(db, None) is None
    with pytest.raises(TokenInvalid):
        await access.public_or_staff(db, "forged")


async def client(db: Database, key: str = KEY) -> ClientCaller:
    return await access.by_key(db, key)


async def test_a_client(db: Database, sources: list[int]) -> None:
    await service.create_client(db, sources[0], "109", [Scope.TICKETS_WRITE], ["call_centre"], KEY)
    found = await client(db)
    assert found.source_id == sources[0]
    assert found.scopes == {"tickets:write"}
    assert found.channels == {"call_centre"}


async def test_a_made_key_opens(db: Database, sources: list[int]) -> None:
    key = await service.create_client(db, sources[0], "109", list(Scope), ["call_centre"])
    assert len(key) > 40
    assert (await client(db, key)).scopes == set(Scope)


async def test_a_key_of_other_letters_as_it_travels_in_a_header(db: Database, sources: list[int]) -> None:
    key = "құпия-кілт-109-астана"
    await service.create_client(db, sources[0], "109", [], ["call_centre"], key)
    assert await client(db, key.encode().decode("latin-1"))


@pytest.mark.parametrize("key", [None, "", KEY + "x", KEY.upper(), "\x00", "қ", "x" * 10_000])
async def test_a_wrong_key(db: Database, sources: list[int], key: str | None) -> None:
    await service.create_client(db, sources[0], "109", [], ["call_centre"], KEY)
    with pytest.raises(KeyInvalid) as raised:
        await access.by_key(db, key)
    assert raised.value.headers["WWW-Authenticate"].startswith("ApiKey")


async def test_a_closed_and_an_expired_client(db: Database, sources: list[int]) -> None:
    await service.create_client(db, sources[0], "109", [], ["call_centre"], KEY)
    end = datetime(2026, 3, 2, tzinfo=UTC)
    async with db.transaction() as connection:
        await connection.execute("UPDATE api_client SET expires_at = $1", end)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert await client(db)
    with time_machine.travel(end, tick=False), pytest.raises(KeyExpired):
        await client(db)
    async with db.transaction() as connection:
        await connection.execute("UPDATE api_client SET active = false")
    with pytest.raises(KeyInvalid):
        await client(db)


async def test_the_last_day_of_use_is_the_day_in_kazakhstan(db: Database, sources: list[int]) -> None:
    await service.create_client(db, sources[0], "109", [], ["call_centre"], KEY)
    with time_machine.travel(datetime(2026, 3, 2, 19, 30, tzinfo=UTC), tick=False):
        await client(db)
        await client(db)
    async with db.read() as connection:
        days = await connection.fetch("SELECT last_used_on FROM api_client WHERE last_used_on IS NOT NULL")
    assert [str(row["last_used_on"]) for row in days] == ["2026-03-03"]


async def test_a_scope() -> None:
    reader = ClientCaller(1, 1, frozenset({"tickets:read"}), frozenset())
    assert await client_with(Scope.TICKETS_READ)(reader) is reader
    with pytest.raises(ScopeMissing):
        await client_with(Scope.TICKETS_WRITE)(reader)


def test_what_a_route_declares() -> None:
    router = APIRouter()
    writer = Depends(client_with(Scope.TICKETS_WRITE))

    def for_overseer(_: Overseer) -> None: ...
    def for_anybody(_: Public) -> None: ...
    def for_both(_: PublicOrStaff) -> None: ...
    def for_writer(_: Annotated[ClientCaller, writer]) -> None: ...
    def for_nobody_said(_: int) -> None: ...

    for handler in (for_overseer, for_anybody, for_both, for_writer, for_nobody_said):
        router.add_api_route(f"/{handler.__name__}", handler)
    found = [set(callers_of(route.dependant)) for route in router.routes if isinstance(route, APIRoute)]
    assert found == [{"staff"}, {"public"}, {"public"}, {"client"}, set()]

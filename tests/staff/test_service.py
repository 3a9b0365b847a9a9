"""Making accounts and clients."""

import asyncio
from typing import NoReturn

import asyncpg
import click
import pytest
from click.testing import CliRunner

from app.core.db import Database
from app.core.errors import Invalid
from app.directory.sandboxes import sandbox_of
from app.staff import cli, service
from app.staff.errors import KeyTaken, LoginTaken
from app.staff.permissions import Role, Scope
from app.staff.repository import NewAccount

PASSWORD = "сегіз жолақты жол"
KEY = "a-key-of-the-call-centre"


async def test_an_account(db: Database, energy: int) -> None:
    await service.create_account(db, " Dana@Energy ", " Дана ", Role.HEAD, energy, PASSWORD)
    async with db.read() as connection:
        row = await connection.fetchrow("SELECT * FROM staff_account WHERE login = 'dana@energy'")
    assert row is not None
    assert (row["name"], row["role"], row["active"]) == ("Дана", "head", True)
    assert PASSWORD not in row["password_hash"]


async def test_a_login_is_given_once(db: Database, energy: int) -> None:
    await service.create_account(db, "dana@energy", "Дана", Role.HEAD, energy, PASSWORD)
    with pytest.raises(LoginTaken):
        await service.create_account(db, "DANA@energy", "Дана", Role.HEAD, energy, PASSWORD)


@pytest.mark.parametrize(
    ("login", "name", "password", "code"),
    [
        ("dana", "Дана", PASSWORD, "login_form"),
        ("дана@energy", "Дана", PASSWORD, "login_form"),
        ("a b@energy", "Дана", PASSWORD, "login_form"),
        ("x" * 10_000 + "@energy", "Дана", PASSWORD, "login_form"),
        ("dana@energy\n", "Дана", "short", "password_short"),
        ("dana@energy", "  ", PASSWORD, "blank"),
    ],
)
async def test_an_account_that_will_not_do(
    db: Database, energy: int, login: str, name: str, password: str, code: str
) -> None:
    with pytest.raises(Invalid) as raised:
        await service.create_account(db, login, name, Role.HEAD, energy, password)
    assert [error.code for error in raised.value.errors] == [code]


async def test_many_accounts_at_once_and_again(db: Database, energy: int) -> None:
    people = [NewAccount(f"p{n}@energy", f"P{n}", Role.OPERATOR, energy) for n in range(50)]
    assert await service.ensure_accounts(db, people, "$hash") == 50
    assert await service.ensure_accounts(db, people, "$other") == 0
    assert await service.ensure_accounts(db, [], "$hash") == 0


async def test_a_password_for_nobody(db: Database) -> None:
    assert not await service.set_password(db, "nobody@energy", PASSWORD)
    with pytest.raises(Invalid):
        await service.set_password(db, "nobody@energy", "short")


async def test_the_same_key_again_sets_what_it_may_do(db: Database, sources: list[int]) -> None:
    for scopes in ([Scope.TICKETS_WRITE], [Scope.TICKETS_READ, Scope.WEBHOOKS]):
        assert await service.create_client(db, sources[0], "109", scopes, ["call_centre"], KEY) == KEY
    async with db.read() as connection:
        rows = await connection.fetch(
            "SELECT scopes FROM api_client WHERE key_hash = $1", service.key_hash(KEY.encode())
        )
    assert [row["scopes"] for row in rows] == [["tickets:read", "webhooks"]]


async def test_a_key_is_one_sources(db: Database, sources: list[int]) -> None:
    await service.create_client(db, sources[0], "109", [], ["call_centre"], KEY)
    with pytest.raises(KeyTaken):
        await service.create_client(db, sources[1], "other", [], ["call_centre"], KEY)


async def test_a_short_key(db: Database, sources: list[int]) -> None:
    with pytest.raises(Invalid):
        await service.create_client(db, sources[0], "109", [], ["call_centre"], "x" * 15)


async def test_an_unknown_scope_is_refused_by_the_database(db: Database, sources: list[int]) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await service.create_client(db, sources[0], "109", ["all"], [], KEY)  # type: ignore[list-item]


async def test_one_key_made_eight_times_at_once(real_db: Database) -> None:
    async with real_db.read() as connection:
        source_id = await connection.fetchval("SELECT min(id) FROM source")
    await asyncio.gather(
        *(service.create_client(real_db, source_id, "109", [], ["call_centre"], KEY) for _ in range(8))
    )
    async with real_db.read() as connection:
        rows = await connection.fetchval(
            "SELECT count(*) FROM api_client WHERE key_hash = $1", service.key_hash(KEY.encode())
        )
    assert rows == 1


async def test_a_client_from_the_command_line(db: Database) -> None:
    async with db.read() as connection:
        row = await connection.fetchrow("SELECT id, code, channels FROM source ORDER BY id LIMIT 1")
    assert row is not None
    key = await cli.create_client(db, row["code"], "109", [Scope.TICKETS_READ], [])
    async with db.read() as connection:
        channels = await connection.fetchval(
            "SELECT channels FROM api_client WHERE key_hash = $1", service.key_hash(key.encode())
        )
    assert channels == sorted(row["channels"])
    with pytest.raises(click.ClickException, match="no channel pigeon"):
        await cli.create_client(db, row["code"], "109", [], ["pigeon"])
    with pytest.raises(click.ClickException, match="no source nowhere"):
        await cli.create_client(db, "nowhere", "109", [], [])


async def test_an_account_from_the_command_line(db: Database) -> None:
    await cli.create_account(db, "dana@energy", "Дана", Role.HEAD, "energy", PASSWORD)
    await cli.set_password(db, "dana@energy", PASSWORD)
    with pytest.raises(click.ClickException, match="no login dana@wind"):
        await cli.set_password(db, "dana@wind", PASSWORD)
    with pytest.raises(click.ClickException, match="no agency wind"):
        await cli.create_account(db, "dana@wind", "Дана", Role.HEAD, "wind", PASSWORD)
    with pytest.raises(click.ClickException, match="no agency sandbox"):
        await cli.create_account(db, "dana@sandbox", "Дана", Role.HEAD, "sandbox", PASSWORD)


def test_every_command_helps_without_a_database() -> None:
    for group in cli.commands(refuse, sandbox_of):
        for command in group.commands:
            done = CliRunner().invoke(group, [command, "--help"])
            assert done.exit_code == 0
            assert "Usage" in done.output


def refuse(work: object, /) -> NoReturn:
    raise LoginTaken(login="dana@energy")


def test_what_is_refused_is_told_in_a_line() -> None:
    staff, _ = cli.commands(refuse, sandbox_of)
    given = ["create", "dana@energy", "--name", "Дана", "--role", "head", "--agency", "energy"]
    done = CliRunner().invoke(staff, given, input=f"{PASSWORD}\n")
    assert (done.exit_code, done.output) == (1, "Error: The login dana@energy already exists.\n")

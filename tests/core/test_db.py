"""Addresses of the database, the app's role, and transactions."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.appeals.models import Applicant, Content
from app.core.db import Database, DatabaseProblem, DatabaseUrls, Login
from app.core.hosts import Hosts
from app.core.migrate import is_current
from app.core.pool import Suits

WRITTEN_ONCE = {
    "appeal": "route",
    "event": "data",
    "content": "body",
    "ledger": "facts",
    "counter_delta": "received",
}


def test_one_address_serves_both_unless_the_app_has_its_own() -> None:
    alone = DatabaseUrls.of("postgres://o@h/d")
    assert alone.door(Login.WEB) == ("postgresql://o@h/d", "ls_web")
    with_one = DatabaseUrls.of("postgresql+asyncpg://o@h/d", "postgresql://a@h/d", web="postgres://w@h/d")
    assert with_one.door(Login.WORKER) == ("postgresql://a@h/d", None)
    assert with_one.door(Login.WEB) == ("postgresql://w@h/d", None)


def test_the_web_side_is_told_of_no_other_login() -> None:
    own = {login.value: f"postgresql://{login}@h/d" for login in Login}
    told = DatabaseUrls.of("postgresql://o@h/d", "postgresql://a@h/d", **own).of_web().environment()
    assert {url for url in told.values() if url} == {"postgresql://web@h/d", "postgresql://intake@h/d"}


def test_an_address_of_another_database_is_refused() -> None:
    with pytest.raises(DatabaseProblem, match="postgresql://"):
        DatabaseUrls.of("mysql://o@h/d")


async def test_a_server_that_is_not_there_is_said_in_one_line() -> None:
    with pytest.raises(DatabaseProblem, match="cannot be reached"):
        await Database.open(DatabaseUrls.of("postgresql://nobody@127.0.0.1:1/nothing"))


class GonePool:
    """As when the server's socket was removed with it."""

    @asynccontextmanager
    async def acquire(self, suits: Suits | None = None) -> AsyncIterator[asyncpg.Connection]:
        raise FileNotFoundError("the socket")
        yield

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_server_that_went_away_is_a_connection_that_failed() -> None:
    with pytest.raises(ConnectionError, match="the socket"):
        async with Database(GonePool()).read():
            pass


async def test_what_was_registered_reads_through_the_encrypting_type(
    real_client: httpx.AsyncClient, real_urls: DatabaseUrls
) -> None:
    body = {"kind": "inquiry", "language": "kk", "text": "Қашан?", "applicant": {"name": "Үлгі Сынақбаев"}}
    assert (await real_client.post("/api/v1/appeals", json=body)).status_code == 201
    engine = create_async_engine("postgresql+asyncpg://", async_creator=Hosts(real_urls.owner).connect)
    async with AsyncSession(engine) as session:
        found = (await session.exec(select(Applicant))).one()
        said = (await session.exec(select(Content))).one()
    await engine.dispose()
    assert (found.name, found.iin) == ("Үлгі Сынақбаев", None)
    assert json.loads(said.body) == {"text": "Қашан?"}


@pytest.mark.parametrize("login", Login)
async def test_no_process_owns_anything_or_rewrites_history(db: Database, login: Login) -> None:
    async with db.transaction() as connection:
        await connection.execute(f"SET LOCAL ROLE {login.role}")
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = $1)",
            login.role,
        )
        assert owned == 0
        for table, column in WRITTEN_ONCE.items():
            update = f"UPDATE {table} SET {column} = {column}"
            for statement in (update, f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute("CREATE TABLE mine (id int)")


async def test_the_template_is_migrated(db: Database) -> None:
    async with db.read() as connection:
        assert await is_current(connection)


async def test_what_raises_is_undone_and_what_ends_is_committed(real_db: Database) -> None:
    insert = "INSERT INTO demo_load VALUES ($1, now())"

    async def fails() -> None:
        async with real_db.transaction() as connection:
            await connection.execute(insert, "undone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    async with real_db.transaction() as connection:
        await connection.execute(insert, "kept")
    async with real_db.read() as connection:
        assert [row["stage"] for row in await connection.fetch("SELECT stage FROM demo_load")] == ["kept"]

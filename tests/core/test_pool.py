"""Connections lie ready for whoever comes next, and nobody waits for one without end."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.core import pool
from app.core.db import Database, DatabaseUrls, Login
from app.core.http import UNAVAILABLE
from tests.support import SERVER

PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def two(real_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The web side's, of two connections."""
    db = await Database.open(real_urls, Login.WEB, pool_size=2)
    yield db
    await db.close()


async def pid_of(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval(PID))


async def both(db: Database) -> set[int]:
    """The server's processes of two at once."""
    async with db.read() as one, db.read() as another:
        return {await one.fetchval(PID), await another.fetchval(PID)}


async def test_what_sees_without_a_transaction_and_what_is_asked_aside_lie_apart(two: Database) -> None:
    """So that nothing has to be said again to either, as long as both lie ready."""
    await both(two)
    seen, aside = set(), set()
    for _ in range(5):
        async with two.glance() as connection:
            seen.add(await connection.fetchval(PID))
        async with two.aside() as connection:
            aside.add(await connection.fetchval(PID))
        seen.add(await pid_of(two))
    assert len(seen) == len(aside) == 1
    assert seen != aside


async def test_a_closed_connection_suits_nobody_and_stops_nobody(two: Database) -> None:
    await both(two)
    async with two.glance() as connection:
        await connection.fetchval(PID)
    async with two.glance() as connection:
        connection.terminate()
    async with two.aside() as one, two.glance() as another:
        assert await one.fetchval(PID) != await another.fetchval(PID)


def idle(db: Database) -> int:
    """Those that asyncpg's pool has."""
    beneath: asyncpg.Pool = db._pool.beneath  # type: ignore[attr-defined]
    return int(beneath.get_idle_size())


async def expire(db: Database) -> None:
    """Each is made anew before it is used again."""
    pool: Any = db._pool
    await pool.let_go()
    await pool.beneath.expire_connections()


@pytest.mark.parametrize("login", Login)
async def test_nobody_waits_for_a_connection_without_end(
    real_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, login: Login
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 0.1)
    db = await Database.open(real_urls, login, pool_size=2)
    async with db.read(), db.read():
        with pytest.raises(UNAVAILABLE):  # which is a 503 to a caller
            async with db.read():
                pass
    async with db.read() as connection:
        assert await connection.fetchval("SELECT 1") == 1, "and nothing of it is left"
    await db.close()


async def test_what_came_back_last_is_there_for_the_next(two: Database) -> None:
    first = await pid_of(two)
    assert [await pid_of(two) for _ in range(3)] == [first] * 3
    assert idle(two) == 0, "it never went back"


async def test_who_waits_gets_what_comes_back(two: Database) -> None:
    async def used() -> int:
        async with two.read() as connection:
            await asyncio.sleep(0.01)
            return int(await connection.fetchval(PID))

    found = await asyncio.gather(*(used() for _ in range(20)))
    assert len(set(found)) == 2


async def test_who_gives_up_waiting_takes_none_along(two: Database) -> None:
    async with two.read(), two.read():
        waiting = asyncio.create_task(pid_of(two))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(await both(two)) == 2
    assert idle(two) == 0, "nobody waits any more: they lie ready"


async def test_what_went_wrong_goes_back_and_is_made_good(two: Database) -> None:
    async with two.aside() as connection:
        await connection.execute("BEGIN;")  # left open
    assert idle(two) == 1
    async with two.aside() as connection:
        assert not connection.is_in_transaction()
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with two.read() as connection:
            await connection.fetchval("SELECT 1 / 0")
    assert idle(two) == 1
    assert len(await both(two)) == 2


async def test_cancelled_in_the_middle_of_a_statement(two: Database) -> None:
    async def slow() -> None:
        async with two.read() as connection:
            await connection.fetchval("SELECT pg_sleep(30)")

    running = asyncio.create_task(slow())
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(await both(two)) == 2


async def test_what_broke_while_it_lay_there_is_made_anew(two: Database) -> None:
    before = await both(two)
    admin = await asyncpg.connect(os.environ[SERVER])
    await admin.fetch("SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) pid", list(before))
    await admin.close()
    await asyncio.sleep(0.1)
    after = await both(two)
    assert len(after) == 2
    assert not after & before


async def test_all_go_back_to_be_looked_after(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOOKED_AFTER_EVERY", 0.05)
    before = await both(two)
    for _ in range(100):
        if idle(two) == 2:
            break
        await asyncio.sleep(0.05)
    assert idle(two) == 2
    assert await both(two) == before


async def test_expired_are_made_anew(two: Database) -> None:
    before = await both(two)
    await expire(two)
    assert not await both(two) & before

"""Clients from the command line: listed, and given a secret to sign with."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import time_machine
from click.testing import CliRunner

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database, DatabaseUrls
from app.staff import cli, signing
from app.staff.access import client_caller
from app.staff.cli import create_client
from app.staff.errors import KeyInvalid
from app.staff.keys import BOTH_KEYS


def run(urls: DatabaseUrls, *words: str) -> Any:
    def on_database(work: Callable[[Database], Awaitable[Any]]) -> Any:
        async def worked() -> Any:
            db = await Database.open(urls, pool_size=2)
            try:
                return await work(db)
            finally:
                await db.close()

        return asyncio.run(worked())

    async def none(db: Database, source: str) -> None:
        raise AssertionError("no sandbox is asked for")

    (group,) = (found for found in cli.commands(on_database, none) if found.name == "client")
    return CliRunner().invoke(group, list(words))


async def test_a_secret_from_the_command_line(real_urls: DatabaseUrls, real_db: Database) -> None:
    await create_client(real_db, "blog-platform", "a platform", ["tickets:write"], [])
    (client,) = await cli.clients(real_db)
    number = str(client["id"])
    listed = await asyncio.to_thread(run, real_urls, "list")
    assert listed.output.split() == [number, "blog-platform", "blog", "-", "never", "-", "a", "platform"]
    first = await asyncio.to_thread(run, real_urls, "secret", number)
    second = await asyncio.to_thread(run, real_urls, "secret", number)
    assert first.output.startswith("whsec_")
    assert await known(real_db, client["id"]) == [second.output.strip(), first.output.strip()]
    third = await asyncio.to_thread(run, real_urls, "secret", number, "--at-once")
    assert await known(real_db, client["id"]) == [third.output.strip(), None]
    assert "signs" in (await asyncio.to_thread(run, real_urls, "list")).output
    wrong = await asyncio.to_thread(run, real_urls, "secret", "999")
    assert (wrong.exit_code, wrong.output) == (1, "Error: there is no client 999\n")


async def test_a_key_is_rotated_without_a_gap(real_urls: DatabaseUrls, real_db: Database) -> None:
    first = await create_client(real_db, "blog-platform", "a platform", ["tickets:write"], [])
    (client,) = await cli.clients(real_db)
    number = str(client["id"])

    async def good(key: str) -> bool:
        try:
            return (await client_caller(real_db, key.encode())).client_id == int(number)
        except KeyInvalid:
            return False

    async def said(*words: str) -> str:
        answer = await asyncio.to_thread(run, real_urls, *words)
        assert answer.exit_code == 0, answer.output
        return str(answer.output).strip()

    second = await said("rotate", number)
    assert [await good(key) for key in (first, second)] == [True, True]
    with time_machine.travel(clock.now() + BOTH_KEYS, tick=False):
        assert [await good(key) for key in (first, second)] == [False, True]
    third = await said("rotate", number, "--at-once")
    assert [await good(key) for key in (first, second, third)] == [False, False, True]
    await said("close", number)
    assert not await good(third)
    assert "closed" in await said("list")
    await said("close", number, "--open")
    assert "2026-12-31" in await said("expire", number, "--on", "2026-12-31")
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=clock.ZONE), tick=False):
        assert not await good(third)
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, tzinfo=clock.ZONE), tick=False):
        assert await good(third)
    await said("expire", number, "--never")
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=clock.ZONE), tick=False):
        assert await good(third)


async def test_no_key_of_a_client_that_there_is_not(real_urls: DatabaseUrls, real_db: Database) -> None:
    for words in (["rotate", "999"], ["close", "999"], ["expire", "999", "--never"]):
        wrong = await asyncio.to_thread(run, real_urls, *words)
        assert (wrong.exit_code, wrong.output) == (1, "Error: there is no client 999\n")
    assert (await asyncio.to_thread(run, real_urls, "expire", "1")).exit_code == 2


async def known(db: Database, client_id: int) -> list[str | None]:
    async with db.read() as connection:
        row = await connection.fetchrow(
            "SELECT secret, previous_secret, previous_until FROM client_secret WHERE client_id = $1",
            client_id,
        )
    assert row is not None
    assert (row["previous_until"] is None) == (row["previous_secret"] is None)
    if row["previous_until"]:
        assert row["previous_until"] > clock.now()
    return [cipher().decrypt_optional(row[name], signing.SECRET) for name in ("secret", "previous_secret")]

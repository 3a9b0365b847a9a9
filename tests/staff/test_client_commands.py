"""Clients from the command line: listed, and given a secret to sign with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from click.testing import CliRunner

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database, DatabaseUrls
from app.staff import cli, signing
from app.staff.cli import create_client


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
    assert listed.output.split() == [number, "blog-platform", "blog", "-", "a", "platform"]
    first = await asyncio.to_thread(run, real_urls, "secret", number)
    second = await asyncio.to_thread(run, real_urls, "secret", number)
    assert first.output.startswith("whsec_")
    assert await known(real_db, client["id"]) == [second.output.strip(), first.output.strip()]
    third = await asyncio.to_thread(run, real_urls, "secret", number, "--at-once")
    assert await known(real_db, client["id"]) == [third.output.strip(), None]
    assert "signs" in (await asyncio.to_thread(run, real_urls, "list")).output
    wrong = await asyncio.to_thread(run, real_urls, "secret", "999")
    assert (wrong.exit_code, wrong.output) == (1, "Error: there is no client 999\n")


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

"""What is forgotten, and that nothing else is."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import time_machine

from app.appeals import numbers
from app.attachments import purging
from app.attachments.keeping import VALID_FOR, Keeper
from app.core import clock
from app.core.db import Database
from app.settings import Settings
from tests.attachments.files import JPEG, PDF, PNG, sent
from tests.attachments.test_attaching import filed, opened, tracked
from tests.attachments.test_uploading import on_disk

LATER = timedelta(hours=2)


async def purged(db: Database, keeper: Keeper, after: timedelta) -> None:
    with time_machine.travel(clock.now() + after, tick=False):
        await purging.purge(db, keeper)


async def test_what_nothing_named_in_time(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    named = await filed(client, (await sent(client, PNG, "a.png"))["id"])
    await sent(client, PDF, "a.pdf")
    await purged(db, keeper, VALID_FOR - timedelta(minutes=1))
    assert len(on_disk(settings)) == 2
    await purged(db, keeper, VALID_FOR + timedelta(minutes=1))
    assert len(on_disk(settings)) == 1
    (shown,) = (await tracked(client, named))["attachments"]
    assert (await opened(client, named, shown["url"])).content == PNG


async def test_an_appeals_files_are_erased_and_the_last_reference_takes_the_content(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    first = await filed(
        client, (await sent(client, JPEG, "a.jpg"))["id"], (await sent(client, PDF, "a.pdf"))["id"]
    )
    second = await filed(client, (await sent(client, JPEG, "b.jpg"))["id"])
    assert len(on_disk(settings)) == 2
    url = (await tracked(client, first))["attachments"][0]["url"]
    async with db.transaction() as connection:
        assert await purging.erase(connection, numbers.parse(first["number"]).appeal_id) == 2
    assert (await tracked(client, first))["attachments"] == []
    assert (await opened(client, first, url)).status_code == 404
    await purged(db, keeper, LATER)
    assert len(on_disk(settings)) == 1
    (shown,) = (await tracked(client, second))["attachments"]
    assert (await opened(client, second, shown["url"])).content == JPEG
    async with db.transaction() as connection:
        await purging.erase(connection, numbers.parse(second["number"]).appeal_id)
    await purged(db, keeper, LATER)
    assert on_disk(settings) == []
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM stored_object") == 0


async def test_who_keeps_the_same_at_that_moment_loses_nothing(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    """The row is touched before the object is put: between the two nothing removes it."""
    kept = await sent(client, PDF, "a.pdf")
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM attachment")
        await connection.execute("UPDATE stored_object SET touched_at = touched_at - interval '1 day'")

    async def content() -> AsyncIterator[bytes]:
        yield PDF

    async with keeper.received(content(), name="a.pdf") as whole:
        await keeper.store(db, whole)
        await purging.purge(db, keeper)
    assert len(on_disk(settings)) == 1
    assert kept["size"] == len(PDF)


async def test_what_a_killed_process_left_unfinished(
    db: Database, keeper: Keeper, settings: Settings, tmp_path: Path
) -> None:
    folder = settings.data_dir / "attachments" / "unfinished"
    folder.mkdir(parents=True)
    old, new = folder / "old", folder / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    before = (clock.now() - timedelta(hours=3)).timestamp()
    os.utime(old, (before, before))
    await purging.purge(db, keeper)
    assert on_disk(settings) == [new]

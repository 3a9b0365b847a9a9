"""The web side shot in the middle of an act for many cases, and started again.

It is held at the second case by a lock, so that the first is done and the others are not; then SIGKILL. The
same form, sent once more as a browser does when it loads the page anew, says of each what became of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from app.appeals.numbers import parse
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.ops.served import Served
from tests.support import cloned
from tests.web.office.conftest import PASSWORD
from tests.web.office.test_bulk import results
from tests.web.office.test_live import filed

BODY = "justice"
DONE = "SELECT count(*) FROM event WHERE kind = 'forwarded' AND appeal_id = ANY ($1::bigint[])"


@pytest.fixture
async def urls(worker_id: str) -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_bulk_{worker_id}_test") as made:
        yield made


async def test_what_was_promised_is_done_once_after_a_kill(urls: DatabaseUrls, tmp_path: Path) -> None:
    db, server = await Database.open(urls, pool_size=3), Served(urls, tmp_path)
    try:
        await snapshot.refresh(db)
        body = snapshot.current().agency(BODY).id
        await service.create_account(db, f"dana@{BODY}", "Dana", Role.HEAD, body, PASSWORD)
        server.start()
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            token = await entered(client)
            numbers = [await filed(client) for _ in range(3)]
            said = {"form": token, "act": "forward", "to": "health", "reason": "Сіздердікі."}
            said |= {f"case-{number}": "1" for number in numbers}
            promised = results(await client.post("/office/bulk", data=said))
            assert promised == {"good": numbers}
            await shot_at_the_second(db, server, client, said, numbers)
            assert await done(db, numbers) == 1
            server.start()
            answer = await client.post("/office/bulk/do", data=said)
            assert results(answer) == {"bad": numbers[:1], "good": numbers[1:]}
            assert await done(db, numbers) == 3
    finally:
        server.kill()
        await db.close()


async def entered(client: httpx.AsyncClient) -> str:
    door = await client.get("/office/sign-in")
    token = door.text.split('name="form" value="')[1].split('"')[0]
    said = {"form": token, "login": f"dana@{BODY}", "password": PASSWORD, "next": "/office"}
    assert (await client.post("/office/sign-in", data=said)).status_code == 303
    return token


async def shot_at_the_second(
    db: Database, server: Served, client: httpx.AsyncClient, said: dict[str, str], numbers: list[str]
) -> None:
    async with db.transaction() as connection:
        held = parse(numbers[1]).appeal_id
        await connection.execute("SELECT FROM holding WHERE appeal_id = $1 FOR UPDATE", held)
        going = asyncio.create_task(client.post("/office/bulk/do", data=said))
        for _ in range(600):
            if await done(db, numbers):
                break
            await asyncio.sleep(0.05)
        server.kill()
        with suppress(httpx.TransportError):
            await going
            raise AssertionError("it was answered before it was shot")


async def done(db: Database, numbers: list[str]) -> int:
    async with db.read() as connection:
        found: int = await connection.fetchval(DONE, [parse(number).appeal_id for number in numbers])
    return found

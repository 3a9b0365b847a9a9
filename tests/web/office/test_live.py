"""Open pages over a server with two connections: all are told, none holds one, and nothing is missed."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.casework.changes import Place
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.ops.served import Served
from tests.support import cloned

PASSWORD = "a long password for tests"
BODY = "justice"
NAMES = ("aigerim", "berik")
STREAMS = 60
HERD = 120
PATIENCE = 30


@pytest.fixture
async def urls(worker_id: str) -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_live_{worker_id}_test") as made:
        yield made


@pytest.fixture
async def site(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Served]:
    db = await Database.open(urls, pool_size=2)
    await snapshot.refresh(db)
    body = snapshot.current().agency(BODY).id
    for name in NAMES:
        await service.create_account(db, f"{name}@{BODY}", name.title(), Role.OPERATOR, body, PASSWORD)
    await db.close()
    server = Served(urls, tmp_path, LS_WORKERS="1", LS_POOL_SIZE="2", LS_RATE_LIMITS="off")
    server.start()
    yield server
    server.kill()


async def entered(client: httpx.AsyncClient, name: str) -> None:
    door = await client.get("/office/sign-in")
    token = re.search(r'name="form" value="([0-9a-f]+)"', door.text)
    assert token
    said = {"form": token[1], "login": f"{name}@{BODY}", "password": PASSWORD, "next": "/office"}
    assert (await client.post("/office/sign-in", data=said)).status_code == 303


async def filed(client: httpx.AsyncClient, addressee: str = BODY) -> str:
    said = {"kind": "statement", "language": "kk", "text": "Анықтама берілмеді.", "addressee": addressee}
    return str((await client.post("/api/v1/appeals", json=said)).json()["number"])


def seen(page: httpx.Response) -> str:
    found = re.search(r'data-from="([0-9-]+)"', page.text)
    assert found
    return found[1]


async def told(lines: AsyncIterator[str], event: str, within: float = PATIENCE) -> tuple[str, str]:
    """The place and the data of the next event of this name."""
    place = ""
    async with asyncio.timeout(within):
        async for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                place = value
            elif name == "event":
                last = value
            elif name == "data" and last == event:
                return place, value
    raise AssertionError(f"the stream ended without {event}")


async def test_many_streams_hold_no_connection_and_miss_nothing(site: Served) -> None:
    async with (
        httpx.AsyncClient(base_url=site.url, timeout=60, limits=httpx.Limits(max_connections=None)) as client,
        AsyncExitStack() as open_streams,
    ):
        await entered(client, "aigerim")
        place = seen(await client.get("/office"))
        streams = []
        for _ in range(STREAMS):
            answer = await open_streams.enter_async_context(
                client.stream("GET", "/office/live", params={"from": place})
            )
            assert answer.headers["content-type"].startswith("text/event-stream")
            streams.append(answer.aiter_lines())
        await filed(client, "energy")
        number = await filed(client)
        places = {place for place, _ in await asyncio.gather(*(told(one, "changed") for one in streams))}
        assert len(places) <= 2
        # Two connections, and pages are served as if no stream were open.
        assert number in (await client.get("/office")).text
    last = max(places)
    site.kill()
    site.start()
    await a_herd_comes_back(site, last)
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        await entered(client, "berik")
        missed = await filed(client)
        async with client.stream("GET", "/office/live", headers={"Last-Event-ID": last}) as answer:
            again, _ = await told(answer.aiter_lines(), "changed")
        assert missed in (await client.get("/office")).text
        # The same by asking, for who can open no stream.
        asked = await polled(client, last)
        for _ in range(3):  # a process may hear of two appeals one after the other
            asked = (await client.get("/office/live/poll", params={"from": asked["place"]})).json()
            if not asked["changed"]:
                break
        assert asked["changed"] is False
        assert again


async def a_herd_comes_back(site: Served, last: str) -> None:
    """Of a process that was killed, at once, to one that has answered nothing yet: none is told that missed
    nothing, all others are, each asks again, and nobody is refused."""
    async with (
        httpx.AsyncClient(base_url=site.url, timeout=60, limits=httpx.Limits(max_connections=None)) as client,
        AsyncExitStack() as open_streams,
    ):
        await entered(client, "aigerim")
        missed = await filed(client)
        headers = {"Last-Event-ID": last}
        retries: set[str] = set()

        async def one_page() -> None:
            answer = await open_streams.enter_async_context(
                client.stream("GET", "/office/live", headers=headers)
            )
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            retries.add(await anext(lines))
            place, _ = await told(lines, "changed")
            assert (Place.of(place) or Place(0, 0)) > (Place.of(last) or Place(0, 0))
            rows = await client.get("/office/rows?view=all")
            assert (rows.status_code, missed in rows.text) == (200, True)

        async def other_work() -> None:
            for _ in range(10):
                await filed(client, "energy")

        await asyncio.gather(other_work(), *(one_page() for _ in range(HERD)))
        assert len(retries) > HERD / 2, "and the next time they would not come at once"
        up_to_date = seen(await client.get("/office"))
        async with client.stream("GET", "/office/live", params={"from": up_to_date}) as answer:
            with pytest.raises(TimeoutError):
                await told(answer.aiter_lines(), "changed", within=3)


async def polled(client: httpx.AsyncClient, last: str) -> dict[str, Any]:
    """Asked again, as a page does, until it has changed: what commits before somebody's open transaction, of
    other tests too, is told once that is over."""
    for _ in range(120):
        asked: dict[str, Any] = (await client.get("/office/live/poll", params={"from": last})).json()
        if asked["changed"]:
            return asked
        await asyncio.sleep(0.5)
    raise AssertionError("nothing changed within a minute")


async def test_who_looks_at_a_case_is_told_and_forgotten(site: Served, urls: DatabaseUrls) -> None:
    async with (
        httpx.AsyncClient(base_url=site.url, timeout=60) as first,
        httpx.AsyncClient(base_url=site.url, timeout=60) as second,
    ):
        await entered(first, "aigerim")
        await entered(second, "berik")
        number = await filed(first)
        foreign = await filed(first, "energy")
        assert (await first.get("/office/live", params={"case": foreign})).status_code == 404
        for place in ("", "x", "1-2-3", "-1-1", "9" * 30 + "-1", "1-" + "9" * 19):  # asks once too often
            assert (await first.get("/office/live/poll", params={"from": place})).status_code == 200
        where = {"case": number, "from": seen(await first.get(f"/office/cases/{number}"))}
        async with first.stream("GET", "/office/live", params=where) as one:
            lines = one.aiter_lines()
            async with second.stream("GET", "/office/live", params=where) as other:
                assert "Berik" in (await told(lines, "here"))[1]
                assert "Aigerim" in (await told(other.aiter_lines(), "here"))[1]
            assert await told(lines, "here") == ("", '""')
        db = await Database.open(urls, pool_size=2)
        try:
            async with db.read() as connection:
                for _ in range(PATIENCE):
                    left = await connection.fetchval("SELECT count(*) FROM case_presence")
                    if not left:
                        break
                    await asyncio.sleep(1)
                assert not left
        finally:
            await db.close()

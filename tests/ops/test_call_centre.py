"""A call centre against the live service, which is killed in the middle: each ticket is there once."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.directory.sandboxes import sandbox_of
from tests.delivery.receivers import receiver
from tests.intake.tickets.centre import Centre, lines, open_centre, tickets
from tests.ops.served import Served
from tests.sandbox.conftest import open_sandbox
from tests.warm import ROOT

COUNT = 400
EXAMPLE = ROOT / "docs" / "examples" / "call_centre.py"
GUIDE = ROOT / "docs" / "integrating.md"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def served(real_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Served]:
    server = Served(real_urls, tmp_path, LS_OUTBOUND_ALLOW="127.0.0.1")
    await asyncio.to_thread(server.start)
    yield server
    server.kill()


@pytest.fixture
async def tried(real_db: Database) -> None:
    """The source has a sandbox when the service starts, which else would know it a few seconds later."""
    await sandbox_of(real_db, "109-turkistan")


@pytest.fixture
async def centre(served: Served, real_db: Database) -> AsyncIterator[Centre]:
    """Its client is on the network."""
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        yield await open_centre(real_db, client, requests_per_minute=100_000)


def example(served: Served, centre: Centre, *words: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    """The guide's own program, as an integrator starts it."""
    return subprocess.Popen(
        [sys.executable, str(EXAMPLE), *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LS_URL": served.url, "LS_API_KEY": centre.key, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def day_of(items: list[dict[str, Any]]) -> str:
    """Tickets of one civil day, told during the last hour."""
    moment = (clock.now() - timedelta(hours=1)).astimezone(clock.ZONE)
    for item in items:
        item["received_at"] = moment.isoformat(timespec="seconds")
    return moment.date().isoformat()


async def registered(centre: Centre) -> int:
    found: int = await centre.value("SELECT count(*) FROM appeal")
    return found


async def until_registered(centre: Centre, least: int) -> None:
    for _ in range(6_000):
        if await registered(centre) >= least:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"there are not even {least}")


async def each_is_there_once(centre: Centre, items: list[dict[str, Any]], day: str) -> None:
    rows = await centre.rows("SELECT external_id, count(*) AS appeals FROM appeal GROUP BY external_id")
    assert {row["external_id"]: row["appeals"] for row in rows} == {item["external_id"]: 1 for item in items}
    for table in ("content", "holding", "event", "ledger", "counter_delta", "notice"):
        assert await centre.value(f"SELECT count(*) FROM {table}") == len(items), table
    found = await centre.declared(day, len(items), [item["external_id"] for item in items])
    assert found["clean"], found


async def test_the_example_survives_our_being_killed(served: Served, centre: Centre, tmp_path: Path) -> None:
    items = tickets(COUNT)
    day = day_of(items)
    file = tmp_path / "tickets.ndjson"
    file.write_text("\n".join(json.dumps(item, ensure_ascii=False) for item in items), encoding="utf-8")
    client = example(served, centre, "send", file.name, folder=tmp_path, BATCH="40")
    for least in (60, 220):
        await until_registered(centre, least)
        served.kill()
        await asyncio.to_thread(served.start)
    said, _ = await asyncio.to_thread(client.communicate, timeout=120)
    assert client.returncode == 0, said
    assert said.splitlines()[-1] == f"{day} clean"
    results = [json.loads(line) for line in file.with_suffix(".results").read_text().splitlines()]
    assert sorted(result["external_id"] for result in results) == sorted(
        item["external_id"] for item in items
    )
    assert all(one["number"] for one in results)
    await each_is_there_once(centre, items, day)


async def test_the_example_goes_on_where_it_was(served: Served, centre: Centre, tmp_path: Path) -> None:
    """Killed itself, with half a line written, it sends what has no whole result."""
    items = tickets(200)
    day = day_of(items)
    file = tmp_path / "tickets.ndjson"
    file.write_text("\n".join(json.dumps(item) for item in items), encoding="utf-8")
    client = example(served, centre, "send", file.name, folder=tmp_path, BATCH="20")
    await until_registered(centre, 60)
    client.kill()
    client.communicate()
    results = file.with_suffix(".results")
    results.write_text(results.read_text() + '{"index": 3, "external_')
    client = example(served, centre, "send", file.name, folder=tmp_path, BATCH="20")
    said, _ = await asyncio.to_thread(client.communicate, timeout=60)
    assert said.splitlines()[-1] == f"{day} clean"
    assert {json.loads(line)["external_id"] for line in results.read_text().splitlines()} == {
        item["external_id"] for item in items
    }
    await each_is_there_once(centre, items, day)


async def test_the_example_follows(served: Served, centre: Centre, tmp_path: Path) -> None:
    kept = tmp_path / "call_centre.cursor"
    seen: list[str] = []
    for round_ in range(2):
        client = example(served, centre, "follow", folder=tmp_path, PAUSE="0.1")
        assert client.stdout
        for n in range(3):
            await centre.brought(f"{round_}/{n}")
            seen.append(json.loads(await asyncio.to_thread(client.stdout.readline))["external_id"])
        for _ in range(200):  # until it has kept the place behind the last one
            if kept.exists() and not (await centre.changes(cursor=kept.read_text()))["items"]:
                break
            await asyncio.sleep(0.05)
        client.kill()
        client.communicate()
    assert seen == [f"{round_}/{n}" for round_ in range(2) for n in range(3)]


async def test_hundreds_of_single_tickets_in_no_order(served: Served, centre: Centre) -> None:
    """Eight at a time, each twice, shuffled, and all our processes killed twice in the middle."""
    items = tickets(COUNT)
    day = day_of(items)
    todo = items * 2
    Random(109).shuffle(todo)
    waiting = iter(todo)
    answers: dict[str, set[str]] = {}

    async def send_all() -> None:
        for item in waiting:
            while True:
                try:
                    answer = await centre.bring(item)
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code < 500:
                    break
            assert answer.status_code in {200, 201}, answer.text
            answers.setdefault(item["external_id"], set()).add(answer.json()["number"])

    async def kill_twice() -> None:
        for least in (100, 250):
            await until_registered(centre, least)
            served.kill()
            await asyncio.to_thread(served.start)

    await asyncio.gather(kill_twice(), *(send_all() for _ in range(8)))
    assert {len(numbers) for numbers in answers.values()} == {1}, "every repeat has the first answer"
    await each_is_there_once(centre, items, day)


async def test_a_line_that_breaks_is_no_mistake_of_ours(served: Served, centre: Centre) -> None:
    """Cut off in the middle of a body: nothing is registered, nothing refused, and nobody is woken up."""
    head = f"X-API-Key: {centre.key}\r\nContent-Length: 100000\r\nContent-Type: "
    for path, media in (("", "application/json"), ("/batch", "application/x-ndjson")):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        request = f"POST /api/v1/tickets{path} HTTP/1.1\r\nHost: localhost\r\n{head}{media}\r\n\r\n"
        writer.write(request.encode() + lines(tickets(20)))
        await writer.drain()
        await asyncio.sleep(0.5)
        writer.close()
        del reader
    await centre.brought("after")
    assert await centre.rows("SELECT external_id FROM appeal") == [{"external_id": "after"}]
    assert await centre.rows("SELECT * FROM refused_ticket") == []
    assert "rror" not in served.said()


@pytest.mark.parametrize("real", [True, False], ids=["in earnest", "with a test key"])
async def test_what_the_guide_says_can_be_copied(
    tried: None, served: Served, centre: Centre, tmp_path: Path, *, real: bool
) -> None:
    if not shutil.which("curl"):
        pytest.skip("no curl here")
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 10
    sandbox = await open_sandbox(centre.db, centre.client)
    vendor = await open_centre(centre.db, centre.client, "open311", channels=["open311"])
    higher = await open_centre(centre.db, centre.client, "virtual-reception", channels=["virtual_reception"])
    async with receiver() as hook:
        keys = {
            "KEY": centre.key if real else sandbox.key,
            "SANDBOX": sandbox.key,
            "OPEN311": vendor.key,
            "DOWN": higher.key,
            "HOOK": hook.url,
        }
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOST": served.url,
                "EXAMPLE": str(EXAMPLE),
                "LANG": "C.UTF-8",
                **keys,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [answer["accepted"] for answer in answers if "accepted" in answer] == [3, 2]
    days = [answer for answer in answers if "missing" in answer and "sent" in answer]
    assert [(day["sent"], day["registered"], day["missing_count"]) for day in days] == [
        (5, 4 if real else 5, 1)
    ] * 2
    assert [answer["calls"] for answer in answers if "calls" in answer] == [7 if real else 0]
    assert [one["status"] for one in answers if one.get("sandbox") and "parts" in one][:5] == [
        "registered", "suspended", "in_progress", "answered", "answered",
    ]  # fmt: skip
    assert [(one["result"], one["code"]) for one in answers if "ms" in one] == [("delivered", 204)]
    assert "day-" in (tmp_path / "day.results").read_text()
    in_earnest = await centre.value("SELECT count(*) FROM appeal WHERE id % 100000000 < 90000000")
    assert in_earnest == (6 if real else 2), "and what the higher body handed down"

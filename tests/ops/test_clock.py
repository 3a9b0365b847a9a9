"""A clock that jumps ahead and back again, as when a machine's time is set wrong and mended: what was
registered meanwhile is worked on, repeats stay repeats, seals go forward, and the figures agree."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import httpx

from app.core.db import Database
from app.oversight.cli import verified
from app.seals.heads_file import HeadsFile
from app.seals.sealing import seal
from app.seals.verifying import Walk
from tests.casework.people import ANSWER, Office
from tests.ops.test_full import SAID
from tests.support import Jump


async def test_ahead_and_back(
    real_db: Database, real_client: httpx.AsyncClient, tmp_path: Path, jump: Jump
) -> None:
    office, file = Office(real_db, real_client), HeadsFile(tmp_path / "heads.jsonl")
    numbers = []
    for place, away in enumerate((0, 50, 0, -50)):
        jump(timedelta(minutes=away))
        key = {"idempotency-key": f"by-a-clock-that-jumps-{place}"}
        filed = await real_client.post("/api/v1/appeals", json=SAID, headers=key)
        assert filed.status_code == 201, filed.text
        numbers.append(filed.json()["number"])
        await seal(real_db, file)
    jump(timedelta())
    again = await real_client.post(
        "/api/v1/appeals", json=SAID, headers={"idempotency-key": "by-a-clock-that-jumps-1"}
    )
    assert (again.status_code, again.json()["number"]) == (200, numbers[1]), "a repeat stays one"
    for number in numbers:  # one of them was registered at a moment that is still to come
        answered = await office.act("operator@energy", number, "answer", '"1"', **ANSWER)
        assert answered["status"] == "answered"
    await _sealed(real_db, file)
    async with real_db.read() as connection:
        seals = [row["at"] for row in await connection.fetch("SELECT at FROM seal ORDER BY number")]
    assert seals
    assert all(one <= next_ for one, next_ in pairwise(seals)), "seals go forward only"
    assert [found async for found in Walk(real_db, [file.path], lambda d, a: None).findings()] == []
    assert await verified(real_db, lambda done, all_: None) == []


async def _sealed(db: Database, file: HeadsFile) -> None:
    """Nothing is settled while an older transaction is open on the server, as another test's may be."""
    async with db.read() as connection:
        upto = await connection.fetchval("SELECT max(xid) FROM event")
    for _ in range(600):
        await seal(db, file)
        async with db.read() as connection:
            last = await connection.fetchval("SELECT max(upto_xid) FROM seal")
        if last and last >= upto:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("what happened is never sealed")


async def test_a_session_outlasts_a_clock_that_was_ahead(
    real_db: Database, real_client: httpx.AsyncClient, jump: Jump
) -> None:
    office = Office(real_db, real_client)
    jump(timedelta(hours=1))
    await office.person("operator@energy")  # whose token is of a moment to come
    jump(timedelta())
    assert (await office.get("operator@energy", "/queue")).status_code == 401, (
        "not valid yet: signed in again"
    )
    office.people.clear()
    assert (await office.get("operator@energy", "/queue")).status_code == 200

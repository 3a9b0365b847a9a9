"""A disk that fills up under the running service: reading goes on, nothing is confirmed that is not kept, and
it goes on by itself when there is room again."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.appeals.numbers import parse
from app.core.db import Database
from app.core.embedded_config import ADMIN, DATABASE
from tests.ops.test_embedded_postgres import small_disk
from tests.ops.whole import Whole, open_folder, shoot

SAID = {
    "kind": "statement",
    "language": "kk",
    "text": "Подъезде жарық жоқ",
    "topic": "utilities",
    "addressee": "energy",
    "applicant": {"name": "Сынақ Азамат", "address": "Алматы қ., Мысал көшесі, 5"},
}
SORRY = {"kk": "қабылдан", "ru": "принят", "en": "accepted"}
"""Of what is said in each language: whatever was accepted is kept."""


@pytest.fixture
def disk() -> Iterator[Path]:
    """Of 400 MB, which is passable for the server's user."""
    with open_folder() as folder, small_disk(folder, "400m") as found:
        yield found


def fill(disk: Path, leaving: int) -> Path:
    """Take all of the room but `leaving` MB."""
    ballast, piece = disk / "ballast", b"\0" * 2**16
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize > leaving * 2**20:
            file.write(piece)
    return ballast


async def test_full_and_free_again(disk: Path) -> None:
    whole = Whole(disk / "data", {"fsync": "off", "max_wal_size": "64MB"}, LS_WORKERS="1")
    whole.folder.mkdir(mode=0o711)
    async with whole.running(), httpx.AsyncClient(base_url=whole.url, timeout=20) as client:
        await _fills_up(disk, whole, client)


async def _fills_up(disk: Path, whole: Whole, client: httpx.AsyncClient) -> None:
    before = (await filed(client, 0)).json()
    ballast = fill(disk, leaving=40)
    await _until(client, "read_only")
    for language, word in SORRY.items():
        refused = await filed(client, 1, language)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["retry-after"]) > 0
        assert word in refused.json()["detail"].lower()
    shown = await client.get(
        f"/api/v1/appeals/{before['number']}", headers={"x-access-code": before["access_code"]}
    )
    assert shown.status_code == 200, shown.text
    assert (await client.get("/api/v1/statistics/agencies")).status_code == 200
    assert (await client.get("/healthz")).status_code == 200
    ballast.unlink()
    await _until(client, "ready")
    assert (await filed(client, 1)).status_code == 201, "what was refused left nothing behind"
    confirmed = {before["number"], (await filed(client, 1)).json()["number"]}
    await _used_up(whole, client)
    confirmed |= await _against_the_wall(disk, whole, client)
    db = await Database.open(whole.urls, pool_size=1)
    async with db.read() as connection:
        there = {row["id"] for row in await connection.fetch("SELECT id FROM appeal")}
    await db.close()
    assert there >= {parse(number).appeal_id for number in confirmed}


async def _used_up(whole: Whole, client: httpx.AsyncClient) -> None:
    """The server has no connection left for us."""
    admin = await asyncpg.connect(whole.url_of(ADMIN).replace(f"/{DATABASE}?", f"/{ADMIN}?"))
    await admin.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")
    ours = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'"
    await admin.execute(ours)
    for answer in (await filed(client, 1), await client.get("/readyz")):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/healthz")).status_code == 200
    await admin.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1")
    await admin.close()
    await _until(client, "ready")


async def _against_the_wall(disk: Path, whole: Whole, client: httpx.AsyncClient) -> set[str]:
    """All room is gone from one moment to the next while people file, before anybody has looked. The parent's
    own log lies there, too, and it has something to say: a worker ends."""
    confirmed, refused, ballast = set(), 0, None
    for n in range(2, 10_000):
        answer = await filed(client, n)
        assert answer.status_code in {201, 503}, answer.text
        if answer.status_code == 201:
            confirmed.add(answer.json()["number"])
        refused += answer.status_code == 503
        if n == 20:
            ballast = fill(disk, leaving=0)
            shoot(whole.worker())
            await asyncio.sleep(3)  # until the parent has seen both
        if refused == 20 and ballast:
            ballast.unlink()
            break
    await _until(client, "ready")
    assert (await filed(client, 10_000)).status_code == 201
    return confirmed


async def filed(client: httpx.AsyncClient, n: int, language: str = "en") -> httpx.Response:
    headers = {"idempotency-key": f"on-a-full-disk-{n:06}", "accept-language": language}
    return await client.post("/api/v1/appeals", json=SAID, headers=headers)


async def _until(client: httpx.AsyncClient, status: str) -> None:
    for _ in range(600):
        answer = await client.get("/readyz")
        if answer.status_code == 200 and answer.json()["status"] == status:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"it is never {status}: {answer.text}")

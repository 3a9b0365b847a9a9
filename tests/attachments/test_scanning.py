"""Nothing is given out before it was looked at, and what cannot be looked at is seen by people."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from app.attachments import scanning
from app.attachments.keeping import Keeper
from app.attachments.scanning import TRIES, scan
from app.core import clock
from app.core.db import Database
from app.settings import Settings
from tests.attachments.clamd import VIRUS, Scanner, clamd
from tests.attachments.files import JPEG, PNG, sent
from tests.attachments.test_attaching import filed, opened, tracked
from tests.casework.people import Office
from tests.support import SECRET


@pytest.fixture
async def scanner() -> AsyncIterator[Scanner]:
    async with clamd(Scanner()) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, scanner: Scanner) -> Settings:
    return Settings(
        secret_key=SECRET,
        data_dir=tmp_path,
        unscanned="served",  # with a scanner it says nothing
        scanner_url=f"tcp://127.0.0.1:{scanner.port}",
        scan_timeout=1,
    )


async def state(client: httpx.AsyncClient, appeal: dict[str, Any]) -> tuple[str, str | None, int]:
    """Of its one file: the state, the problem, and what asking for it gives."""
    (shown,) = (await tracked(client, appeal))["attachments"]
    assert (shown["url"] is not None) == (shown["state"] == "clean")
    url = f"/api/v1/appeals/{appeal['number']}/attachments/{shown['id']}"
    return shown["state"], shown["problem"], (await opened(client, appeal, url)).status_code


async def test_only_what_is_clean(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings, scanner: Scanner
) -> None:
    good = await filed(client, (await sent(client))["id"])
    large = await filed(client, (await sent(client, PNG + bytes(3_000_000), "a.png"))["id"])
    bad = await filed(client, (await sent(client, JPEG + VIRUS, "b.jpg"))["id"])
    assert await state(client, good) == ("waiting", None, 409)
    await scan(db, keeper, settings)
    assert await state(client, good) == ("clean", None, 200)
    assert await state(client, large) == ("clean", None, 200)
    assert await state(client, bad) == ("infected", "Tests.Virus_1_", 409)
    assert sorted(scanner.seen) == sorted([len(JPEG), len(PNG) + 3_000_000, len(JPEG + VIRUS)])
    assert scanner.largest <= 65_536
    # The same content is known, and is looked at no more.
    assert (await sent(client, JPEG + VIRUS, "again.jpg"))["state"] == "infected"
    await scan(db, keeper, settings)
    assert len(scanner.seen) == 3


@pytest.mark.parametrize(
    ("manner", "problem"),
    [("late", "timeout"), ("dies", "unreachable"), ("odd", "refused"), ("small", "size_limit")],
)
async def test_a_scanner_that_fails_and_comes_back(
    client: httpx.AsyncClient,
    db: Database,
    keeper: Keeper,
    settings: Settings,
    scanner: Scanner,
    office: Office,
    manner: str,
    problem: str,
) -> None:
    settings.scan_timeout = 0.2
    scanner.manner = manner
    scanner.limit = 100 if manner == "small" else scanner.limit
    appeal = await filed(client, (await sent(client))["id"])
    for attempt in range(1, TRIES + 1):
        with time_machine.travel(clock.now() + timedelta(hours=2 * attempt)):
            await scan(db, keeper, settings)
        now = await state(client, appeal)
        assert now == ("waiting", None, 409) if attempt < TRIES else ("failed", f"scan_{problem}", 409)
    case = await office.case("operator@energy", appeal["number"])
    assert [(one["state"], one["problem"]) for one in case["attachments"]] == [("failed", f"scan_{problem}")]
    assert "could not be checked" in case["attachments"][0]["sentence"]
    assert await unchecked(office, "operator@energy") == []
    async with db.transaction() as connection:
        await connection.execute("UPDATE attachment SET created_at = created_at - interval '61 minutes'")
    listed = {"number": appeal["number"], "state": "failed", "problem": f"scan_{problem}"}
    for login, items in (("operator@energy", [listed]), ("head@energy", [listed]), ("head@health", [])):
        assert await unchecked(office, login) == items
    scanner.manner, scanner.limit = "well", 25_000_000
    with time_machine.travel(clock.now() + timedelta(hours=2 * TRIES + 2)):
        await scan(db, keeper, settings)
    assert await state(client, appeal) == ("clean", None, 200)


async def unchecked(office: Office, login: str) -> list[dict[str, Any]]:
    items = (await office.get(login, "/unchecked-files")).json()["items"]
    return [{name: one[name] for name in ("number", "state", "problem")} for one in items]


async def test_a_scanner_that_is_not_there(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    settings.scanner_url = "unix:///nowhere/clamd.sock"
    appeal = await filed(client, (await sent(client))["id"])
    await scan(db, keeper, settings)
    await scan(db, keeper, settings)  # not at once again
    assert await state(client, appeal) == ("waiting", None, 409)
    async with db.read() as connection:
        (row,) = await connection.fetch("SELECT attempts, detail, next_at FROM stored_object")
    assert (row["attempts"], row["detail"]) == (1, "scan_unreachable")
    assert row["next_at"] > clock.now() + timedelta(seconds=20)


async def test_by_a_socket_of_this_machine(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clamd.sock"
        settings.scanner_url = f"unix://{path}"
        appeal = await filed(client, (await sent(client))["id"])
        async with clamd(Scanner(), path):
            await scan(db, keeper, settings)
    assert await state(client, appeal) == ("clean", None, 200)


async def test_workers_share_and_one_that_died_is_followed(
    real_client: httpx.AsyncClient, real_db: Database, keeper: Keeper, settings: Settings, scanner: Scanner
) -> None:
    for n in range(6):
        await sent(real_client, JPEG + bytes([n]), "a.jpg")
    async with real_db.transaction() as connection:  # one is leased by a worker that never comes back
        await connection.execute(
            "UPDATE stored_object SET attempts = 1, leased_until = $1 "
            "WHERE address = (SELECT address FROM stored_object LIMIT 1)",
            clock.now() + timedelta(minutes=1),
        )
    await asyncio.gather(*(scan(real_db, keeper, settings) for _ in range(3)))
    assert len(scanner.seen) == 5
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        await scan(real_db, keeper, settings)
    assert len(scanner.seen) == 6


async def test_who_comes_late_changes_nothing(db: Database, client: httpx.AsyncClient) -> None:
    await sent(client)
    async with db.transaction() as connection:
        address = await connection.fetchval(
            "UPDATE stored_object SET attempts = 2, state = 'infected' RETURNING address"
        )
        for attempts in (1, 2):
            await connection.execute(scanning.FINISH, address, attempts, "clean", "", clock.now())
        assert await connection.fetchval("SELECT state FROM stored_object") == "infected"


def test_production_serves_nothing_unscanned() -> None:
    with pytest.raises(ValueError, match="LS_UNSCANNED"):
        Settings(secret_key=SECRET, environment="production", unscanned="served")


async def test_without_a_scanner_it_is_held_unless_it_was_said(
    client: httpx.AsyncClient, db: Database, keeper: Keeper, settings: Settings
) -> None:
    settings.scanner_url = ""
    appeal = await filed(client, (await sent(client))["id"])
    settings.unscanned = "held"
    await scan(db, keeper, settings)
    assert await state(client, appeal) == ("waiting", None, 409)
    settings.unscanned = "served"
    (shown,) = (await tracked(client, appeal))["attachments"]
    assert (shown["state"], shown["sentence"]) == ("waiting", "The file was not checked for viruses.")
    assert (await opened(client, appeal, shown["url"])).status_code == 200

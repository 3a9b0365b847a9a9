"""The demo is real input: the published figures come out of the statistics call."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.appeals.codes import Status
from app.core.db import Database, DatabaseUrls
from app.demo import living
from app.demo.load import load_demo
from app.demo.published import PUBLISHED
from app.directory import snapshot
from app.main import create_app
from app.settings import Settings
from tests.support import SECRET, cloned, running

HALF_YEAR = {"from": "2021-01-01", "to": "2021-06-30", "as_of": "2021-06-30"}
STATISTICS = "/api/v1/statistics/agencies"

pytestmark = pytest.mark.xdist_group("demo")


class Stopped(Exception):
    """The loading is killed in the middle."""


@pytest.fixture(scope="module")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("demo")
    return Settings(secret_key=SECRET, data_dir=folder, demo_password="шырша-2021")


@pytest.fixture(scope="module")
async def demo_urls() -> AsyncIterator[DatabaseUrls]:
    async with cloned("ls_demo_test") as urls:
        yield urls


@pytest.fixture(scope="module")
async def demo(demo_urls: DatabaseUrls, demo_settings: Settings) -> AsyncIterator[Database]:
    """Loaded as on a machine where it was killed once, and started again."""
    db = await Database.open(demo_urls, pool_size=5)
    await snapshot.refresh(db)

    def killed(done: int, _all: int) -> None:
        if done > 3000:
            raise Stopped

    with pytest.raises(Stopped):
        await load_demo(db, demo_settings, killed)
    await load_demo(db, demo_settings, lambda done, all_: None)
    yield db
    await db.close()


@pytest.fixture(scope="module")
async def caller(demo: Database, demo_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(demo_settings, demo)) as client:
        yield client


async def figures(caller: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await caller.get(STATISTICS, params={**HALF_YEAR, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["total"]
    return found


@pytest.mark.parametrize(
    ("agency", "channel", "received", "answered", "pending"),
    [
        ("culture-sport", "blog", 289, 287, 2),
        ("ecology", "blog", 274, 248, 26),
        ("digital", "blog", 788, 725, 63),
        ("agriculture", "open_government", 426, 417, 9),
        ("digital", "virtual_reception", 38, 37, 1),
        ("justice", None, 8110, 7607, 503),
    ],
)
async def test_a_published_line_comes_out(
    caller: httpx.AsyncClient, agency: str, channel: str | None, received: int, answered: int, pending: int
) -> None:
    found = await figures(caller, agency=agency, **({"channel": channel} if channel else {}))
    assert (found["received"], found["answered"], found["pending"]) == (received, answered, pending)
    assert found["appeals"] == received


@pytest.mark.parametrize(("applicant_type", "received"), [("individual", 6756), ("legal_entity", 1354)])
async def test_justice_by_type_of_applicant(
    caller: httpx.AsyncClient, applicant_type: str, received: int
) -> None:
    assert (await figures(caller, agency="justice", applicant_type=applicant_type))["received"] == received


async def test_nothing_else_was_registered_in_that_half_year(caller: httpx.AsyncClient) -> None:
    assert (await figures(caller))["received"] == sum(group.received for group in PUBLISHED)


async def test_what_was_pending_is_answered_later_that_year(caller: httpx.AsyncClient) -> None:
    found = await figures(caller, as_of="2021-12-31")
    assert (found["pending"], found["answered"]) == (0, found["received"])


async def test_loading_again_changes_nothing(demo: Database, demo_settings: Settings) -> None:
    count = "SELECT (SELECT count(*) FROM appeal) + (SELECT count(*) FROM event) * 100000"
    async with demo.read() as connection:
        before = await connection.fetchval(count)
    await load_demo(demo, demo_settings, lambda done, all_: None)
    async with demo.read() as connection:
        assert await connection.fetchval(count) == before


async def test_the_last_weeks_have_every_channel_and_every_state(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT channel, status FROM holding WHERE registered_on > '2022-01-01'"
        )
        overdue = await connection.fetchval(
            "SELECT count(*) FROM holding WHERE closed_at IS NULL AND due_on < CURRENT_DATE"
        )
    channels = {channel.code for channel in snapshot.current().channels()}
    assert {row["channel"] for row in rows} == channels
    assert {row["status"] for row in rows} == {
        Status.REGISTERED,
        Status.IN_PROGRESS,
        Status.AWAITING_APPROVAL,
        Status.ANSWERED,
        Status.WITHDRAWN,
    }
    assert 3 <= overdue <= living.COUNT / 10


async def test_everybody_is_there_with_one_password(caller: httpx.AsyncClient, demo: Database) -> None:
    logins = [
        f"{role}@{agency.code}" for agency in snapshot.current().agencies() for role in ("operator", "head")
    ]
    async with demo.read() as connection:
        found = await connection.fetch("SELECT login, password_hash FROM staff_account")
    assert {row["login"] for row in found} == {*logins, "controller@administration", "admin@administration"}
    assert len({row["password_hash"] for row in found}) == 1
    sign_in = {"username": "head@justice", "password": "шырша-2021"}
    assert (await caller.post("/api/v1/auth/token", data=sign_in)).status_code == 200


async def test_every_appeal_has_words_in_its_language(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch("SELECT language, count(*) AS appeals FROM appeal GROUP BY language")
    assert {row["language"] for row in rows} == {"kk", "ru"}
    assert min(row["appeals"] for row in rows) > 2000

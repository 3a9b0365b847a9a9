"""What the demo shows opens to those it concerns, and is found without asking the database."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
import time_machine
from click.testing import CliRunner

from app.appeals.codes import EventKind, Status
from app.core.db import Database
from app.demo import living
from app.demo.cli import commands
from app.demo.load import load_demo
from app.demo.tour import Sight, sights
from app.directory import snapshot
from app.settings import Settings
from tests.casework.people import Office

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="package")
async def seen(demo: Database) -> Sequence[Sight]:
    async with demo.read() as connection:
        return await sights(connection, snapshot.current())


@pytest.fixture
def office(demo: Database, caller: httpx.AsyncClient) -> Office:
    return Office(demo, caller)


def named(seen: Sequence[Sight], name: str) -> Sight:
    return next(sight for sight in seen if sight.name == name)


def test_there_is_one_of_each(seen: Sequence[Sight]) -> None:
    names = [sight.name for sight in seen]
    assert sorted({plot.__name__ for plot in living.PLOTS}) == sorted(
        name for name in names if not name.endswith(" (second)")
    )
    seconds = {name.removesuffix(" (second)") for name in names if name.endswith(" (second)")}
    assert {"repeated", "merged", "complaint_obliged", "complaint_left_to_court"} <= seconds
    assert {sight.status for sight in seen} == set(Status)


async def test_each_opens_to_its_applicant(caller: httpx.AsyncClient, seen: Sequence[Sight]) -> None:
    for sight in seen:
        answer = await caller.get(
            f"/api/v1/appeals/{sight.number}", headers={"x-access-code": sight.access_code}
        )
        assert answer.status_code == 200, (sight.name, answer.text)
        assert answer.json()["timeline"], sight.name


async def test_each_opens_to_those_who_have_it_and_shows_its_history(
    office: Office, seen: Sequence[Sight]
) -> None:
    for sight in seen:
        answers = [
            await office.get(f"{role}@{sight.agency}", f"/cases/{sight.number}")
            for role in ("operator", "head")
        ]
        found = [answer.json() for answer in answers if answer.status_code == 200]
        assert found, (sight.name, [answer.text for answer in answers])
        # A head above several bodies that have parts of it is asked which one is meant.
        allowed = {200, 409} if sight.name.startswith("split") else {200, 404}
        assert {answer.status_code for answer in answers} <= allowed, sight.name
        assert found[0]["status"] == sight.status, sight.name


async def test_who_answered_does_not_see_the_complaint(office: Office, seen: Sequence[Sight]) -> None:
    """The operator answered alone; the head reviews it."""
    sight = named(seen, "complaint_before_head (second)")
    asked = {
        role: (await office.get(f"{role}@{sight.agency}", f"/cases/{sight.number}")).status_code
        for role in ("operator", "head")
    }
    assert asked == {"operator": 404, "head": 200}


async def test_the_queue_of_the_akimat_shows_what_the_page_says(office: Office) -> None:
    async def statuses(login: str, **params: Any) -> set[str]:
        answer = await office.get(login, "/queue", limit=100, **params)
        return {item["status"] for item in answer.json()["items"]}

    assert await statuses("head@justice", view="awaiting_approval") == {"awaiting_approval"}
    everything = await statuses("head@akimat-turkistan", view="all")
    assert {"registered", "in_progress"} <= everything
    overdue = await office.get("head@akimat-turkistan", "/queue", view="overdue")
    assert all(item["overdue"] for item in overdue.json()["items"])


def toured(seen: Sequence[Sight]) -> list[str]:
    def on_database(work: Callable[[Database], Awaitable[Any]]) -> Any:
        return seen

    shown = CliRunner().invoke(commands(on_database)[0])
    assert shown.exit_code == 0, shown.output
    return shown.output.splitlines()


def test_the_tour_lists_them(seen: Sequence[Sight]) -> None:
    lines = toured(seen)
    assert len(lines) == len(seen)
    for line, sight in zip(lines, seen, strict=True):
        said = (sight.name, sight.number, sight.access_code, sight.status, sight.agency)
        assert all(word in line for word in said)


async def test_without_the_demo_the_tour_says_so(db: Database) -> None:
    async with db.read() as connection:
        assert toured(await sights(connection, snapshot.current())) == ["The demo is not loaded."]


@pytest.mark.parametrize(
    "now", ["2026-11-29T03:00+05:00", "2027-01-11T09:40+05:00", "2027-03-27T12:00+05:00"]
)
async def test_the_last_weeks_can_be_any_weeks(real_db: Database, settings: Settings, now: str) -> None:
    """A Sunday night, and the days after the holidays of January and March."""
    async with real_db.transaction() as connection:
        await connection.execute("INSERT INTO demo_load VALUES ('published', now())")
    with time_machine.travel(datetime.fromisoformat(now)):
        await load_demo(real_db, settings, lambda done, all_: None)
    async with real_db.read() as connection:
        rows = await connection.fetch("SELECT DISTINCT kind FROM event")
    assert {row["kind"] for row in rows} == set(EventKind) - {EventKind.RECALCULATED, EventKind.ERASED}

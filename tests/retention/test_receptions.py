"""Who came to a personal reception, and with what, is erased after its term; what came of it stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.retention import cli, erasing
from app.worker import JOBS, once
from tests.casework.people import Office
from tests.intake.appellant import when
from tests.reception.desk import LINK, Desk, reception
from tests.reception.test_visits import ORAL

DAY, NEXT_YEAR = date(2021, 3, 10), date(2022, 1, 12)
NOT_YET, OVER = "2026-12-31", "2027-01-02"
NAME, IIN, SUBJECT, NOTE = "Үлгібек Сынақбаев", "850101300123", "Жер учаскесі туралы", "Құжаттар көрсетілді."
PERSONAL = {
    "visitor": ("name", "iin", "iin_hash", "address", "phone", "email", "subject", "key", "request_hash"),
    "booking": ("subject", "phone", "email", "phone_hash", "key", "request_hash"),
    "visit_record": ("note",),
}


@pytest.fixture
def desk(real_db: Database, real_client: httpx.AsyncClient) -> Desk:
    return Desk(Office(real_db, real_client))


@contextmanager
def at(desk: Desk, moment: str) -> Iterator[None]:
    """Everybody signs in anew: tokens are of their own time."""
    desk.office.people.clear()
    with when(moment):
        yield
    desk.office.people.clear()


async def lived(desk: Desk, day: date) -> tuple[dict[str, Any], list[int]]:
    """A reception by video with a booking of two, of whom one came, and with somebody who came without."""
    with at(desk, f"{day}T09:00"):
        (held,) = await desk.publish(
            reception(day, mode="video", video_link=LINK, place=None) if day == DAY else reception(day)
        )
        booked = await desk.book(held["slots"][0]["id"], NAME, "Айгүл Мысалова", subject=SUBJECT)
    with at(desk, f"{day}T10:10"):
        (sheet,) = await desk.sheet(day)
        people = [one["id"] for one in sheet["visitors"]] + [await desk.walk_in(held["id"])]
        said: list[dict[str, Any]] = [
            {"came": True, "outcome": "explained", "note": NOTE},
            {"came": False},
            {"came": True, "outcome": "registered", "appeal": ORAL},
        ]
        for person, outcome in zip(people, said, strict=True):
            assert (await desk.outcome(person, **outcome)).status_code in {200, 201}
    return booked, people


async def figures(desk: Desk) -> Any:
    asked = {"from": "2021-01-01", "to": "2022-12-31"}
    return (await desk.client.get("/api/v1/statistics/receptions", params=asked)).json()


async def kept(owner: asyncpg.Connection, day: date) -> dict[str, int]:
    """How many personal values there are of a day, by table."""
    of_day = {
        "visitor": "reception_id IN (SELECT id FROM reception WHERE day = $1)",
        "booking": "(begins_at AT TIME ZONE 'Asia/Almaty')::date = $1",
        "visit_record": "day = $1",
    }
    return {
        table: await owner.fetchval(
            f"SELECT coalesce(sum(num_nonnulls({', '.join(names)})), 0) FROM {table} WHERE {of_day[table]}",
            day,
        )
        for table, names in PERSONAL.items()
    }


async def test_after_the_term_nobody_is_left_and_the_figures_stay(
    desk: Desk, owner: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    db = desk.office.db
    booked, people = await lived(desk, DAY)
    _, later = await lived(desk, NEXT_YEAR)
    before, of_next_year = await figures(desk), await kept(owner, NEXT_YEAR)
    assert min((await kept(owner, DAY)).values()) > 0
    assert before["persons"] == 4
    with at(desk, NOT_YET):
        assert await erasing.receptions_due(db) == 0
        await erasing.erase(db)
    assert min((await kept(owner, DAY)).values()) > 0, "not a day too early"
    (job,) = [job for job in JOBS if job.name == "erase-kept"]
    with at(desk, OVER):
        await cli._show(db)
        assert "receptions that have been kept for their term: 1" in capsys.readouterr().out
        for _ in range(2):
            await once(db, job)
        await _all_say_so(desk, booked, people, later)
    assert await kept(owner, DAY) == dict.fromkeys(PERSONAL, 0)
    assert await kept(owner, NEXT_YEAR) == of_next_year
    assert await figures(desk) == before
    assert await owner.fetchval("SELECT count(*) FROM appeal") == 2, "what was registered is the appeal's"


async def _all_say_so(desk: Desk, booked: dict[str, Any], people: list[int], later: list[int]) -> None:
    (sheet,) = await desk.sheet(DAY)
    assert (sheet["erased_on"], sheet["video_link"]) == (OVER, None)
    shown = {one["id"]: one for one in sheet["visitors"]}
    assert {(one["name"], one["subject"], one["email"]) for one in shown.values()} == {(None, None, None)}
    assert [shown[id_]["visit"]["outcome"] for id_ in people] == ["explained", None, "registered"]
    assert shown[people[0]]["visit"]["note"] is None
    mine = await desk.mine(booked)
    assert (mine.status_code, mine.json()["begins_at"][:10]) == (200, str(DAY))
    assert (await desk.outcome(people[1], came=True, outcome="explained")).status_code == 404
    again = {"person": {"name": NAME}, "language": "kk", "subject": SUBJECT}
    assert (await desk.call("operator", "POST", f"/{sheet['id']}/walk-ins", again)).status_code == 404
    (kept_on,) = await desk.sheet(NEXT_YEAR)
    assert kept_on["erased_on"] is None
    assert {one["id"]: one["name"] for one in kept_on["visitors"]}[later[0]] == NAME


async def test_the_database_erases_nothing_that_is_young(desk: Desk, owner: asyncpg.Connection) -> None:
    """Whatever the file says, and whoever asks: nothing of the last year, by the database's own clock."""
    with at(desk, "2026-06-10T09:00"):
        (held,) = await desk.publish(reception("2026-06-10"))
        await desk.book(held["slots"][0]["id"], NAME)
    async with desk.office.db.transaction() as connection:
        assert await connection.fetchval("SELECT erase_receptions('2100-01-01', '2100-01-01', 50)") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE visit_record SET note = NULL")
    assert await owner.fetchval("SELECT count(*) FROM visitor WHERE name IS NOT NULL") == 1

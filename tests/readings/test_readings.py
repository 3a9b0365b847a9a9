"""Every reading of a case by staff is kept, and its applicant sees which body read it and when."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.appeals import numbers
from app.casework import case, content
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.readings import forgetting, keeping
from app.readings.codes import Way
from app.staff.access import StaffCaller
from app.staff.permissions import Role
from tests.casework.people import Office
from tests.intake.appellant import Appellant, when

FILED, NEXT = "2026-11-23", "2026-11-24"


@pytest.fixture
def appellant(db: Database, client: httpx.AsyncClient) -> Appellant:
    return Appellant(db, client, Office(db, client))


async def reads(appellant: Appellant, login: str, filed: dict[str, Any], moment: str) -> dict[str, Any]:
    """Signed in anew, because these moments are further apart than a token lasts."""
    appellant.office.people.clear()
    with when(moment):
        return await appellant.office.case(login, filed["number"])


async def rows(appellant: Appellant, filed: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(login, way, day, hour, times) in order."""
    async with appellant.db.read() as connection:
        found = await connection.fetch(
            "SELECT a.login, r.way, r.day, r.hour, r.times FROM case_reading r "
            "JOIN staff_account a ON a.id = r.account_id AND a.agency_id = r.agency_id "
            "WHERE r.appeal_id = $1 ORDER BY r.first_at, r.way",
            numbers.parse(filed["number"]).appeal_id,
        )
    return [tuple(row) for row in found]


async def test_each_way_of_reading_is_kept_by_the_hour(appellant: Appellant) -> None:
    filed, office = await appellant.filed(FILED), appellant.office
    number = filed["number"]
    await reads(appellant, "operator@energy", filed, f"{NEXT}T10:05")
    with when(f"{NEXT}T10:05"):
        assert (await office.get("operator@energy", f"/cases/{number}/events")).status_code == 200
    await reads(appellant, "operator@energy", filed, f"{NEXT}T10:59")
    await reads(appellant, "operator@energy", filed, f"{NEXT}T11:00")
    with when(f"{NEXT}T11:00"):
        await office.act("operator@energy", number, "claim")
    day = date(2026, 11, 24)
    assert await rows(appellant, filed) == [
        ("operator@energy", "case", day, 10, 2),
        ("operator@energy", "history", day, 10, 1),
        ("operator@energy", "act", day, 11, 1),
        ("operator@energy", "case", day, 11, 1),
    ]


async def test_who_is_shown_nothing_has_read_nothing(appellant: Appellant) -> None:
    filed, office = await appellant.filed(FILED), appellant.office
    for login in ("operator@health", "admin@energy"):
        assert (await office.get(login, f"/cases/{filed['number']}")).status_code == 404
    assert await office.queue("operator@energy", view="all")
    assert await rows(appellant, filed) == []


async def test_what_cannot_be_kept_is_not_read(appellant: Appellant) -> None:
    """The statement that reads the texts is the one that keeps it: both or none."""
    filed, office = await appellant.filed(FILED), appellant.office
    person, energy = await office.person("operator@energy"), snapshot.current().agency("energy")
    caller = StaffCaller(
        person.account_id, person.login, person.name, Role.OPERATOR, energy.id, "energy", uuid4()
    )
    unknown: Any = "a way that nobody knows"
    async with appellant.db.transaction() as connection:
        found = await case.find(connection, caller, filed["number"], snapshot.current())
        for read in (
            content.read(connection, caller, found, snapshot.current(), unknown),
            content.events(connection, caller, found, unknown),
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                async with connection.transaction():
                    await read


async def test_a_file_and_a_look_up_are_readings(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    person = await appellant.office.person("operator@energy")
    found = await appellant.client.post(
        "/api/v1/desk/earlier", json={"number": filed["number"]}, headers=person.headers
    )
    assert [one["number"] for one in found.json()["items"]] == [filed["number"]], found.text
    missing = f"/cases/{filed['number']}/attachments/00000000-0000-0000-0000-000000000000"
    assert (await appellant.office.get("operator@energy", missing)).status_code == 404
    assert {way for _, way, *_ in await rows(appellant, filed)} == {"lookup", "file"}


async def test_the_applicant_sees_bodies_and_days_and_nobody_by_name(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    assert (await appellant.track(filed, FILED))["looked"] == []
    for login, moment in (
        ("operator@energy", f"{FILED}T23:30"),
        ("head@energy", f"{NEXT}T09:00"),
        ("operator@energy", f"{NEXT}T18:00"),
        ("controller@administration", f"{NEXT}T12:00"),
    ):
        await reads(appellant, login, filed, moment)
    tracked = await appellant.track(filed, NEXT)
    energy, above = ("energy", "Ministry of Energy"), "administration"
    shown = [
        (one["agency"]["code"], one["day"], one["first_at"], one["last_at"]) for one in tracked["looked"]
    ]
    assert shown == [
        ("energy", FILED, "2026-11-23T18:30:00Z", "2026-11-23T18:30:00Z"),
        ("energy", NEXT, "2026-11-24T04:00:00Z", "2026-11-24T13:00:00Z"),
        (above, NEXT, "2026-11-24T07:00:00Z", "2026-11-24T07:00:00Z"),
    ]
    assert tracked["looked"][0]["agency"] == dict(zip(("code", "name"), energy, strict=True))
    assert "Сынақ operator" not in str(tracked["looked"])


async def test_a_case_tells_its_workers_nothing_of_who_else_read_it(appellant: Appellant) -> None:
    """So whom a complaint is about does not learn that its reviewer reads."""
    filed = await appellant.filed(FILED)
    await reads(appellant, "controller@administration", filed, NEXT)
    shown = await reads(appellant, "operator@energy", filed, NEXT)
    assert "looked" not in shown


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_reading SET first_at = now()",
        "UPDATE case_reading SET account_id = 1",
        "DELETE FROM case_reading",
    ],
)
async def test_the_apps_role_rewrites_no_reading(db: Database, statement: str) -> None:
    async with db.transaction() as connection:
        await connection.execute("SET LOCAL ROLE ls_app")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute(statement)
        await connection.execute("RESET ROLE")


async def test_readings_are_forgotten_after_their_term_and_never_younger_than_a_year(db: Database) -> None:
    now = clock.now()
    async with db.transaction() as connection:
        for years in (0, 2, 4):
            at = now - timedelta(days=366 * years)
            await keeping.keep(connection, 1, 1, [(1, 0), (1, 0), (2, 0)], Way.CASE, at)
    await forgetting.forget(db)
    async with db.transaction() as connection:
        assert await connection.fetchval("SELECT count(*) FROM case_reading") == 4
        await connection.execute("SELECT forget_readings('9999-12-31', 1000)")
        assert await connection.fetchval("SELECT count(*) FROM case_reading") == 2


def test_the_term_is_counted_in_whole_months() -> None:
    assert forgetting.kept_from(date(2028, 2, 29)) == date(2025, 2, 1)


async def test_two_at_once_count_both(real_db: Database) -> None:
    now, cases = clock.now(), [(n, 0) for n in range(50)]

    async def read(order: int) -> None:
        async with real_db.transaction() as connection:
            await keeping.keep(connection, 7, 1, cases[::order], Way.LOOKUP, now)

    await asyncio.gather(*(read(1 if n % 2 else -1) for n in range(8)))
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT min(times) FROM case_reading WHERE account_id = 7") == 8

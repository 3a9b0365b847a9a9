"""A closed period stays what it was; the open figures go on. One closing, whoever closes how often."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from app.appeals.codes import ApplicantType, Kind
from app.appeals.numbers import Number
from app.cli import cli
from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.oversight.index import api, closing
from app.oversight.index.closing import Closing, NotDue, close_now, closes_on, due
from app.oversight.index.definition import versions
from app.oversight.index.periods import of_code
from app.settings import get_settings
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.index.quarter import DAYS, PERIOD, lived
from tests.oversight.index.test_index import PATH, by_agency, get
from tests.support import SECRET


async def raw(client: httpx.AsyncClient, person: Person, **asked: str) -> bytes:
    response = await client.get(PATH, params={"period": PERIOD, **asked}, headers=person.headers)
    assert response.status_code == 200, response.text
    return response.content


async def later(desk: Desk) -> None:
    """What may still happen to a quarter: it comes back, is complained about, its terms move, and something
    is brought in that came in it."""
    appeal, second = await desk.file_many("2026-02-10 10:00", 2, "health")
    await desk.answer("2026-02-11 10:00", appeal, second)
    more = await desk.file_many("2026-03-02 10:00", 8, "energy")
    await desk.extend("2026-03-10 10:00", "2026-05-04", *more[:6])
    await desk.rate("2026-03-19 10:00", 1, appeal, resolved=False)
    await desk.reopen("2026-03-20 10:00", appeal)
    about = Number.of(second, ApplicantType.INDIVIDUAL)
    complaint = await desk.file("2026-03-19 10:00", kind=Kind.COMPLAINT, complaint_about=about)
    await desk.self_correct("2026-03-20 10:00", complaint)
    await desk.suspend("2026-03-23 10:00", *more[6:])


async def test_a_closed_quarter_stays_as_it_was_and_the_open_figures_move(
    desk: Desk, db: Database, controller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(desk)
    open_ = await get(desk.client, controller, period=PERIOD)
    assert (open_["state"], open_["closed_at"], open_["closes_on"]) == ("open", None, "2026-04-11")
    assert (await close_now(db))[:4] == [
        "2026-01: 2 bodies, 2 of them with a rank; closed",
        "2026-02: 4 bodies, 1 of them with a rank; closed",
        "2026-03: 1 bodies, 0 of them with a rank; closed",
        "2026-Q1: 5 bodies, 3 of them with a rank; closed",
    ]
    was = await raw(desk.client, controller)
    closed = await get(desk.client, controller, **DAYS)
    assert (closed["state"], closed["closes_on"]) == ("closed", None)
    assert closed["rows"] == open_["rows"]
    assert closed["definition"] == open_["definition"]

    await later(desk)
    other = versions()[0].model_copy(update={"least_cases": 1, "bands": versions()[0].bands[:1]})
    monkeypatch.setattr(api, "version_on", lambda day: other)
    monkeypatch.setattr("app.directory.values.Agency.name", lambda *_: "Another name")
    assert await raw(desk.client, controller) == was
    assert await close_now(db, PERIOD) == [
        f"{PERIOD}: 5 bodies, 3 of them with a rank; it was closed already and stays as it is"
    ]
    assert await raw(desk.client, controller) == was

    beside = by_agency(await get(desk.client, controller, period=PERIOD, beside="now"))
    health, energy = beside["health"]["now"], beside["energy"]["now"]
    changed = {one["figure"]: (one["kept"], one["now"], one["difference"]) for one in health["figures"]}
    assert changed == {
        "received": (33, 37, 4),  # two brought in, one reopened, one complaint
        "reopened": (0, 1, 1),
        "answered": (33, 35, 2),
        "complaints_upheld": (0, 1, 1),
        "ratings": (0, 1, 1),
    }
    assert {one["figure"]: one["difference"] for one in energy["figures"]} == {
        "received": 8,
        "extended": 6,
        "suspended": 2,
    }
    assert energy["total"] < beside["energy"]["total"]
    assert energy["difference"] == round(energy["total"] - beside["energy"]["total"], 2)
    assert beside["ecology"]["now"]["figures"] == []
    assert beside["ecology"]["now"]["difference"] == 0
    del beside["health"]["now"], beside["energy"]["now"], beside["ecology"]["now"]
    assert {code: row["total"] for code, row in beside.items()} == {
        code: row["total"] for code, row in by_agency(closed).items()
    }
    agencies = await desk.client.get(
        "/api/v1/compliance/agencies", params=DAYS | {"agency": "health"}, headers=controller.headers
    )
    assert agencies.json()["rows"][0]["own"]["figures"]["received"]["value"] == 37


async def test_the_worker_closes_what_stands_still(desk: Desk, db: Database, controller: Person) -> None:
    async def left() -> list[str | None]:
        return [span.code for span in await due(db) if span.first < date(2026, 4, 1)]

    quarter = ["2026-01", "2026-02", "2026-03", "2026-Q1"]
    worker = Closing()
    await worker.visit(db)
    await worker.visit(db)
    assert await left() == quarter, "nothing is counted, nothing is kept"
    await lived(desk)
    await worker.visit(db)
    assert await left() == quarter
    await later(desk)
    await worker.visit(db)
    assert await left() == quarter[1:], "it had changed"
    await worker.visit(db)
    assert await left() == []
    response = await desk.client.get(f"{PATH}/periods", headers=controller.headers)
    closed = [one["period"] for one in response.json()["items"]]
    assert closed[-4:] == ["2026-03", "2026-Q1", "2026-02", "2026-01"]


async def test_who_sees_what_of_a_closed_period(desk: Desk, db: Database) -> None:
    await lived(desk)
    await close_now(db, PERIOD)
    head = await make_person(db, "head@ecology", Role.HEAD, "Басшы")
    rows = by_agency(await get(desk.client, head, period=PERIOD, beside="now"))
    assert list(rows) == ["ecology", "ecology-dept-turkistan"]
    assert (rows["ecology"]["rank"], rows["ecology"]["of"]) == (1, 3)
    assert (await desk.client.get(f"{PATH}/periods")).status_code == 401


async def test_what_is_not_due_cannot_be_closed(desk: Desk, db: Database) -> None:
    await lived(desk)
    year = clock.today().year
    for code, said in (
        (f"{year}", f"{year}: to be closed from {year + 1}-01-11 on"),
        ("2025-Q4", "2025-Q4: it is older than the index"),
        ("2026-Q5", "2026-Q5: no month, quarter or year"),
    ):
        with pytest.raises(NotDue, match=said):
            await close_now(db, code)
    (line,) = await close_now(db, PERIOD, keeping=False)
    assert line == f"{PERIOD}: 5 bodies, 3 of them with a rank; nothing is kept (--dry-run)"
    assert of_code(PERIOD) in await due(db)


@pytest.mark.parametrize(
    ("code", "day"),
    [("2026-01", date(2026, 2, 11)), ("2026", date(2027, 1, 11)), ("2025-12", None), ("2025", None)],
)
def test_from_which_day_on(code: str, day: date | None) -> None:
    span = of_code(code)
    assert span
    assert closes_on(span) == day


async def test_two_workers_close_once(real_db: Database, real_urls: DatabaseUrls) -> None:
    """Over connections of their own, at the same moment; the second finds it done."""
    client: Any = None
    desk = Desk(real_db, client)
    await desk.file_many("2026-01-13 10:00", 3, "health")
    span = of_code("2026-01")
    assert span
    other = await Database.open(real_urls, pool_size=4)
    try:
        index = await closing.as_it_is(real_db, span)
        await desk.file_many("2026-01-14 10:00", 3, "energy")
        changed = await closing.as_it_is(other, span)
        done = await asyncio.gather(
            *(closing.keep(db, one) for _ in range(4) for db, one in ((real_db, index), (other, changed)))
        )
        assert done.count(True) == 1
        async with real_db.read() as connection:
            found = await closing.read(connection, span)
            counts = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM index_period) AS periods, count(*) AS rows FROM index_score"
            )
        assert found
        kept_by = (index, changed)[done.index(True) % 2]
        assert found.index == kept_by
        assert counts
        assert (counts["periods"], counts["rows"]) == (1, len(kept_by.rows))
        assert found.at <= clock.now()
    finally:
        await other.close()
        await snapshot.refresh(real_db)


async def test_the_command(
    real_db: Database, real_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = None
    await Desk(real_db, client).file_many("2026-01-13 10:00", 3, "health")
    monkeypatch.setenv("LS_DATABASE_URL", real_urls.owner)
    monkeypatch.setenv("LS_SECRET_KEY", SECRET)
    get_settings.cache_clear()

    async def said(*words: str) -> list[str]:
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["index", "close", *words])
        return [done.output.splitlines()[0]] if done.exit_code == 0 else [str(done.exception)]

    try:
        line = "2026-01: 1 bodies, 0 of them with a rank"
        assert await said("--dry-run") == [f"{line}; nothing is kept (--dry-run)"]
        assert await said("--period", "2026-01") == [f"{line}; closed"]
        assert await said("--period", "2026-01") == [f"{line}; it was closed already and stays as it is"]
        assert await said("--period", "soon") == [
            "soon: no month, quarter or year; they are written 2026-07, 2026-Q3, 2026"
        ]
    finally:
        get_settings.cache_clear()


async def test_nobody_of_the_service_may_change_what_is_kept(db: Database) -> None:
    async with db.read() as connection:
        for table in ("index_period", "index_score"):
            rights = [
                await connection.fetchval("SELECT has_table_privilege('ls_app', $1, $2)", table, right)
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
            ]
            assert rights == [True, True, False, False, False]

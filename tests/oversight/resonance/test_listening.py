"""The worker's hourly look, on a real database: found, told once, with the cases, acknowledged."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import clock
from app.core.db import Database, DatabaseUrls, Login, prepare
from app.directory import snapshot
from app.oversight.resonance import looking
from app.oversight.resonance.counting import _COUNT, count, whole_hour
from app.oversight.resonance.looking import listen
from tests.casework.people import Office
from tests.oversight.resonance.conftest import Country
from tests.support import OneConnection

WORD = "Апат: бригада жолда."
CONNECTION_LOST = (asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError, ConnectionError)


async def counted(db: Database) -> list[tuple[Any, ...]]:
    async with db.read() as connection:
        return [
            tuple(row) for row in await connection.fetch("SELECT * FROM appeal_hour ORDER BY hour, topic")
        ]


async def test_a_rise_is_told_with_exactly_the_cases_that_it_counts(country: Country) -> None:
    await country.usual()
    others = await country.file(country.hour, 3, topic="transport")
    many = await country.file(country.hour, 20)
    await country.listen()
    (rise,) = await country.rises("controller@administration")
    assert (rise["topic"], rise["region"], rise["agency"]["code"]) == ("utilities", "KZ-61", "energy")
    assert (rise["seen"], rise["expected"]) == (20, 2.1)  # half a one more in eight weeks
    assert rise["chance"] < 1e-6
    assert rise["acknowledged"] is None
    assert await country.numbers("controller@administration", rise["cases_url"]) == many
    # What is registered later for the same hour is in no figure that was told before.
    late = await country.file(country.hour, 1)
    assert await country.numbers("head@energy", rise["cases_url"]) == many
    await country.listen()
    assert await country.numbers("head@energy", rise["cases_url"]) == many + late
    assert (await country.rises("head@energy"))[0]["seen"] == 21
    assert others


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
async def test_it_is_said_in_each_language(country: Country, lang: str) -> None:
    await country.usual()
    await country.file(country.hour, 20)
    await country.file(country.hour, 20, region=None, topic="transport")
    await country.usual(1, region=None, topic="transport")
    await country.listen()
    unplaced, placed = sorted(
        await country.rises("controller@administration", lang=lang), key=lambda r: r["id"]
    )
    if placed["region"] is None:
        unplaced, placed = placed, unplaced
    assert placed["region_name"] in placed["sentence"]
    for rise in (placed, unplaced):
        assert rise["topic_name"] in rise["sentence"]
        assert "20" in rise["sentence"]


async def test_once_a_rise_however_long_it_lasts_and_anew_after_a_quiet_day(country: Country) -> None:
    for back in (30, 1, 0):
        country.hour -= timedelta(hours=back)
        await country.usual()
        country.hour += timedelta(hours=back)
    await country.file(country.hour - timedelta(hours=30), 20)
    await country.file(country.hour - timedelta(hours=1), 20)
    await country.listen()
    await country.file(country.hour, 20)
    await country.listen()
    await country.listen()
    newer, older = await country.rises("head@energy")
    assert [len(newer["hours"]), len(older["hours"])] == [2, 1]
    assert newer["seen"] == 40


async def test_a_rise_is_not_what_is_usual_from_then_on(country: Country) -> None:
    """The weeks in which it rose are left out: the same again a week later is told again."""
    await country.usual(2, range(2, 10))
    await country.file(country.hour - timedelta(weeks=1), 40)
    await count(country.db)
    async with country.db.transaction() as connection:
        await looking.look(connection, country.hour - timedelta(weeks=1, hours=-1), snapshot.current())
    await country.file(country.hour, 20)
    await country.listen()
    newest = (await country.rises("head@energy"))[0]
    assert (newest["seen"], newest["expected"]) == (20, round(14.5 / 7, 1))


async def test_what_little_is_known_of_is_not_judged(country: Country) -> None:
    async with country.db.transaction() as connection:
        await connection.execute(
            "UPDATE hours_counted SET counted_from = $1, counted_to = $1", country.hour - timedelta(weeks=3)
        )
    await country.file(country.hour, 50)
    await country.listen()
    assert await country.rises("controller@administration") == []


async def test_a_new_service_tells_of_nothing(country: Country) -> None:
    """Nothing was counted as none before there was anything: the first busy hours are no rise."""
    await country.listen()
    async with country.db.read() as connection:
        assert await connection.fetchval("SELECT counted_from FROM hours_counted") is None
    for back in range(3):
        await country.file(country.hour - timedelta(hours=back), 20)
    await country.listen()
    assert await country.rises("controller@administration") == []


async def test_only_the_hours_that_are_asked_for_are_read(real_db: Database) -> None:
    """In a database of its own: where tests have undone much, the planner sees pages that hold nothing."""
    hour = whole_hour(clock.now())
    async with real_db.transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(
            "EXPLAIN " + _COUNT, hour - timedelta(hours=48), hour + timedelta(hours=1)
        )
    shown = "\n".join(row[0] for row in plan)
    assert "ix_appeal_received_at" in shown
    assert "ix_holding_appeal_id" in shown


async def test_an_hour_that_is_not_over_is_not_looked_at(country: Country) -> None:
    country.hour = whole_hour(clock.now())
    await country.usual()
    await country.file(country.hour, 20)
    await country.listen()
    assert len(await counted(country.db)) == 8
    assert await country.rises("controller@administration") == []


async def test_tests_of_integrators_are_not_counted(country: Country) -> None:
    await country.file(country.hour, 2)
    async with country.db.transaction() as connection:
        await connection.execute("UPDATE holding SET stands_for = agency_id")
    await country.listen()
    assert await counted(country.db) == []


async def test_acknowledged_once_with_a_time_and_a_word(country: Country) -> None:
    await country.usual()
    await country.file(country.hour, 20)
    await country.listen()
    (rise,) = await country.rises("head@energy", open="true")
    path = f"/api/v1/oversight/rises/{rise['id']}/acknowledge"
    head, controller = [
        await country.office.person(who) for who in ("head@energy", "controller@administration")
    ]
    first = await country.office.client.post(path, headers=head.headers, json={"word": WORD})
    assert first.status_code == 200, first.text
    said = first.json()["acknowledged"]
    assert (said["by"]["login"], said["word"]) == ("head@energy", WORD)
    second = await country.office.client.post(path, headers=controller.headers, json={"word": "Кеш."})
    assert second.json()["acknowledged"] == said
    assert await country.rises("head@energy", open="true") == []
    assert len(await country.rises("head@energy", open="false")) == 1
    async with country.db.read() as connection:
        assert WORD.encode() not in await connection.fetchval("SELECT word FROM rise")


async def test_whom_it_does_not_concern_does_not_see_it(country: Country) -> None:
    await country.usual()
    await country.file(country.hour, 20)
    await country.listen()
    (rise,) = await country.rises("controller@administration")
    assert await country.rises("head@health") == []
    person = await country.office.person("head@health")
    for path in ("", "/cases"):
        answer = await country.office.get("head@health", f"/oversight/rises/{rise['id']}{path}")
        assert answer.status_code == 404
    url = f"/api/v1/oversight/rises/{rise['id']}/acknowledge"
    answer = await country.office.client.post(url, headers=person.headers, json={"word": WORD})
    assert answer.status_code == 404
    assert (await country.office.get("operator@energy", "/oversight/rises")).status_code == 403
    assert (await country.office.get("head@energy", "/oversight/rises", cursor="x")).status_code == 422


async def test_a_complaint_that_is_kept_from_a_head_is_counted_and_not_shown(country: Country) -> None:
    await country.usual()
    many = await country.file(country.hour, 20)
    await country.listen()
    (rise,) = await country.rises("head@energy")
    head = await country.office.person("head@energy")
    async with country.db.transaction() as connection:
        await connection.execute(
            "INSERT INTO complaint (appeal_id, about_id, about_part, respondent_id, signers, reviewer) "
            "SELECT min(a.id), max(a.id), 0, (SELECT id FROM agency WHERE code = 'energy'), $1, 'body' "
            "FROM appeal a WHERE a.received_at >= $2",
            [head.account_id],
            country.hour,
        )
    assert await country.numbers("head@energy", rise["cases_url"]) == many[1:]
    assert await country.numbers("controller@administration", rise["cases_url"]) == many


async def real_country(db: Database, client: httpx.AsyncClient) -> Country:
    country = Country(db, Office(db, client), whole_hour(clock.now()) - timedelta(hours=3))
    await country.usual()
    await country.file(country.hour, 20)
    return country


async def test_two_workers_at_once_tell_once(real_db: Database, real_client: httpx.AsyncClient) -> None:
    country = await real_country(real_db, real_client)
    await asyncio.gather(*(listen(real_db) for _ in range(4)))
    assert len(await country.rises("head@energy")) == 1
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT sum(appeals) FROM appeal_hour") == 36


async def test_broken_off_anywhere_it_is_told_once(
    real_urls: DatabaseUrls, real_db: Database, real_client: httpx.AsyncClient
) -> None:
    """A worker is gone after its first statement, the next after its second, until one comes to the end."""
    country = await real_country(real_db, real_client)
    gone = 0
    while not await listened(real_urls, gone + 1):
        gone += 1
    assert gone > 10
    (rise,) = await country.rises("head@energy")
    assert rise["seen"] == 20
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT sum(appeals) FROM appeal_hour") == 36


async def listened(urls: DatabaseUrls, statements: int) -> bool:
    """Whether a worker whose connection breaks after so many statements came to the end."""
    url, role = urls.door(Login.WORKER)
    connection = await asyncpg.connect(url, server_settings={"role": role or "", "timezone": "UTC"})
    await prepare(connection)
    left = statements

    def after(_: asyncpg.connection.LoggedQuery) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            connection.terminate()

    connection.add_query_logger(after)
    try:
        await listen(Database(OneConnection(connection)))
    except CONNECTION_LOST:
        return False
    finally:
        connection.terminate()
    return left > 0

"""One ticket is one appeal, whoever brings it how often at once; and no change is skipped."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from app.appeals import numbers, service
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Done, Writing
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from tests.casework.people import Office
from tests.concurrency.test_failing_commit import commits_fail
from tests.intake.tickets.centre import Centre, good, lines, open_centre, ticket, tickets


@pytest.fixture
async def centre(real_db: Database, real_client: httpx.AsyncClient) -> Centre:
    return await open_centre(real_db, real_client, requests_per_minute=1_000_000)


async def count(centre: Centre) -> int:
    found: int = await centre.value("SELECT count(*) FROM appeal")
    return found


async def everything_is_there_once(centre: Centre, items: Sequence[dict[str, Any]]) -> None:
    rows = await centre.rows("SELECT external_id, count(*) AS appeals FROM appeal GROUP BY external_id")
    assert {row["external_id"]: row["appeals"] for row in rows} == {item["external_id"]: 1 for item in items}
    for table in (
        "intake_key",
        "applicant",
        "content",
        "holding",
        "event",
        "ledger",
        "counter_delta",
        "notice",
    ):
        assert await centre.value(f"SELECT count(*) FROM {table}") == len(items), table


async def test_one_ticket_eight_times_at_once(centre: Centre) -> None:
    for round_ in range(10):
        answers = await asyncio.gather(*(centre.bring(ticket(f"{round_}")) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.text for answer in answers}) == 1
    assert await count(centre) == 10


async def test_one_id_for_different_messages_at_once(centre: Centre) -> None:
    answers = await asyncio.gather(*(centre.bring(ticket("1", text=f"{n}-хабар")) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await count(centre) == 1


async def test_batches_and_singles_of_the_same_tickets_in_every_order(centre: Centre) -> None:
    """Nobody waits in a ring, and whoever comes second gets the first answer."""
    items, rng = tickets(300), Random(109)

    async def batch() -> dict[str, str]:
        answer = good(await centre.batch(lines(rng.sample(items, len(items)))))
        assert answer["rejected"] == 0
        return {result["external_id"]: result["number"] for result in answer["results"]}

    async def one(item: dict[str, Any]) -> dict[str, str]:
        answer = await centre.bring(item)
        assert answer.status_code in {200, 201}, answer.text
        return {item["external_id"]: answer.json()["number"]}

    async with asyncio.timeout(120):
        found = await asyncio.gather(
            *(batch() for _ in range(6)), *(one(item) for item in rng.sample(items, 100))
        )
    for numbers_ in found[1:]:
        assert numbers_.items() <= found[0].items()
    await everything_is_there_once(centre, items)


async def test_a_row_that_the_database_refuses_fails_alone(centre: Centre, real_urls: DatabaseUrls) -> None:
    owner = await asyncpg.connect(real_urls.owner)
    await owner.execute("ALTER TABLE appeal ADD CONSTRAINT no_land CHECK (topic <> 'land')")
    await owner.close()
    items = tickets(150)
    items[70]["topic"] = "land"
    answer = good(await centre.batch(lines(items)))
    assert (answer["accepted"], answer["rejected"]) == (149, 1)
    problem = answer["results"][70]["problem"]
    assert (problem["code"], problem["status"]) == ("internal", 500)
    assert await centre.value("SELECT count(*) FROM refused_ticket") == 0, "it may come again as it is"


async def test_a_batch_whose_commit_fails_left_nothing(centre: Centre, real_urls: DatabaseUrls) -> None:
    items = tickets(250)
    async with commits_fail(real_urls, "appeal"):
        refused = await centre.batch(lines(items))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert await count(centre) == 0
    assert good(await centre.batch(lines(items)))["accepted"] == 250
    await everything_is_there_once(centre, items)


async def test_a_refusal_that_cannot_be_kept_is_said_to_come_again(
    centre: Centre, real_urls: DatabaseUrls
) -> None:
    async with commits_fail(real_urls, "refused_ticket"):
        assert (await centre.bring(ticket("1", topic="lend"))).status_code == 503
        assert (await centre.batch(lines([ticket("2"), ticket("1", topic="lend")]))).status_code == 503
    assert (await centre.bring(ticket("1", topic="lend"))).status_code == 422
    assert good(await centre.batch(lines([ticket("2")])))["duplicates"] == 1


async def test_the_same_refusal_at_once_is_one_row(centre: Centre) -> None:
    await asyncio.gather(*(centre.bring(ticket("1", topic="lend")) for _ in range(8)))
    assert await centre.rows("SELECT external_id, times FROM refused_ticket") == [
        {"external_id": "1", "times": 8}
    ]


# Changes


def ids(page: dict[str, Any]) -> list[str]:
    return [item["external_id"] for item in page["items"]]


async def noted(connection: asyncpg.Connection, number: str) -> None:
    """A change of a case in a transaction that is not finished."""
    appeal_id = numbers.parse(number).appeal_id
    command = Command(
        Act.SUPPLEMENT, appeal_id, Actor(ActorKind.CITIZEN), clock.now(), payload=Writing("Және су")
    )
    done = (await service.act(connection, [command], snapshot.current()))[0]
    assert isinstance(done, Done)


async def test_what_commits_late_is_not_skipped(centre: Centre, real_db: Database) -> None:
    slow, quick = await centre.brought("slow"), await centre.brought("quick")
    cursor = (await centre.changes())["next_cursor"]
    async with real_db.transaction() as older:
        await noted(older, slow["number"])
        async with real_db.transaction() as newer:
            await noted(newer, quick["number"])
        await centre.brought("newest")
        meanwhile = await centre.changes(cursor=cursor)
        assert ids(meanwhile) == [], "what comes after the open one waits for it"
        since = await centre.changes(updated_since="2020-01-01T00:00:00Z")
        assert ids(since) == ["slow", "quick"], "as they stood before"
    after = await centre.changes(cursor=meanwhile["next_cursor"])
    assert ids(after) == ["slow", "quick", "newest"]
    assert ids(await centre.changes(cursor=since["next_cursor"])) == ["slow", "quick", "newest"]


async def test_what_was_open_at_the_first_question_comes_later(centre: Centre, real_db: Database) -> None:
    """Also where there was nothing to give yet, so that the cursor could not be a place of anything."""
    async with real_db.transaction() as older:
        await older.execute("SELECT pg_current_xact_id()")
        await centre.brought("1")
        first = await centre.changes()
        assert ids(first) == []
    assert ids(await centre.changes(cursor=first["next_cursor"])) == ["1"]


async def test_following_while_others_write(centre: Centre, real_db: Database) -> None:
    """Patient and quick writers, a reader that asks all the time: every ticket comes, as it stands last."""
    rng = Random(5)
    done = asyncio.Event()
    seen: dict[str, str] = {}

    async def write(n: int) -> None:
        filed = await centre.brought(f"{n}", addressee="energy")
        async with real_db.transaction() as connection:
            await noted(connection, filed["number"])
            await asyncio.sleep(rng.uniform(0, 0.05))

    async def follow() -> None:
        cursor = None
        while True:
            last = done.is_set()
            page = await centre.changes(limit=7, **({"cursor": cursor} if cursor else {}))
            seen.update({item["external_id"]: item["updated_at"] for item in page["items"]})
            cursor = page["next_cursor"]
            if last and not page["more"]:
                return
            await asyncio.sleep(0.005)

    async def write_all() -> None:
        for _ in range(4):
            await asyncio.gather(*(write(rng.randrange(10**9)) for _ in range(12)))
        done.set()

    await asyncio.gather(follow(), write_all())
    rows = await centre.rows(
        """SELECT a.external_id, max(e.changed_at) AS at FROM appeal a JOIN event e ON e.appeal_id = a.id
           GROUP BY a.external_id"""
    )
    assert len(rows) == 48
    assert seen == {row["external_id"]: row["at"].isoformat().replace("+00:00", "Z") for row in rows}


async def test_nothing_is_read_but_what_is_shown(
    centre: Centre, office: Office, real_urls: DatabaseUrls
) -> None:
    """On a filled table the changes of one source come from its own index, in order."""
    owner = await asyncpg.connect(real_urls.owner)
    for n in range(8):
        good(await centre.batch(lines(tickets(1000, f"{n}"))))
    others = await open_centre(centre.db, centre.client, "109-mangystau")
    for n in range(4):
        good(await others.batch(lines(tickets(1000, f"{n}"))))
    await owner.execute("ANALYZE")
    page = await centre.changes(limit=500)
    from app.intake.tickets import following
    from app.intake.tickets.following import Place

    place = Place.of(page["next_cursor"])
    statement = following.CHANGED.format(after=following.AFTER_PLACE)
    plan = await owner.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", centre.source_id, 501, str(place.xid), place.id
    )
    await owner.close()
    text = str(plan)
    assert "ix_event_followed" in text
    assert "Seq Scan" not in text

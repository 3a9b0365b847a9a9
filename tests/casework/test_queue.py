"""The queue: its order, its views, its pages, searching in it, and who may look."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.casework import queue
from app.casework.queue import Place, View
from app.casework.reach import Onlooker
from app.core import clock
from app.core.db import Database
from app.core.errors import Invalid
from app.directory import snapshot
from tests.casework.people import ANSWER, Office, registered, submission
from tests.support import asked as asked_for


def days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


async def test_what_is_due_first_comes_first(office: Office) -> None:
    numbers = [(await office.file(days_ago(days))).number for days in (5, 40, 1, 12)]
    expected = [numbers[1], numbers[3], numbers[0], numbers[2]]
    assert await office.queue("operator@energy", view="all") == expected
    assert await office.queue("operator@energy") == expected
    assert await office.queue("operator@energy", view="overdue") == [numbers[1]]


async def test_an_item_says_what_is_needed_to_choose(office: Office) -> None:
    text = "Үйде үш күннен бері жылу жоқ.\n\n" + "Бала ауырып қалды. " * 40
    appeal = await office.file(text=text, subject="Жылу жоқ", region="kz-61")
    item = (await office.get("operator@energy", "/queue")).json()["items"][0]
    beginning = item.pop("beginning")
    assert beginning.startswith("Үйде үш күннен бері жылу жоқ. Бала ауырып")
    assert beginning.endswith("…")
    assert len(beginning) <= queue.BEGINNING + 1
    assert item == {
        "number": appeal.number,
        "part": 0,
        "status": "registered",
        "version": 1,
        "kind": "complaint",
        "topic": "utilities",
        "channel": "reception_room",
        "region": "KZ-61",
        "applicant_type": "individual",
        "language": "kk",
        "subject": "Жылу жоқ",
        "agency": {"code": "energy", "name": "Ministry of Energy"},
        "registered_on": appeal.registered_on.isoformat(),
        "due_on": appeal.due_on.isoformat(),
        "working_days_left": snapshot.current().calendar.working_days_between(clock.today(), appeal.due_on),
        "overdue": False,
        "target_on": None,
        "suspended": False,
        "stage": None,
        "on_control": False,
        "assignee": None,
        "lease_until": None,
    }


async def test_pages_show_each_case_once_and_in_order(office: Office) -> None:
    await registered(office.db, [submission(f"{n} жылу", received_at=days_ago(n % 4)) for n in range(23)])
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        answer = (await office.get("operator@energy", "/queue", limit=5, **cursor)).json()
        seen += [item["number"] for item in answer["items"]]
        cursor = {"cursor": answer["next_cursor"]}
    assert cursor == {"cursor": None}
    assert seen == await office.queue("operator@energy", limit=200)
    assert len(seen) == 23


async def test_a_page_takes_one_statement_however_long_it_is(office: Office, db: Database) -> None:
    await registered(office.db, [submission(f"{n} жылу") for n in range(30)])
    await office.person("operator@energy")
    for limit in (1, 30):
        statements: list[str] = []
        async with db.read() as connection:
            with connection.query_logger(lambda record, seen=statements: seen.append(record.query)):
                await office.queue("operator@energy", limit=limit)
                await asyncio.sleep(0)  # the logger is called a moment later
        assert len(asked_for(statements)) == 2  # who is calling, and the page


async def test_views_of_what_is_in_work(office: Office) -> None:
    mine, colleagues, free = [(await office.file()).number for _ in range(3)]
    await office.act("operator@energy", mine, "claim")
    await office.act("asel@energy", colleagues, "claim")
    assert await office.queue("operator@energy") == [free]
    assert await office.queue("operator@energy", view="mine") == [mine]
    assert await office.queue("asel@energy", view="mine") == [colleagues]
    assert sorted(await office.queue("operator@energy", view="all")) == sorted([mine, colleagues, free])


async def test_a_lease_that_is_over_makes_the_case_anybodys(office: Office, db: Database) -> None:
    appeal = await office.file()
    await office.act("asel@energy", appeal.number, "claim")
    async with db.transaction() as connection:
        await connection.execute("UPDATE holding SET lease_until = $1", clock.now() - timedelta(seconds=1))
    assert await office.queue("operator@energy") == [appeal.number]
    assert await office.queue("asel@energy", view="mine") == [appeal.number]
    taken = await office.act("operator@energy", appeal.number, "claim")
    assert taken["assignee"]["id"] == (await office.person("operator@energy")).account_id


async def test_filters(office: Office) -> None:
    land = (await office.file(topic="land")).number
    blog = (await office.file(channel="blog")).number
    assert await office.queue("operator@energy", topic="land") == [land]
    assert await office.queue("operator@energy", channel="blog") == [blog]
    assert await office.queue("operator@energy", channel="blog", topic="land") == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"topic": "heat"}, "topic"),
        ({"channel": "blogs"}, "channel"),
        ({"view": "everything"}, "view"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WyIyMDI2LTAxLTAxIl0"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "W1tbW1tb" * 20}, "cursor"),
        ({"q": "я" * 201}, "q"),
    ],
)
async def test_what_does_not_fit_is_named(office: Office, params: dict[str, Any], field: str) -> None:
    answer = await office.get("operator@energy", "/queue", **params)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_cursor_is_taken_only_as_it_was_given() -> None:
    today = clock.today()
    place = Place(today, today, 12)
    assert Place.of(place.cursor()) == place
    for wrong in (Place(today, today, -1), Place(today, today, 2**63), Place(today, today, True)):
        with pytest.raises(Invalid):
            Place.of(wrong.cursor())


async def test_search_by_number(office: Office) -> None:
    wanted = await office.file()
    await office.file()
    serial = wanted.number.rpartition("-")[2]
    shown = f"ЖТ{wanted.number[2:]}"
    for typed in (wanted.number, wanted.number.lower(), shown, serial, serial.lstrip("0"), f" {serial} "):
        assert wanted.number in await office.queue("operator@energy", q=typed)
    assert await office.queue("operator@energy", q=wanted.number) == [wanted.number]
    assert await office.queue("operator@energy", q=wanted.number.replace("JT", "ZT")) == []


async def test_search_by_words_finds_what_has_them_all(office: Office) -> None:
    pipe = (await office.file(text="Құбыр жарылды, үйде су жоқ", subject="Апат")).number
    bill = (await office.file(text="Су үшін төлем өсті")).number
    assert await office.queue("operator@energy", q="құбыры") == [pipe]
    assert await office.queue("operator@energy", q="кубыр") == [pipe]
    assert await office.queue("operator@energy", q="апат құбыр") == [pipe]
    assert await office.queue("operator@energy", q="төлем") == [bill]
    assert await office.queue("operator@energy", q="төлем құбыр") == []
    assert await office.queue("operator@energy", q="су") == []  # too short to be a word
    assert await office.queue("operator@health", q="құбыр") == []


async def test_search_reads_what_the_applicant_added(office: Office) -> None:
    appeal = await office.file()
    await office.client.post(
        f"/api/v1/appeals/{appeal.number}/supplements",
        headers={"x-access-code": appeal.access_code},
        json={"text": "Қазандық сынып қалыпты"},
    )
    assert await office.queue("operator@energy", q="қазандық") == [appeal.number]


async def test_everybody_sees_their_own_agencies_cases(office: Office) -> None:
    ministry = await office.file(addressee="justice")
    committee = await office.file(addressee="justice-registration-committee")
    other = await office.file(addressee="energy")
    assert await office.queue("operator@justice", view="all") == [ministry.number]
    assert await office.queue("operator@justice-registration-committee") == [committee.number]
    assert sorted(await office.queue("head@justice")) == sorted([ministry.number, committee.number])
    assert other.number in await office.queue("controller@administration", view="all")
    assert (await office.get("admin@administration", "/queue")).status_code == 403
    assert (await office.client.get("/api/v1/queue")).status_code == 401


async def test_closed_cases_leave_the_queue(office: Office) -> None:
    answered, forwarded = [(await office.file()).number for _ in range(2)]
    await office.act("operator@energy", answered, "answer", **ANSWER)
    await office.act("operator@energy", forwarded, "forward", to="health", reason="сіздікі")
    assert await office.queue("operator@energy", view="all") == []
    assert await office.queue("operator@health", view="all") == [forwarded]


async def claim(office: Office, login: str, **body: Any) -> list[str]:
    person = await office.person(login)
    answer = await office.client.post("/api/v1/queue/claim", headers=person.headers, json=body or None)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def test_claiming_takes_the_most_urgent(office: Office) -> None:
    numbers = [(await office.file(days_ago(days))).number for days in (1, 9, 4)]
    assert await claim(office, "operator@energy") == [numbers[1]]
    assert await claim(office, "asel@energy", count=20) == [numbers[2], numbers[0]]
    assert await claim(office, "operator@energy") == []
    events = (await office.get("asel@energy", f"/cases/{numbers[0]}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["registered", "claimed"]


async def test_a_head_claims_of_the_own_agency_only(office: Office) -> None:
    await office.file(addressee="justice-registration-committee")
    assert await claim(office, "head@justice") == []


@pytest.mark.parametrize("body", [{"count": 0}, {"count": 21}, {"count": "2"}, {"count": True}, {"many": 1}])
async def test_a_claim_that_does_not_fit(office: Office, body: dict[str, Any]) -> None:
    person = await office.person("operator@energy")
    answer = await office.client.post("/api/v1/queue/claim", headers=person.headers, json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("login", ["controller@administration", "admin@administration"])
async def test_others_do_not_claim(office: Office, login: str) -> None:
    person = await office.person(login)
    answer = await office.client.post("/api/v1/queue/claim", headers=person.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("agencies", [{1}, {1, 2}])
async def test_the_queue_is_read_from_its_index(db: Database, agencies: set[int]) -> None:
    """At a million open cases a page must not sort them."""
    looker = Onlooker(1, frozenset(agencies), head=False)
    asked = queue.Asked(View.ALL, frozenset(agencies), looker, None, None, None, None, 50)
    statement, values = queue._statement(asked, clock.now())
    async with db.transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = await explained(connection, statement, values)
    # Each case in its order is looked up among the complaints, until there are enough.
    steps = r"->  Limit\s+->  Nested Loop Anti Join\s+->  Index Scan using ix_holding_queue"
    assert re.search(steps, plan), plan


async def explained(connection: asyncpg.Connection, statement: str, values: list[Any]) -> str:
    rows = await connection.fetch(f"EXPLAIN (COSTS OFF) {statement}", *values)
    return "\n".join(row[0] for row in rows)

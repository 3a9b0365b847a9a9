"""The administrator's calls: tried out, announced, and then exactly what was shown moves."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from app.appeals.codes import Outcome
from app.appeals.commands import Answering
from app.appeals.lifecycle import Act
from app.appeals.numbers import parse
from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.deadlines.explain import explain
from app.deadlines.facts import read_facts
from app.deadlines.ledger import compute
from app.directory import snapshot
from app.timekeeping import recalculation, repository
from tests.casework.people import Office
from tests.timekeeping.desk import MONDAY, ORDERS, PREVIEW, RECALCULATIONS, Desk, day, off

ACT = "Қаулы № 1234"
# Within the terms of 23 November (due 14 December), and after those of the 9th (due 30 November).
INSIDE = "2026-12-07"


def ids(found: dict[str, Any]) -> list[int]:
    return [parse(item["number"]).appeal_id for item in found["items"]]


async def counts(db: Database) -> list[int]:
    async with db.read() as connection:
        return [
            await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("calendar_override", "recalculation", "event", "ledger", "notice", "counter_delta")
        ]


async def test_what_was_shown_is_what_moves_and_everything_says_so(desk: Desk) -> None:
    early = await desk.file(2, "2026-11-09")
    late = await desk.file(3, addressee="health")
    before = await counts(desk.db)
    shown = await desk.preview(ACT, off(INSIDE))
    assert (shown["looked_at"], shown["moved"], ids(shown)) == (3, 3, late)
    assert shown["items"][0] == {
        "number": shown["items"][0]["number"],
        "agency": {"code": "health", "name": "Ministry of Health"},
        "before": "2026-12-14",
        "after": "2026-12-15",
    }
    assert await counts(desk.db) == before
    assert (await snapshot.refresh(desk.db)).calendar.is_working_day(day(INSIDE))

    id_ = await desk.announce(ACT, off(INSIDE))
    await desk.recalculated()
    assert await desk.due(*early) == [day("2026-11-30")] * 2
    assert await desk.due(*late) == [day("2026-12-15")] * 3
    found = await desk.recalculation(id_)
    assert (found["state"], found["looked_at"], found["left"], found["moved_so_far"]) == ("finished", 3, 0, 3)
    events = await desk.events("recalculated")
    assert [event["appeal_id"] for event in events] == late
    moved = {"before": "2026-12-14", "after": "2026-12-15", "act": ACT, "rule": ""}
    assert events[0]["data"] == moved | {"due_on": "2026-12-15", "running": True}
    assert events[0]["actor_kind"] == "system"
    assert await desk.notices("deadline.changed") == [(appeal, "applicant") for appeal in late]
    await desk.figures_are_right()


async def test_the_ledger_explains_the_move(desk: Desk) -> None:
    await desk.file()
    await desk.announce(ACT, off(INSIDE))
    await desk.recalculated()
    (held,) = await desk.ask("SELECT id, due_on FROM holding")
    rows = await desk.ask(
        "SELECT event_hash, facts FROM ledger WHERE holding_id = $1 ORDER BY id", held["id"]
    )
    facts = read_facts([(row["event_hash"], row["facts"]) for row in rows])
    term = compute(facts, (await snapshot.refresh(desk.db)).calendar)
    assert term.due_on == held["due_on"] == day("2026-12-15")
    told = {step["code"]: step["sentence"] for step in explain(term.entries, "en")}
    assert told["recalculated_calendar"] == (
        f"The calendar changed ({ACT}), so the due day moved from 14 December 2026 to 15 December 2026."
    )
    assert ACT in told["non_working_skipped"]


async def test_a_day_outside_every_term_moves_nothing(desk: Desk) -> None:
    appeals = await desk.file(2)
    shown = await desk.preview(ACT, off("2026-12-15"))
    assert (shown["looked_at"], shown["moved"], shown["items"]) == (0, 0, [])
    id_ = await desk.announce(ACT, off("2026-12-15"))
    await desk.recalculated()
    assert await desk.due(*appeals) == [day("2026-12-14")] * 2
    found = await desk.recalculation(id_)
    assert (found["state"], found["looked_at"], found["moved_so_far"]) == ("finished", 0, 0)
    assert await desk.events("recalculated") == []


async def test_a_transferred_day_moves_nothing_where_both_days_are_within(desk: Desk) -> None:
    """The day off that is worked instead counts: a six-day week works on Saturdays anyway."""
    days = [
        {"day": INSIDE, "working": False, "exchanged_with": "2026-12-12"},
        {"day": "2026-12-12", "working": True, "exchanged_with": INSIDE},
    ]
    await desk.file()
    found = await desk.preview(ACT, days)
    assert (found["looked_at"], found["moved"]) == (1, 0)


async def test_all_are_counted_and_as_many_listed_as_asked_for(desk: Desk) -> None:
    appeals = await desk.file(5)
    found = await desk.preview(ACT, off(INSIDE), limit=2)
    assert (found["looked_at"], found["moved"], ids(found)) == (5, 5, appeals[:2])


async def test_the_record_is_passed_over_in_many_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.timekeeping.repository.BATCH", 2)
    appeals = await desk.file(5)
    found = await desk.preview(ACT, off(INSIDE), limit=4)
    assert (found["looked_at"], found["moved"], ids(found)) == (5, 5, appeals[:4])


async def test_what_is_closed_is_not_looked_at(desk: Desk) -> None:
    answered, open_ = await desk.file(2)
    await desk.act(Act.ANSWER, answered, payload=Answering(Outcome.EXPLAINED, "Жауап.", "kk", "ӘРПК 76"))
    found = await desk.preview(ACT, off(INSIDE))
    assert (found["looked_at"], ids(found)) == (1, [open_])
    await desk.announce(ACT, off(INSIDE))
    await desk.recalculated()
    assert await desk.due(answered, open_) == [day("2026-12-14"), day("2026-12-15")]


async def test_orders_are_listed_and_a_later_one_takes_its_place(desk: Desk) -> None:
    await desk.announce(ACT, off(INSIDE))
    desk.now("2026-11-24")
    await desk.announce("Қаулы № 2", [{"day": INSIDE, "working": True}])
    answer = await desk.client.get(ORDERS, headers=await desk.admin())
    items = answer.json()["items"]
    assert [(item["act"], item["valid_from"], item["in_force"]) for item in items] == [
        (ACT, MONDAY, False),
        ("Қаулы № 2", "2026-11-24", True),
    ]
    assert (await snapshot.refresh(desk.db)).calendar.is_working_day(day(INSIDE))


async def test_a_second_order_about_a_day_waits_for_the_next_day(desk: Desk) -> None:
    await desk.announce(ACT, off(INSIDE))
    before = await counts(desk.db)
    for path in (PREVIEW, ORDERS):
        answer = await desk.post(path, "Қаулы № 2", [*off("2026-12-08"), {"day": INSIDE, "working": True}])
        assert (answer.status_code, answer.json()["code"]) == (409, "order_taken")
        assert "7 December 2026" in answer.json()["detail"]
    assert await counts(desk.db) == before


async def test_two_administrators_at_once_are_not_both_heard(busy: Desk) -> None:
    await busy.admin()
    answers = await asyncio.gather(*(busy.post(ORDERS, f"№ {n}", off(INSIDE)) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await busy.ask("SELECT FROM recalculation WHERE cause = 'calendar'")) == 1


WRONG: list[tuple[Any, dict[str, str]]] = [
    (off("2026-11-22"), {"days.0.day": "day_passed"}),
    (off(INSIDE, "2061-01-03"), {"days.1.day": "out_of_range"}),
    (off("2006-12-29"), {"days.0.day": "out_of_range"}),
    (off(INSIDE, INSIDE), {"days.1.day": "day_twice"}),
    ([{"day": INSIDE, "working": True}], {"days.0.day": "already_working"}),
    (off("2026-12-16"), {"days.0.day": "already_off"}),
    (
        [{"day": INSIDE, "working": False, "exchanged_with": INSIDE}],
        {"days.0.exchanged_with": "exchanged_with_itself"},
    ),
    (
        [{"day": INSIDE, "working": False, "exchanged_with": "2070-01-01"}],
        {"days.0.exchanged_with": "out_of_range"},
    ),
    ([{"day": "2026-13-01", "working": False}], {"days.0.day": "date_from_datetime_parsing"}),
    ([{"day": INSIDE}], {"days.0.working": "missing"}),
    ([], {"days": "too_short"}),
    ("tomorrow", {"days": "list_type"}),
]


@pytest.mark.parametrize("path", [PREVIEW, ORDERS])
@pytest.mark.parametrize(("days", "wrong"), WRONG)
async def test_what_is_wrong_is_named(desk: Desk, path: str, days: Any, wrong: dict[str, str]) -> None:
    before = await counts(desk.db)
    answer = await desk.post(path, ACT, days)
    assert answer.status_code == 422, answer.text
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == wrong
    assert await counts(desk.db) == before


@pytest.mark.parametrize("act", ["", "   ", "x" * 301, "two\nlines", None])
async def test_an_order_has_a_name(desk: Desk, act: Any) -> None:
    answer = await desk.post(ORDERS, act, off(INSIDE))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["act"]


async def test_every_mistake_has_its_sentence_in_each_language(desk: Desk) -> None:
    said = set()
    for language in LANGUAGES:
        headers = await desk.admin() | {"accept-language": language}
        for days, _ in WRONG[:8]:
            answer = await desk.client.post(ORDERS, headers=headers, json={"act": ACT, "days": days})
            said |= {(error["code"], error["message"]) for error in answer.json()["errors"]}
    assert len(said) == 3 * 6
    assert not [message for _, message in said if "{" in message]


async def test_a_saturday_that_only_some_work_on_can_be_declared(desk: Desk) -> None:
    """For a five-day week it becomes a working day; for a six-day week it is one already."""
    await desk.file()
    found = await desk.preview(ACT, [{"day": "2026-12-05", "working": True}])
    assert [(item["before"], item["after"]) for item in found["items"]] == [("2026-12-14", "2026-12-11")]


CALLS = [
    ("GET", ORDERS),
    ("POST", ORDERS),
    ("POST", PREVIEW),
    ("GET", RECALCULATIONS),
    ("GET", f"{RECALCULATIONS}/1"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_an_administrator_alone_may(desk: Desk, method: str, path: str) -> None:
    office = Office(desk.db, desk.client)
    body = {"json": {"act": ACT, "days": off(INSIDE)}} if method == "POST" else {}
    before = await counts(desk.db)

    async def asked(headers: dict[str, str]) -> httpx.Response:
        return await desk.client.request(method, path, headers=headers, **body)  # type: ignore[arg-type]

    for login in ("operator@energy", "head@energy", "controller@administration"):
        answer = await asked((await office.person(login)).headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await asked({})).status_code == 401
    assert await counts(desk.db) == before
    assert (await asked(await desk.admin())).status_code in (200, 201, 404)


async def test_recalculations_are_listed_newest_first(desk: Desk) -> None:
    first = await desk.announce(ACT, off(INSIDE))
    second = await desk.announce("№ 2", off("2026-12-08"))
    answer = await desk.client.get(RECALCULATIONS, headers=await desk.admin())
    items = answer.json()["items"]
    assert [item["id"] for item in items[:2]] == [second, first]
    assert (items[0]["act"], items[0]["days"], items[0]["state"]) == ("№ 2", ["2026-12-08"], "waiting")
    assert (items[2]["cause"], items[2]["state"]) == ("rules", "finished")
    assert (await desk.client.get(f"{RECALCULATIONS}/999999", headers=await desk.admin())).status_code == 404


async def test_progress_is_shown_while_the_worker_is_at_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.file(3)
    id_ = await desk.announce(ACT, off(INSIDE))
    found = await desk.recalculation(id_)
    assert (found["state"], found["looked_at"], found["left"]) == ("waiting", 0, 3)
    desk.ripe()
    monkeypatch.setattr(recalculation, "BATCH", 2)
    real, batches = repository.holdings, list[int]()

    async def holdings(connection: Any, ids: Any) -> Any:
        batches.append(len(ids))
        if len(batches) == 2:
            raise ConnectionError("away")
        return await real(connection, ids)

    monkeypatch.setattr(repository, "holdings", holdings)
    with pytest.raises(ConnectionError):
        await recalculation.recalculate(desk.db)
    found = await desk.recalculation(id_)
    assert (found["state"], found["looked_at"], found["left"]) == ("running", 2, 1)
    assert (found["moved_so_far"], found["finished_at"]) == (2, None)


async def test_days_are_named_in_the_order_of_the_calendar(desk: Desk) -> None:
    id_ = await desk.announce(ACT, off("2026-12-08", INSIDE))
    assert (await desk.recalculation(id_))["days"] == [INSIDE, "2026-12-08"]
    assert [row["day"] for row in await desk.ask("SELECT day FROM calendar_override ORDER BY day")] == [
        date(2026, 12, 7),
        date(2026, 12, 8),
    ]

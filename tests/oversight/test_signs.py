"""`GET /api/v1/oversight/signs` over real acts: each sign lists these cases and no others."""

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.appeals import numbers as registration
from app.appeals.codes import ActorKind, ApplicantType, Kind, Outcome
from app.appeals.commands import Actor, Answering, Rating
from app.appeals.lifecycle import Act
from app.appeals.numbers import format_number
from app.core.db import Database
from app.directory import snapshot
from app.oversight.signs import lists
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import SignIn
from app.staff.access import StaffCaller, staff_caller
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import CITIZEN, LEGAL_BASIS, Desk

PATH = "/api/v1/oversight/signs"
# Received on Wednesday 1 October 2025: due on Wednesday the 22nd; the bodies close at 18:30.
START, DUE = "2025-10-01 10:00", "2025-10-22"
PERIOD = {"from": "2025-10-01", "to": "2025-10-31"}


@pytest_asyncio.fixture
async def controller(db: Database) -> Person:
    return await make_person(db, "controller@administration", Role.CONTROLLER, "Сынақ Бақылаушы")


async def ask(desk: Desk, person: Person, sign: str = "", **asked: Any) -> Any:
    response = await desk.client.get(
        f"{PATH}/{sign}" if sign else PATH, params=PERIOD | asked, headers=person.headers
    )
    assert response.status_code == 200, response.text
    return response.json()


def listed(answer: Any) -> list[tuple[str, set[str]]]:
    return [(item["code"], {case["number"] for case in item["cases"]}) for item in answer["items"]]


def numbers(*appeals: int) -> set[str]:
    return {format_number(one, ApplicantType.INDIVIDUAL) for one in appeals}


async def rate(desk: Desk, moment: str, appeal: int, score: int, resolved: bool) -> None:
    await desk._act(Act.RATE, moment, [appeal], Rating(score, resolved), CITIZEN)


async def test_the_last_hour_is_that_of_the_due_day_by_the_bodys_hours(
    desk: Desk, controller: Person
) -> None:
    early, before, within, after, none = await desk.file_many(START, 5)
    await desk.answer("2025-10-21 18:20", early)
    await desk.answer(f"{DUE} 17:29", before)
    await desk.answer(f"{DUE} 17:30", within)
    await desk.answer(f"{DUE} 19:00", after)
    await desk.forward(f"{DUE} 18:00", "health", none)
    answer = await ask(desk, controller, "last_hour")
    assert listed(answer) == [("after_hours", numbers(after)), ("last_hour", numbers(within))]
    assert "not a verdict" in answer["note"]
    (case,) = answer["items"][1]["cases"]
    assert (case["due_on"], case["outcome"]) == (DUE, "explained")
    response = await desk.client.get(case["url"], headers=controller.headers)
    assert response.status_code == 200
    assert response.json()["number"] == case["number"]


async def test_forwards_just_before_the_term(desk: Desk, controller: Person) -> None:
    early, before, last, overdue = await desk.file_many(START, 4)
    await desk.forward("2025-10-20 18:00", "health", early)
    await desk.forward("2025-10-21 12:00", "health", before)
    await desk.forward(f"{DUE} 12:00", "health", last)
    await desk.forward("2025-10-23 12:00", "health", overdue)
    answer = await ask(desk, controller, "late_forward", agency="energy")
    assert listed(answer) == [
        ("forward_last_day", numbers(last)),
        ("forward_day_before", numbers(before)),
    ]


async def test_ratings_that_contradict_the_outcome(desk: Desk, controller: Person) -> None:
    low, unresolved, good, other, unrated = await desk.file_many(START, 5)
    await desk.answer("2025-10-10 12:00", low, unresolved, good, unrated, outcome=Outcome.SATISFIED)
    await desk.answer("2025-10-10 12:00", other, outcome=Outcome.PARTLY_SATISFIED)
    await rate(desk, "2025-10-11 12:00", low, 2, True)
    await rate(desk, "2025-10-11 12:00", unresolved, 5, False)
    await rate(desk, "2025-10-11 12:00", good, 3, True)
    await rate(desk, "2025-10-11 12:00", other, 1, False)
    answer = await ask(desk, controller, "ratings")
    assert listed(answer) == [("not_resolved", numbers(unresolved)), ("low_score", numbers(low))]
    assert answer["items"][1]["numbers"] == {"score": 2}


async def test_three_suspensions_in_a_week_before_their_due_days_are_a_burst(
    desk: Desk, controller: Person
) -> None:
    burst = await desk.file_many(START, 3)
    early = await desk.file_many(START, 3, "health")
    two = await desk.file_many(START, 2, "justice")
    await desk.suspend("2025-10-21 12:00", *burst[:2])
    await desk.suspend(f"{DUE} 12:00", burst[2], *two)
    await desk.suspend("2025-10-20 12:00", *early)
    answer = await ask(desk, controller, "suspensions")
    assert listed(answer) == [("suspensions", numbers(*burst))]
    (item,) = answer["items"]
    assert (item["day"], item["count"], item["agency"]["code"]) == ("2025-10-20", 3, "energy")


async def test_explained_far_above_the_peers(desk: Desk, controller: Person) -> None:
    often, seldom = await desk.file_many(START, 25), await desk.file_many(START, 30, "health")
    few = await desk.file_many(START, 19, "justice")
    await desk.answer("2025-10-10 12:00", *often[:20], *few)
    await desk.answer("2025-10-10 12:00", *often[20:], *seldom, outcome=Outcome.PARTLY_SATISFIED)
    answer = await ask(desk, controller, "explained", limit=200)
    assert {item["agency"]["code"] for item in answer["items"]} == {"energy"}
    assert set().union(*(cases for _, cases in listed(answer))) == numbers(*often[:20])
    assert len(answer["items"]) == 20
    assert answer["items"][0]["numbers"] == {
        "explained": 20,
        "decided": 25,
        "peers_explained": 19,
        "peers_decided": 49,
    }
    assert "20 of the body’s 25" in answer["items"][0]["why"]


async def test_pages_together_are_the_list(desk: Desk, controller: Person) -> None:
    appeals = [*await desk.file_many(START, 4), *await desk.file_many(START, 3, "health")]
    await desk.answer(f"{DUE} 18:00", *appeals)
    whole = await ask(desk, controller, "last_hour")
    assert len(whole["items"]) == 7
    assert whole["next_cursor"] is None
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(desk, controller, "last_hour", limit=3, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole["items"]


async def test_the_overview_counts_what_its_lists_have(desk: Desk, controller: Person) -> None:
    energy, health = await desk.file_many(START, 24), await desk.file_many(START, 3, "health")
    await desk.answer("2025-10-10 12:00", *energy[:20], outcome=Outcome.SATISFIED)
    await desk.answer(f"{DUE} 18:00", energy[20], *health[:2])
    await desk.suspend(f"{DUE} 12:00", *energy[21:])
    await rate(desk, "2025-10-11 12:00", energy[0], 1, False)
    answer = await ask(desk, controller)
    rows = {row["agency"]["code"]: row for row in answer["rows"]}
    assert list(rows) == ["energy", "health"]
    assert [(row["closed"], row["small"]) for row in answer["rows"]] == [(21, False), (2, True)]
    assert rows["energy"]["signs"]["suspensions"] | {"url": ""} == {
        "items": 1,
        "cases": 3,
        "share": 0.1429,
        "url": "",
    }
    for row in answer["rows"]:
        for count in row["signs"].values():
            page = (await desk.client.get(count["url"], headers=controller.headers)).json()
            assert len(page["items"]) == count["items"]
            assert sum(item["count"] for item in page["items"]) == count["cases"]
    assert rows["energy"]["signs"]["ratings"]["items"] == rows["energy"]["signs"]["last_hour"]["items"] == 1


# Who may ask


async def test_heads_see_their_own_subtree(db: Database, desk: Desk) -> None:
    energy, health = await desk.file(START), await desk.file(START, "health")
    await desk.answer(f"{DUE} 18:00", energy, health)
    head = await make_person(db, "head@energy", Role.HEAD, "Сынақ Басшы")
    assert listed(await ask(desk, head, "last_hour")) == [("last_hour", numbers(energy))]
    assert [row["agency"]["code"] for row in (await ask(desk, head))["rows"]] == ["energy"]
    for path in (PATH, f"{PATH}/last_hour"):
        params = PERIOD | {"agency": "health"}
        assert (await desk.client.get(path, params=params, headers=head.headers)).status_code == 403


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_others_are_refused(db: Database, client: httpx.AsyncClient, role: Role) -> None:
    person = await make_person(db, "somebody@energy", role, "Сынақ Маман")
    for path in (PATH, f"{PATH}/ratings"):
        assert (await client.get(path, headers=person.headers)).status_code == 403
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"from": "2024-01-01", "to": "2025-01-01"}, "to", "period_too_long"),
        ({"from": "2025-02-01", "to": "2025-01-01"}, "to", "period_reversed"),
        ({"agency": "enrgy"}, "agency", "unknown_code"),
        ({"cursor": "no"}, "cursor", "cursor"),
        ({"cursor": "WyIyMDI1LTEwLTAxIiwgLTFd"}, "cursor", "cursor"),
        ({"limit": "201"}, "limit", "less_than_equal"),
        ({"limits": "1"}, "limits", "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named(
    desk: Desk, controller: Person, asked: dict[str, str], field: str, code: str
) -> None:
    response = await desk.client.get(f"{PATH}/ratings", params=asked, headers=controller.headers)
    assert response.status_code == 422
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [(field, code)]


async def test_an_unknown_sign_is_said(desk: Desk, controller: Person) -> None:
    response = await desk.client.get(f"{PATH}/verdict", headers=controller.headers)
    assert response.status_code == 404


# Bounds


@pytest.mark.parametrize("sign", list(Sign))
async def test_a_page_is_one_statement_that_scans_no_table(real_db: Database, sign: Sign) -> None:
    """In a database of its own: what other tests left behind and took back would be in the plan."""
    head = await make_person(real_db, "head@energy", Role.HEAD, "Сынақ Басшы")
    caller = await _caller(real_db, head)
    asked = SignIn.model_validate(PERIOD | {"agency": "energy"})
    directory = snapshot.current()
    async with real_db.transaction() as connection:
        # The first time the driver asks about the types of arrays.
        await lists.page(connection, sign, asked, caller, directory, "en")
        seen: list[str] = []
        with connection.query_logger(lambda record: seen.append(record.query)):
            await lists.page(connection, sign, asked, caller, directory, "en")
            await asyncio.sleep(0)  # the logger is called a moment later
        assert len(seen) == 1
        # Whether an index can serve: on a few rows the planner would rather read them all.
        await connection.execute("SET LOCAL enable_seqscan = off")
        values = lists.values(lists.understood(asked, caller, directory), directory)
        plan = await connection.fetch(f"EXPLAIN (COSTS OFF) {seen[0]}", *values, 51, 50)
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan on holding" not in text
    assert "Seq Scan on event" not in text
    others = {Sign.SUSPENSIONS: "ix_event_suspended", Sign.SAME_ANSWER: "ix_answer_print_agency_id_day"}
    assert others.get(sign, "ix_holding_closed") in text


async def _caller(db: Database, person: Person) -> StaffCaller:
    return await staff_caller(db, person.headers["authorization"].removeprefix("Bearer "))


async def test_who_signed_the_answer_does_not_see_the_complaint_about_it(
    db: Database, desk: Desk, controller: Person
) -> None:
    signer = await make_person(db, "head@energy", Role.HEAD, "Сынақ Басшы")
    other = await make_person(db, "second@energy", Role.HEAD, "Сынақ Басшы")
    about = await desk.file(START)
    answering = Answering(Outcome.EXPLAINED, "Қосылды.", "kk", LEGAL_BASIS)
    await desk._act(
        Act.ANSWER, "2025-10-03 12:00", [about], answering, Actor(ActorKind.STAFF, signer.account_id)
    )
    act_ = registration.parse(format_number(about, ApplicantType.INDIVIDUAL))
    complaint = await desk.file("2025-10-06 10:00", kind=Kind.COMPLAINT, complaint_about=act_)
    await desk.self_correct("2025-10-09 18:00", complaint)
    for person, seen in ((controller, True), (other, True), (signer, False)):
        found = await ask(desk, person, "last_hour")
        assert listed(found) == ([("last_hour", numbers(complaint))] if seen else [])
        rows = (await ask(desk, person))["rows"]
        assert rows[0]["signs"]["last_hour"]["cases"] == int(seen)

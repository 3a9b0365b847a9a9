"""The visit's record: for each person, once, corrected by a new one; an oral appeal gets its receipt."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
import time_machine

from app.core import clock
from app.reception.said import initials
from tests.reception.desk import DAY, Desk, reception

ORAL = {"text": "Ауылда ауыз су жоқ, құбыр тартуды сұрайды.", "topic": "utilities", "region": "KZ-61"}


pytestmark = pytest.mark.usefixtures("morning")


def held(**changed: Any) -> dict[str, Any]:
    return reception(DAY, **changed)


async def booked_now(desk: Desk, *names: str) -> tuple[dict[str, Any], list[int]]:
    """A reception of the day with a booking, and the visitors' ids."""
    (published,) = await desk.publish(held())
    booked = await desk.book(published["slots"][0]["id"], *names)
    (sheet,) = await desk.sheet(DAY)
    return booked, [visitor["id"] for visitor in sheet["visitors"]]


async def test_the_days_sheet(desk: Desk) -> None:
    booked, visitors = await booked_now(desk, "Үлгібек Сынақбаев", "Айгүл Мысалова")
    (sheet,) = await desk.sheet(DAY)
    walk_in = await desk.walk_in(sheet["id"], "Дәурен Қиялбеков")
    (sheet,) = await desk.sheet(DAY)
    assert [(one["name"], one["booking"]) for one in sheet["visitors"]] == [
        ("Үлгібек Сынақбаев", booked["number"]),
        ("Айгүл Мысалова", booked["number"]),
        ("Дәурен Қиялбеков", None),
    ]
    assert sheet["visitors"][0]["subject"] == "Жер учаскесі туралы"
    assert (sheet["visitors"][0]["email"], sheet["visitors"][0]["visit"]) == (None, None)
    await desk.outcome(walk_in, came=True, outcome="explained", note="Тәртібі айтылды")
    (sheet,) = await desk.sheet(DAY)
    assert sheet["visitors"][2]["visit"]["outcome"] == "explained"
    assert sheet["visitors"][2]["visit"]["note"] == "Тәртібі айтылды"
    assert await Desk(desk.office, "health").sheet(DAY) == []
    assert visitors == [one["id"] for one in sheet["visitors"][:2]]


async def test_each_person_has_an_outcome_of_their_own(desk: Desk) -> None:
    _, (first, second) = await booked_now(desk, "Үлгібек Сынақбаев", "Айгүл Мысалова")
    answer = await desk.outcome(first, came=True, outcome="resolved")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "resolved")
    assert answer.json()["accepted_by"] == {"name": "Сынақбаев А. Ү.", "position": "Министр"}
    absent = await desk.outcome(second, came=False)
    assert (absent.status_code, absent.json()["outcome"]) == (201, None)
    again = await desk.outcome(first, came=True, outcome="resolved")
    assert (again.status_code, again.json()) == (200, answer.json())


async def test_an_oral_appeal_is_registered_with_its_receipt(desk: Desk) -> None:
    _, (visitor,) = await booked_now(desk)
    answer = await desk.outcome(visitor, came=True, outcome="registered", appeal=ORAL)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()["receipt"]
    assert receipt["number"] == answer.json()["appeal"]
    assert receipt["accepted_by"] == {"name": "Сынақбаев А. Ү.", "position": "Министр"}
    assert (receipt["date"], receipt["agency"]["code"]) == (DAY.isoformat(), "labour")
    local = datetime.fromisoformat(receipt["received_at"]).astimezone(clock.ZONE)
    assert receipt["time"] == f"{local:%H:%M}"
    again = await desk.outcome(visitor, came=True, outcome="registered", appeal=ORAL)
    assert (again.status_code, again.json()) == (200, answer.json())
    case = await desk.office.case("operator@labour", receipt["number"])
    assert case["channel"] == "personal_reception"
    page = await desk.client.get(receipt["url"], headers={"x-access-code": receipt["access_code"]})
    assert (page.status_code, page.json()["due_on"]) == (200, receipt["due_on"])
    async with desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM appeal") == 1
        kind = await connection.fetchval("SELECT actor_kind FROM event WHERE kind = 'registered'")
        assert kind == "staff"


async def test_what_is_recorded_later_was_said_at_the_reception(desk: Desk) -> None:
    _, (visitor,) = await booked_now(desk)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        desk.office.people.clear()  # they sign in again
        answer = await desk.outcome(visitor, came=True, outcome="registered", appeal=ORAL)
    receipt = answer.json()["receipt"]
    assert (receipt["date"], receipt["time"]) == (DAY.isoformat(), "10:30")


async def test_an_official_who_stood_in(desk: Desk) -> None:
    _, (visitor,) = await booked_now(desk)
    official = {"name": "Мысалов Ерлан Қиялұлы", "position": "Департамент директоры"}
    answer = await desk.outcome(
        visitor, came=True, outcome="registered", appeal=ORAL, accepted_by=official, through="party"
    )
    assert answer.json()["receipt"]["accepted_by"]["name"] == "Мысалов Е. Қ."
    assert answer.json()["through"] == "party"


async def test_a_correction_supersedes_and_deletes_nothing(desk: Desk) -> None:
    _, (visitor,) = await booked_now(desk)
    first = (await desk.outcome(visitor, came=True, outcome="explained")).json()
    other = await desk.outcome(visitor, came=True, outcome="resolved")
    assert (other.status_code, other.json()["code"], other.json()["record"]) == (
        409,
        "outcome_recorded",
        first["id"],
    )
    right: dict[str, Any] = {"came": True, "outcome": "resolved", "supersedes": first["id"]}
    second = await desk.outcome(visitor, **right)
    assert (second.status_code, second.json()["supersedes"]) == (201, first["id"])
    again = await desk.outcome(visitor, **right)
    assert (again.status_code, again.json()) == (200, second.json())
    late = await desk.outcome(visitor, came=False, supersedes=first["id"])
    assert (late.status_code, late.json()["record"]) == (409, second.json()["id"])
    third = await desk.outcome(
        visitor, came=True, outcome="registered", appeal=ORAL, supersedes=second.json()["id"]
    )
    assert third.status_code == 201
    final = await desk.outcome(visitor, came=False, supersedes=third.json()["id"])
    assert (final.status_code, final.json()["code"]) == (409, "outcome_final")
    async with desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM visit_record") == 3


async def test_the_app_cannot_change_a_record(real_desk: Desk) -> None:
    _, (visitor,) = await booked_now(real_desk)
    await real_desk.outcome(visitor, came=False)
    for statement in ("UPDATE visit_record SET came = true", "DELETE FROM visit_record"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with real_desk.office.db.transaction() as connection:
                await connection.execute(statement)


async def test_two_clerks_record_at_once(real_desk: Desk) -> None:
    _, (visitor,) = await booked_now(real_desk)
    answers = await asyncio.gather(
        *(real_desk.outcome(visitor, came=True, outcome="registered", appeal=ORAL) for _ in range(5)),
        *(real_desk.outcome(visitor, came=False) for _ in range(5)),
    )
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert {answer.status_code for answer in answers} == {200, 201, 409}
    async with real_desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM visit_record") == 1
        assert await connection.fetchval("SELECT count(*) FROM appeal") <= 1


async def test_nothing_is_recorded_before_the_day(desk: Desk) -> None:
    (published,) = await desk.publish(reception(DAY + timedelta(days=1)))
    await desk.book(published["slots"][0]["id"])
    (sheet,) = await desk.sheet(published["day"])
    answer = await desk.outcome(sheet["visitors"][0]["id"], came=False)
    assert (answer.status_code, answer.json()["code"]) == (409, "reception_not_yet")
    body = {"person": {"name": "Айгүл Мысалова"}, "language": "kk"}
    answer = await desk.call("operator", "POST", f"/{published['id']}/walk-ins", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "reception_not_yet")


async def test_who_cancelled_has_no_outcome(desk: Desk) -> None:
    booked, (visitor,) = await booked_now(desk)
    await desk.mine(booked, "cancellation")
    (sheet,) = await desk.sheet(DAY)
    assert sheet["visitors"][0]["state"] == "cancelled"
    answer = await desk.outcome(visitor, came=True, outcome="explained")
    assert (answer.status_code, answer.json()["code"]) == (409, "booking_over")


async def test_somebody_elses_visitor_is_not_there(desk: Desk) -> None:
    _, (visitor,) = await booked_now(desk)
    other = Desk(desk.office, "health")
    answer = await other.outcome(visitor, came=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "visitor_not_found")
    assert (await desk.outcome(2**63 - 1, came=False)).status_code == 404
    for role in ("controller", "admin"):
        refused = await Desk(desk.office, "administration").call(
            role, "POST", f"/visitors/{visitor}/outcome", {"came": False}
        )
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"came": True}, "outcome_of_who_came"),
        ({"came": False, "outcome": "explained"}, "outcome_of_who_came"),
        ({"came": True, "outcome": "registered"}, "oral_appeal"),
        ({"came": True, "outcome": "explained", "appeal": ORAL}, "oral_appeal"),
        ({"came": True, "outcome": "registered", "appeal": ORAL | {"text": " "}}, "blank"),
        ({"came": True, "outcome": "registered", "appeal": ORAL | {"topic": "weather"}}, "unknown_code"),
        ({"came": "yes"}, "bool_type"),
        ({"came": True, "outcome": "explained", "supersedes": 1}, "not_the_newest"),
    ],
)
async def test_an_outcome_that_is_refused(desk: Desk, said: dict[str, Any], code: str) -> None:
    _, (visitor,) = await booked_now(desk)
    answer = await desk.outcome(visitor, **said)
    assert answer.status_code == 422, answer.text
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    async with desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM visit_record") == 0
        assert await connection.fetchval("SELECT count(*) FROM appeal") == 0


async def test_a_walk_in_sent_twice_is_one_person(desk: Desk) -> None:
    (published,) = await desk.publish(held())
    body = {"person": {"name": "Айгүл Мысалова"}, "language": "ru"}
    path, key = f"/{published['id']}/walk-ins", "walk-in-key-000001"
    first = await desk.call("operator", "POST", path, body, **{"idempotency-key": key})
    again = await desk.call("operator", "POST", path, body, **{"idempotency-key": key})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await desk.call("operator", "POST", path, body | {"language": "kk"}, **{"idempotency-key": key})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    elsewhere = await Desk(desk.office, "health").call("operator", "POST", path, body)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "reception_not_found")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Сынақбаев Арман Үлгіұлы", "Сынақбаев А. Ү."),
        ("Мысалова  Айгүл", "Мысалова А."),
        ("Сынақбаев А. Ү.", "Сынақбаев А. Ү."),
        ("Сынақ", "Сынақ"),
    ],
)
def test_surname_and_initials(name: str, short: str) -> None:
    assert initials(name) == short

"""What a call centre sees of its tickets, and the changes that come to it in order."""

import base64
import json
from typing import Any

import httpx
import pytest
import time_machine

from app.appeals import codes
from app.appeals.codes import EventKind
from app.core.db import Database
from tests.casework.people import ANSWER, Office
from tests.intake.tickets.centre import Centre, good, lines, local, open_centre, refused, tickets

TO_ENERGY = {"addressee": "energy"}


# Changes are those of transactions that have ended; so these tests have a database of their own.


@pytest.fixture
def office(real_db: Database, real_client: httpx.AsyncClient) -> Office:
    return Office(real_db, real_client)


@pytest.fixture
async def centre(real_db: Database, real_client: httpx.AsyncClient) -> Centre:
    return await open_centre(real_db, real_client)


@pytest.fixture
async def other(real_db: Database, real_client: httpx.AsyncClient) -> Centre:
    return await open_centre(real_db, real_client, "109-mangystau")


def ids(page: dict[str, Any]) -> list[str]:
    return [item["external_id"] for item in page["items"]]


# One


async def test_a_new_ticket(centre: Centre) -> None:
    filed = await centre.brought("1")
    state = await centre.state("1")
    same = {name: filed[name] for name in ("number", "status", "agency", "registered_on", "due_on")}
    assert {name: state[name] for name in same} == same
    assert (state["external_id"], state["channel"], state["overdue"]) == ("1", "call_centre", False)
    assert (state["answered_at"], state["outcome"]) == (None, None)
    assert [part["number"] for part in state["parts"]] == [filed["number"]]


async def test_an_answered_ticket(centre: Centre, office: Office) -> None:
    filed = await centre.brought("1", **TO_ENERGY)
    await office.act("operator@energy", filed["number"], "claim")
    assert (await centre.state("1"))["status"] == "in_progress"
    await office.act("operator@energy", filed["number"], "answer", **ANSWER)
    state = await centre.state("1")
    assert (state["status"], state["outcome"]) == ("answered", "explained")
    assert state["answered_at"] == state["updated_at"]
    assert "Жылу" not in json.dumps(state, ensure_ascii=False), "what was answered is the citizen's"


async def test_a_ticket_that_was_passed_on_and_split(centre: Centre, office: Office) -> None:
    filed = await centre.brought("1", **TO_ENERGY)
    parts = [{"to": "health", "text": "Емхана"}, {"to": "labour", "text": "Жұмыс"}]
    await office.act("operator@energy", filed["number"], "split", parts=parts)
    state = await centre.state("1")
    assert state["agency"]["code"] in {"health", "labour", "energy"}
    assert {part["number"] for part in state["parts"]} >= {f"{filed['number']}.1", f"{filed['number']}.2"}
    assert state["number"] == filed["number"]
    for number, agency in ((1, "health"), (2, "labour")):
        await office.act(f"head@{agency}", f"{filed['number']}.{number}", "answer", **ANSWER)
    answered = {part["number"] for part in (await centre.state("1"))["parts"] if part["answered_at"]}
    assert {f"{filed['number']}.1", f"{filed['number']}.2"} <= answered


async def test_overdue(centre: Centre) -> None:
    with time_machine.travel(local("2026-03-02T10:00:00"), tick=False):
        filed = await centre.brought("1")
    with time_machine.travel(local(f"{filed['due_on']}T23:00:00"), tick=False):
        assert not (await centre.state("1"))["overdue"]
    with time_machine.travel(local("2026-04-20T10:00:00"), tick=False):
        assert (await centre.state("1"))["overdue"]


async def test_of_anothers_source_there_is_nothing(centre: Centre, other: Centre) -> None:
    await centre.brought("1")
    await other.brought("2")
    for external_id in ("2", "no", "a b", "%00", "ә", "1%20", "a" * 101, "a" * 5000):
        refused(await centre.ask("GET", f"/tickets/{external_id}"), 404, "ticket_not_found")
    assert ids(await centre.changes()) == ["1"]
    assert ids(await other.changes()) == ["2"]


async def test_a_citizens_appeal_is_followed_by_nobody(centre: Centre) -> None:
    room = await open_centre(centre.db, centre.client, "citizen-api", channels=["reception_room"])
    filed = await room.client.post(
        "/api/v1/appeals", json={"kind": "message", "language": "kk", "text": "Рақмет!"}
    )
    assert filed.status_code == 201
    assert ids(await room.changes()) == []
    assert await room.value("SELECT count(*) FROM event WHERE source_id IS NOT NULL") == 0


# Changes


async def test_in_the_order_of_changes_each_once(centre: Centre, office: Office) -> None:
    filed = [await centre.brought(f"{n}", **TO_ENERGY) for n in range(4)]
    first = await centre.changes()
    assert (ids(first), first["more"]) == (["0", "1", "2", "3"], False)
    assert (await centre.changes(cursor=first["next_cursor"]))["items"] == []
    await office.act("operator@energy", filed[2]["number"], "claim")
    await office.act("operator@energy", filed[0]["number"], "claim")
    await office.act("operator@energy", filed[2]["number"], "answer", **ANSWER)
    second = await centre.changes(cursor=first["next_cursor"])
    assert ids(second) == ["0", "2"]
    assert [item["status"] for item in second["items"]] == ["in_progress", "answered"]
    assert ids(await centre.changes()) == ["1", "3", "0", "2"]
    assert ids(await centre.changes(cursor=second["next_cursor"])) == []


async def test_what_is_inner_work_is_no_change(centre: Centre, office: Office) -> None:
    filed = await centre.brought("1", **TO_ENERGY)
    cursor = (await centre.changes())["next_cursor"]
    await office.act("operator@energy", filed["number"], "note", text="Ескерту")
    await office.act("operator@energy", filed["number"], "unmask", field="phone", purpose="Қоңырау шалу")
    assert (await centre.changes(cursor=cursor))["items"] == []


def test_every_kind_of_event_is_told_or_inner() -> None:
    assert set(EventKind) > codes.INNER
    assert {EventKind.REGISTERED, EventKind.ANSWERED, EventKind.FORWARDED}.isdisjoint(codes.INNER)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
async def test_page_by_page(centre: Centre, limit: int) -> None:
    good(await centre.batch(lines(tickets(7))))
    found: list[str] = []
    page = await centre.changes(limit=limit)
    while True:
        found += ids(page)
        assert len(page["items"]) <= limit
        if not page["more"]:
            break
        page = await centre.changes(limit=limit, cursor=page["next_cursor"])
    assert sorted(found) == sorted(item["external_id"] for item in tickets(7))


async def test_since_a_moment(centre: Centre, office: Office) -> None:
    with time_machine.travel(local("2026-11-24T10:00:00"), tick=False):
        early = await centre.brought("early", **TO_ENERGY)
        await centre.brought("other")
    with time_machine.travel(local("2026-11-25T10:00:00"), tick=False):
        await centre.brought("late", received_at="2026-11-23T10:00:00+05:00")
        await office.person("operator@energy")
        await office.act("operator@energy", early["number"], "claim")
        page = await centre.changes(updated_since="2026-11-25T00:00:00+05:00")
        assert ids(page) == ["late", "early"], "by when it became known here, whatever day it names"
        assert ids(await centre.changes(updated_since="2026-11-24T00:00:00Z")) == ["other", "late", "early"]
        nothing = await centre.changes(updated_since="2026-11-25T12:00:00+05:00")
        assert (nothing["items"], nothing["more"]) == ([], False)


async def test_a_plus_that_was_not_escaped(centre: Centre) -> None:
    answer = await centre.ask("GET", "/tickets?updated_since=2026-11-25T12:00:00+05:00")
    assert answer.status_code == 200


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"cursor": "x"}, "cursor", "cursor"),
        ({"cursor": ""}, "cursor", "cursor"),
        ({"cursor": "ә"}, "cursor", "cursor"),
        ({"cursor": cursor_of([1])}, "cursor", "cursor"),
        ({"cursor": cursor_of([-1, 1])}, "cursor", "cursor"),
        ({"cursor": cursor_of([2**63, 1])}, "cursor", "cursor"),
        ({"cursor": cursor_of([1, 2**63])}, "cursor", "cursor"),
        ({"cursor": cursor_of([1.0, 2])}, "cursor", "cursor"),
        ({"cursor": cursor_of([True, 2])}, "cursor", "cursor"),
        ({"cursor": cursor_of({"xid": 1})}, "cursor", "cursor"),
        ({"cursor": "A" * 201}, "cursor", "string_too_long"),
        ({"limit": 0}, "limit", "greater_than_equal"),
        ({"limit": 501}, "limit", "less_than_equal"),
        ({"updated_since": "yesterday"}, "updated_since", "datetime_parsing"),
        ({"updated_since": "2026-11-25T12:00:00"}, "updated_since", "timezone_aware"),
        (
            {"updated_since": "2026-11-25T12:00:00Z", "cursor": cursor_of([1, 1])},
            "updated_since",
            "not_with_cursor",
        ),
    ],
)
async def test_what_cannot_be_asked(centre: Centre, params: dict[str, Any], field: str, code: str) -> None:
    assert refused(await centre.ask("GET", "/tickets", params=params), 422, "invalid") == {field: code}


async def test_the_ends_of_time(centre: Centre) -> None:
    await centre.brought("1")
    assert ids(await centre.changes(updated_since="0001-01-01T00:00:00Z")) == ["1"]
    assert ids(await centre.changes(updated_since="9999-12-31T23:59:59Z")) == []
    assert ids(await centre.changes(cursor=cursor_of([2**63 - 1, 2**63 - 1]))) == []
    assert ids(await centre.changes(cursor=cursor_of([0, 0]))) == ["1"]

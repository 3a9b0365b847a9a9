"""What higher bodies send by their own keys, and read back: executed, and in execution."""

import asyncio
from typing import Any

import httpx
import pytest

from app.appeals.lifecycle import Act
from app.core import paging
from app.core.db import Database
from app.staff.permissions import Scope
from tests.casework.people import ANSWER
from tests.desk.clerks import FROM_ABOVE, Clerks
from tests.intake.tickets.centre import Centre, good, open_centre, refused
from tests.sandbox.conftest import open_sandbox

SENT, COUNTS = "/higher/appeals", "/higher/counts"
LETTER: dict[str, Any] = {
    "outgoing_number": "ВП-10-24/1177",
    "outgoing_on": "2026-11-20",
    "control_on": "2059-12-01",
    "kind": "statement",
    "language": "kk",
    "text": "Ауылда интернет жоқ.",
    "addressee": "digital",
    "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан обл., Мысал ауылы"},
}
# The body of today that does the work of `digital`.
HOLDER = "digital"


@pytest.fixture
async def virtual(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client, "virtual-reception", channels=("virtual_reception",))


@pytest.fixture
async def office_of_pm(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client, "pm-office-desk", channels=("higher_body",))


async def send(body: Centre, **changes: Any) -> httpx.Response:
    said = {name: value for name, value in (LETTER | changes).items() if value is not None}
    return await body.ask("POST", SENT, json=said)


async def sent(body: Centre, **changes: Any) -> dict[str, Any]:
    return good(await send(body, **changes), 201)


async def listed(body: Centre, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(await body.ask("GET", SENT, params=params))["items"]
    return found


async def counts(body: Centre, **params: Any) -> tuple[int, int, int, int, int]:
    found = good(await body.ask("GET", COUNTS, params=params))
    return tuple(found[name] for name in ("sent", "executed", "in_execution", "overdue", "control_passed"))


async def test_sent_down_registered_and_on_control(virtual: Centre, clerks: Clerks) -> None:
    registration = await sent(virtual)
    plain = await sent(virtual, outgoing_number="1178", control_on=None)
    assert registration["agency"]["code"] == HOLDER
    assert registration["due_on"] == plain["due_on"]
    assert (registration["outgoing_number"], registration["control_on"]) == ("ВП-10-24/1177", "2059-12-01")
    case = await clerks.office.case(f"operator@{HOLDER}", registration["number"])
    assert (case["channel"], case["on_control"], case["control_on"]) == (
        "virtual_reception",
        True,
        "2059-12-01",
    )
    assert case["details"]["outgoing_number"] == "ВП-10-24/1177"


async def test_the_same_number_of_the_same_year_is_the_same_appeal(
    virtual: Centre, office_of_pm: Centre
) -> None:
    first = await sent(virtual)
    again = await send(virtual, outgoing_number=" № ВП-10-24 / 1177 ")
    assert (again.status_code, again.json()["number"]) == (200, first["number"])
    refused(await send(virtual, text="Басқа"), 409, "key_reused")
    refused(await send(virtual, control_on="2059-12-02"), 409, "key_reused")
    another = await sent(office_of_pm)
    last_year = await sent(virtual, outgoing_on="2025-11-20")
    assert len({first["number"], another["number"], last_year["number"]}) == 3


async def test_by_key_and_by_hand_it_is_one(clerks: Clerks, db: Database, client: httpx.AsyncClient) -> None:
    """A letter that the Administration's program sent and its clerk puts in again under another wording of
    the same number: it is not registered twice."""
    body = await open_centre(db, client, "administration-desk", channels=("higher_body",))
    await sent(body, outgoing_number="10-24/1177")
    refused(await clerks.put_in("operator@administration", FROM_ABOVE), 409, "key_reused")


async def test_read_back_with_the_answer(virtual: Centre, clerks: Clerks) -> None:
    waiting = await sent(virtual, outgoing_number="1")
    answered = await sent(virtual, outgoing_number="2")
    await clerks.office.act(f"head@{HOLDER}", answered["number"], Act.ANSWER, **ANSWER)
    assert await counts(virtual) == (2, 1, 1, 0, 0)
    (executed,) = await listed(virtual, state="executed")
    (open_,) = await listed(virtual, state="in_execution")
    assert (executed["outgoing_number"], executed["outgoing_on"]) == ("2", "2026-11-20")
    assert executed["appeal"]["number"] == answered["number"]
    assert executed["executed_on"]
    (answer,) = executed["answers"]
    assert (answer["text"], answer["outcome"], answer["language"]) == (ANSWER["text"], "explained", "kk")
    assert (open_["appeal"]["number"], open_["answers"], open_["executed_on"]) == (
        waiting["number"],
        [],
        None,
    )
    assert [one["appeal"]["number"] for one in await listed(virtual)] == [
        answered["number"],
        waiting["number"],
    ]


async def test_what_is_reopened_is_in_execution_again(virtual: Centre, clerks: Clerks) -> None:
    one = await sent(virtual)
    head = f"head@{HOLDER}"
    await clerks.office.act(head, one["number"], Act.ANSWER, **ANSWER)
    await clerks.office.act(head, one["number"], Act.REOPEN, reason="Жаңа деректер келді.")
    assert await counts(virtual) == (1, 0, 1, 0, 0)
    (item,) = await listed(virtual)
    assert (item["state"], item["answers"]) == ("in_execution", [])


async def test_it_is_executed_once_every_part_is(virtual: Centre, clerks: Clerks) -> None:
    one, office = await sent(virtual), clerks.office
    parts = [{"to": "energy", "text": "Жарық жоқ."}]
    await office.act(f"operator@{HOLDER}", one["number"], Act.SPLIT, parts=parts)
    await office.act(f"head@{HOLDER}", f"{one['number']}.0", Act.ANSWER, **ANSWER)
    assert await counts(virtual) == (1, 0, 1, 0, 0)
    await office.act("head@energy", f"{one['number']}.1", Act.ANSWER, **ANSWER)
    assert await counts(virtual) == (1, 1, 0, 0, 0)
    (item,) = await listed(virtual, state="executed")
    assert [answer["number"] for answer in item["answers"]] == [one["number"], f"{one['number']}.1"]


async def test_overdue_and_past_control_are_two_things(virtual: Centre) -> None:
    await sent(virtual, outgoing_number="1", control_on="2026-11-25", outgoing_on="2026-11-20")
    await sent(virtual, outgoing_number="2", control_on=None)
    assert await counts(virtual, as_of="2059-01-01", **{"from": "2026-01-01"}) == (2, 0, 2, 2, 1)
    (first,) = [one for one in await listed(virtual) if one["outgoing_number"] == "1"]
    assert first["control_passed"] is (await virtual.value("SELECT now()::date > '2026-11-25'"))
    assert first["appeal"]["overdue"] is False


async def test_as_of_the_end_of_a_day(virtual: Centre, clerks: Clerks) -> None:
    """A figure of then comes out the same afterwards."""
    one = await sent(virtual)
    day = await virtual.value("SELECT (received_at AT TIME ZONE 'Asia/Almaty')::date FROM appeal")
    await clerks.office.act(f"head@{HOLDER}", one["number"], Act.ANSWER, **ANSWER)
    async with virtual.db.transaction() as connection:
        await connection.execute("UPDATE holding SET closed_at = closed_at + interval '1 day'")
    assert await counts(virtual, as_of=day.isoformat()) == (1, 0, 1, 0, 0)
    assert await counts(virtual, as_of="2059-01-01", **{"from": "2026-01-01"}) == (1, 1, 0, 0, 0)


async def test_by_agency_and_days(virtual: Centre) -> None:
    one = await sent(virtual, outgoing_number="1")
    await sent(virtual, outgoing_number="2", addressee="energy")
    assert (await counts(virtual, agency="energy"))[0] == 1
    day = one["registered_on"]
    assert (await counts(virtual, **{"from": day, "to": day}))[0] == 2
    assert (await counts(virtual, **{"from": "2007-01-01", "to": "2007-12-31"}))[0] == 0


async def test_pages_follow_one_another(virtual: Centre) -> None:
    all_ = [(await sent(virtual, outgoing_number=str(n)))["number"] for n in range(5)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = good(await virtual.ask("GET", SENT, params={"limit": 2, **cursor}))
        seen += [item["appeal"]["number"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == all_[::-1]


# Whose it is


async def test_another_bodys_are_not_there(virtual: Centre, office_of_pm: Centre) -> None:
    await sent(virtual)
    assert await listed(office_of_pm) == []
    assert (await counts(office_of_pm))[0] == 0


async def test_its_people_read_it_back_too(virtual: Centre, clerks: Clerks) -> None:
    one = await sent(virtual)
    for login in ("controller@administration", "operator@administration", "operator@pm-office"):
        answer = await clerks.ask(login, "GET", SENT)
        assert [item["appeal"]["number"] for item in good(answer)["items"]] == [one["number"]], login
        assert good(await clerks.ask(login, "GET", COUNTS))["sent"] == 1


async def test_who_sends_nothing_down_reads_nothing_back(
    clerks: Clerks, db: Database, client: httpx.AsyncClient
) -> None:
    for login in ("operator@energy", "head@digital"):
        refused(await clerks.ask(login, "GET", SENT), 403, "not_from_above")
    centre = await open_centre(db, client)
    refused(await centre.ask("GET", SENT), 403, "not_from_above")
    refused(await send(centre), 403, "not_from_above")
    refused(await client.get(f"/api/v1{SENT}", headers={"accept-language": "en"}), 401, "unauthenticated")


async def test_scopes_count(db: Database, client: httpx.AsyncClient) -> None:
    reads = await open_centre(
        db, client, "virtual-reception", channels=("virtual_reception",), scopes=(Scope.TICKETS_READ,)
    )
    writes = await open_centre(
        db, client, "virtual-reception", channels=("virtual_reception",), scopes=(Scope.TICKETS_WRITE,)
    )
    refused(await send(reads), 403, "scope_missing")
    await sent(writes)
    refused(await writes.ask("GET", SENT), 403, "scope_missing")
    assert len(await listed(reads)) == 1


async def test_an_administrator_reads_no_text(clerks: Clerks) -> None:
    """An administrator keeps people and reference data, and no appeal's text."""
    refused(await clerks.ask("admin@administration", "GET", SENT), 403, "forbidden")


async def test_a_test_key_tries_it_and_nobody_sees_it(
    virtual: Centre, clerks: Clerks, db: Database, client: httpx.AsyncClient
) -> None:
    trial = await open_sandbox(db, client, "virtual-reception")
    tried = await sent(trial)
    assert (await counts(trial)) == (1, 0, 1, 0, 0)
    assert (await counts(virtual)) == (0, 0, 0, 0, 0)
    assert good(await clerks.ask("controller@administration", "GET", SENT))["items"] == []
    assert await clerks.office.queue(f"operator@{HOLDER}") == []
    assert tried["control_on"] == "2059-12-01"


# What is wrong


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"outgoing_number": None}, "outgoing_number", "missing"),
        ({"outgoing_number": "№ "}, "outgoing_number", "outgoing_number"),
        ({"outgoing_number": "1" * 81}, "outgoing_number", "outgoing_number"),
        ({"outgoing_on": None}, "outgoing_on", "missing"),
        ({"outgoing_on": "2999-01-01", "control_on": None}, "outgoing_on", "out_of_range"),
        ({"control_on": "2026-11-20"}, "control_on", "control_not_later"),
        ({"control_on": "9999-12-31"}, "control_on", "out_of_range"),
        ({"control_on": "soon"}, "control_on", "date_parsing"),
        ({"received_at": "2026-01-01T00:00:00Z"}, "received_at", "too_old"),
        ({"channel": "higher_body"}, "channel", "extra_forbidden"),
    ],
)
async def test_a_wrong_letter(virtual: Centre, changes: dict[str, Any], field: str, code: str) -> None:
    assert refused(await send(virtual, **changes), 422, "invalid") == {field: code}
    assert await virtual.value("SELECT count(*) FROM appeal") == 0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"state": "done"}, "state"),
        ({"cursor": paging.cursor(1)}, None),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": paging.cursor(-1)}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"agency": "nowhere"}, "agency"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "to"),
        ({"as_of": "0001-01-01"}, "as_of"),
        ({"from": "9999-12-31"}, "from"),
        ({"who": "me"}, "who"),
    ],
)
async def test_a_wrong_question(virtual: Centre, params: dict[str, str], field: str | None) -> None:
    answer = await virtual.ask("GET", SENT, params=params)
    if field is None:
        good(answer)
    else:
        assert field in refused(answer, 422, "invalid")


async def test_ten_at_once_are_one(real_db: Database, real_client: httpx.AsyncClient) -> None:
    body = await open_centre(real_db, real_client, "virtual-reception", channels=("virtual_reception",))
    answers = await asyncio.gather(*(send(body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert await body.value("SELECT count(*) FROM event WHERE kind = 'control_taken'") == 1

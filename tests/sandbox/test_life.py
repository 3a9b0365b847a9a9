"""The whole life of a test: as of a ticket in earnest, and beside it."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from app.appeals import numbers
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.directory.load import bump
from tests.intake.tickets.centre import Centre, good, lines, refused, ticket
from tests.sandbox.conftest import open_sandbox

ANSWER = {"outcome": "satisfied", "text": "Жарық қосылды.", "language": "kk", "legal_basis": "ӘРПК 76"}
ALIKE = ("status", "missing", "agency", "route", "registered_on", "due_on")


async def tried(sandbox: Centre, act: str, external_id: str = "109-1", **said: Any) -> dict[str, Any]:
    return good(await asked(sandbox, act, external_id, **said))


async def asked(sandbox: Centre, act: str, external_id: str = "109-1", **said: Any) -> httpx.Response:
    return await sandbox.ask("POST", f"/sandbox/tickets/{external_id}/{act}", json=said)


async def test_it_is_answered_like_a_ticket_in_earnest(centre: Centre, sandbox: Centre) -> None:
    real, test = await centre.brought(), await sandbox.brought()
    assert {name: test[name] for name in ALIKE} == {name: real[name] for name in ALIKE}
    assert test["agency"]["code"] == "akimat-turkistan"
    assert (real["sandbox"], test["sandbox"]) == (False, True)
    assert numbers.parse(test["number"]).sandbox
    assert not numbers.parse(real["number"]).sandbox


async def test_the_same_id_is_another_message_there(centre: Centre, sandbox: Centre) -> None:
    real = await centre.brought(text="Шынайы")
    test = await sandbox.brought(text="Сынақ")
    assert good(await sandbox.bring(ticket(text="Сынақ")))["number"] == test["number"] != real["number"]
    refused(await sandbox.bring(ticket(text="Шынайы")), 409, "key_reused")
    assert (await sandbox.state("109-1"))["sandbox"]
    assert not (await centre.state("109-1"))["sandbox"]


async def test_a_batch_says_of_each_that_it_is_a_test(centre: Centre, sandbox: Centre) -> None:
    body = lines([ticket("a"), ticket("b"), {}])
    found = good(await sandbox.batch(body))["results"]
    assert [one.get("sandbox", False) for one in found] == [True, True, False]
    assert not any("sandbox" in one for one in good(await centre.batch(body))["results"])


async def test_from_the_first_day_to_the_answer(sandbox: Centre) -> None:
    await sandbox.brought()
    there = await tried(sandbox, "forward", to="energy", reason="Оныкі.")
    assert (there["agency"]["code"], there["status"]) == ("energy", "registered")
    asked_for = await tried(sandbox, "request-correction", what="Үй нөмірі?")
    assert asked_for["status"] == "awaiting_correction"
    assert (await tried(sandbox, "resume"))["status"] == "in_progress"
    assert (await tried(sandbox, "suspend", ground="court", reason="Сотта."))["status"] == "suspended"
    assert (await tried(sandbox, "resume"))["status"] == "in_progress"
    due = date.fromisoformat((await sandbox.state("109-1"))["due_on"])
    later = (due + timedelta(days=7)).isoformat()
    extended = await tried(sandbox, "extend", until=later, reason="Сараптама.")
    assert extended["due_on"] >= due.isoformat()
    answered = await tried(sandbox, "answer", **ANSWER)
    assert (answered["status"], answered["outcome"], answered["sandbox"]) == ("answered", "satisfied", True)
    assert (await tried(sandbox, "reopen", reason="Тағы сөнді."))["agency"]["code"] == "energy"
    ended = await tried(sandbox, "terminate", ground="same_subject_decided", reason="Сот шешті.")
    assert ended["status"] == "terminated"
    assert ended == await sandbox.state("109-1")


async def test_the_second_body_does_not_get_it_twice(sandbox: Centre) -> None:
    """It plays the other body's part: what that one may not do, it may not."""
    await sandbox.brought()
    await tried(sandbox, "forward", to="energy", reason="Оныкі.")
    refused(await asked(sandbox, "forward", to="energy", reason="Тағы."), 409, "forward_to_self")
    back = await tried(sandbox, "forward", to="akimat-turkistan", reason="Қайта.")
    assert back["agency"]["code"] == "akimat-turkistan"


async def test_the_applicants_side(sandbox: Centre, client: httpx.AsyncClient) -> None:
    brought = await sandbox.brought()
    path, code = f"/api/v1/appeals/{brought['number']}", {"x-access-code": brought["access_code"]}
    assert good(await client.get(path, headers=code))["agency"]["code"] == "akimat-turkistan"
    receipt = good(await client.get(f"/api/v1/receipts/{brought['number']}", headers=code))
    assert receipt["sandbox"]
    await tried(sandbox, "answer", **ANSWER)
    page = good(await client.get(path, headers=code))
    assert (page["sandbox"], page["answer"]["text"]) == (True, ANSWER["text"])
    said = {"text": "Жарық жоқ әлі."}
    complaint = good(await client.post(f"{path}/complaint", headers=code, json=said), 201)
    assert complaint["sandbox"]
    assert complaint["agency"]["code"] == "akimat-turkistan"
    held = await sandbox.rows("SELECT DISTINCT a.code FROM holding h JOIN agency a ON a.id = h.agency_id")
    assert held == [{"code": "sandbox"}]


async def test_what_is_in_earnest_and_tests_are_not_about_each_other(
    centre: Centre, sandbox: Centre, client: httpx.AsyncClient
) -> None:
    real, test = await centre.brought(), await sandbox.brought()
    for by, about in ((centre, test), (sandbox, real)):
        answer = await by.bring(ticket("c", kind="complaint", complaint_about=about["number"]))
        assert refused(answer, 422, "invalid") == {"complaint_about": "complaint_about_unknown"}
    said = {"kind": "complaint", "language": "kk", "text": "Шағым", "complaint_about": test["number"]}
    refused(await client.post("/api/v1/appeals", json=said), 422, "invalid")
    own = good(await sandbox.bring(ticket("d", kind="complaint", complaint_about=test["number"])), 201)
    assert own["complaint"]["about"] == test["number"]


async def test_who_may_not(db: Database, centre: Centre, sandbox: Centre, client: httpx.AsyncClient) -> None:
    await centre.brought()
    refused(await asked(centre, "answer", **ANSWER), 403, "not_sandbox")
    refused(await asked(sandbox, "answer", **ANSWER), 404, "ticket_not_found")
    await sandbox.brought()
    other = await open_sandbox(db, client, "109-mangystau")
    refused(await asked(other, "answer", **ANSWER), 404, "ticket_not_found")
    refused(await other.ask("GET", "/tickets/109-1"), 404, "ticket_not_found")


async def test_what_is_refused_is_refused_as_in_earnest(sandbox: Centre) -> None:
    await sandbox.brought()
    refused(await asked(sandbox, "answer"), 422, "invalid")
    refused(await asked(sandbox, "answer", "' OR 1=1", **ANSWER), 404, "ticket_not_found")
    refused(await asked(sandbox, "forward", to="nobody", reason="?"), 422, "invalid")
    refused(await asked(sandbox, "forward", to="sandbox", reason="?"), 422, "invalid")
    found = (await asked(sandbox, "reopen", reason="?")).json()
    assert found["code"] == "act_not_allowed"
    assert "answer" in found["allowed"]
    assert (await asked(sandbox, "no-such-act")).status_code in {404, 405}
    await tried(sandbox, "answer", **ANSWER)
    refused(await asked(sandbox, "answer", **ANSWER), 409, "act_not_allowed")
    refused(await sandbox.ask("POST", "/sandbox/tickets/109-1/answer?part=7", json=ANSWER), 404,
            "ticket_not_found")  # fmt: skip
    refused(await sandbox.bring(ticket("s", addressee="sandbox")), 422, "unknown_addressee")


@pytest.mark.parametrize("external_id", ["a/b", "a/answer", "x:1"])
async def test_any_id_can_be_acted_on(sandbox: Centre, external_id: str) -> None:
    await sandbox.brought(external_id)
    assert (await tried(sandbox, "answer", external_id, **ANSWER))["external_id"] == external_id


async def test_it_has_the_settings_of_its_source_whatever_they_become(db: Database, sandbox: Centre) -> None:
    three_days = (clock.now() - timedelta(days=3, hours=1)).isoformat()
    answer = await sandbox.bring(ticket("old", received_at=three_days))
    assert refused(answer, 422, "invalid") == {"received_at": "too_old"}
    async with db.transaction() as connection:
        await connection.execute("UPDATE source SET late_days = 9 WHERE code = '109-turkistan'")
        await bump(connection)
    await snapshot.refresh(db)
    await sandbox.brought("old", received_at=three_days)

"""The main job end to end, over HTTP: an appeal comes in, a ministry answers, the citizen reads it."""

from datetime import date, timedelta

import httpx

from app.core import clock
from tests.casework.people import ANSWER, Office

APPEAL = {
    "kind": "complaint",
    "language": "kk",
    "text": "Ауылдағы амбулаторияда екі айдан бері дәрігер жоқ.",
    "subject": "Дәрігер жоқ",
    "addressee": "health",
    "topic": "health",
    "region": "KZ-61",
    "applicant": {"name": "Үлгібек Сынақбаев", "address": "Мысал ауылы, 5", "phone": "+7 701 000 99 37"},
}


async def filed(client: httpx.AsyncClient, **changes: object) -> dict[str, str]:
    answer = await client.post("/api/v1/appeals", json=APPEAL | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


async def tracked(client: httpx.AsyncClient, appeal: dict[str, str]) -> dict[str, object]:
    answer = await client.get(
        f"/api/v1/appeals/{appeal['number']}", headers={"x-access-code": appeal["access_code"]}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_from_filing_to_the_approved_answer(office: Office, client: httpx.AsyncClient) -> None:
    appeal = await filed(client)
    number = appeal["number"]
    assert await office.queue("operator@health") == [number]

    operator = await office.person("operator@health")
    claimed = await client.post("/api/v1/queue/claim", headers=operator.headers)
    (item,) = claimed.json()["items"]
    assert (item["number"], item["status"], item["version"]) == (number, "in_progress", 1)
    assert item["assignee"] == {"id": operator.account_id, "name": operator.name}
    assert await office.queue("operator@health") == []
    assert await office.queue("operator@health", view="mine") == [number]

    drafted = await office.act("operator@health", number, "draft", text="Құрметті", language="kk")
    assert drafted["draft"]["text"] == "Құрметті"
    assert drafted["version"] == 1

    proposed = await office.act("operator@health", number, "answer", '"1"', **ANSWER)
    assert (proposed["status"], proposed["version"]) == ("awaiting_approval", 2)
    assert proposed["draft"] is None
    assert proposed["proposed"]["text"] == ANSWER["text"]
    assert (await tracked(client, appeal))["answer"] is None
    assert await office.queue("head@health", view="awaiting_approval") == [number]

    approved = await office.act("head@health", number, "approve", '"2"')
    assert (approved["status"], approved["version"]) == ("answered", 3)
    assert approved["answer"]["text"] == ANSWER["text"]
    assert approved["allowed_acts"] == ["note", "reopen", "unmask"]
    assert await office.queue("head@health", view="all") == []

    seen = await tracked(client, appeal)
    assert seen["status"] == "answered"
    answer = seen["answer"]
    assert isinstance(answer, dict)
    assert (answer["text"], answer["outcome"]) == (ANSWER["text"], "explained")


async def test_the_receiver_of_a_forwarded_case_starts_its_own_term(
    office: Office, client: httpx.AsyncClient
) -> None:
    appeal = await filed(client, addressee="culture-information")
    number = appeal["number"]
    left = await office.act(
        "operator@culture-information",
        number,
        "forward",
        '"1"',
        to="Энергетика министрлігі",
        reason="сіздікі",
    )
    assert left["past"] is True
    assert (left["agency"]["code"], left["version"], left["allowed_acts"]) == ("culture-information", 2, [])

    there = await office.case("operator@energy", number)
    assert (there["past"], there["status"], there["version"]) == (False, "registered", 3)
    assert [holder["agency"]["code"] for holder in there["holders"]] == ["culture-information", "energy"]
    assert [holder["origin"] for holder in there["holders"]] == ["registered", "forwarded"]
    assert there["holders"][0]["close"] == "forwarded_out"
    assert [reason["text"] for reason in there["reasons"]] == ["сіздікі"]
    assert there["received_at"] == left["received_at"]
    assert there["deadline"]["due_on"] == there["due_on"]
    assert date.fromisoformat(there["registered_on"]) >= clock.today()
    assert (await tracked(client, appeal))["agency"]["code"] == "energy"  # type: ignore[index]


async def test_the_receiver_s_days_are_counted_from_when_it_received(office: Office) -> None:
    three_weeks_ago = clock.now() - timedelta(days=21)
    appeal = await office.file(three_weeks_ago, addressee="health")
    left = await office.act("operator@health", appeal.number, "forward", to="energy", reason="сіздікі")
    there = await office.case("operator@energy", appeal.number)
    assert date.fromisoformat(left["due_on"]) == appeal.due_on
    assert date.fromisoformat(there["due_on"]) > appeal.due_on
    history = (await office.get("operator@energy", f"/cases/{appeal.number}/events")).json()["items"]
    assert [event["data"]["late"] for event in history if event["kind"] == "forwarded"] == [True]


async def test_a_case_that_comes_back_is_seen_whole_again(office: Office) -> None:
    appeal = await office.file(addressee="energy")
    await office.act("operator@energy", appeal.number, "forward", to="health", reason="сіздікі")
    await office.act("operator@health", appeal.number, "forward", to="energy", reason="жоқ, сіздікі")
    back = await office.case("operator@energy", appeal.number)
    assert back["past"] is False
    assert [holder["agency"]["code"] for holder in back["holders"]] == ["energy", "health", "energy"]
    assert len(back["reasons"]) == 2


async def test_an_answered_case_reopens_with_a_new_term(office: Office) -> None:
    appeal = await office.file()
    await office.act("head@energy", appeal.number, "answer", **ANSWER)
    reopened = await office.act("head@energy", appeal.number, "reopen", reason="жауап толық емес")
    assert (reopened["status"], reopened["past"]) == ("registered", False)
    assert [holder["origin"] for holder in reopened["holders"]] == ["registered", "reopened"]
    assert reopened["holders"][0]["close"] == "answered"
    assert reopened["answer"]["text"] == ANSWER["text"]
    again = await office.act("head@energy", appeal.number, "answer", **(ANSWER | {"text": "Толық жауап."}))
    assert again["answer"]["text"] == "Толық жауап."

"""Who sees how much of a case, and what is shown of it."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.appeals import history, numbers
from app.casework.details import mask
from app.core.db import Database
from app.intake.submission import Person
from tests.casework.people import ANSWER, Office
from tests.casework.test_acts import AT_FIRST, AT_FIRST_OF_A_HEAD
from tests.support import asked

WHO = Person(
    name="Үлгібек Сынақбаев",
    iin="900101300007",
    address="Мысал көшесі, 5",
    phone="+7 701 123 99 37",
    email="ulgi@example.kz",
)


async def test_what_is_shown(office: Office) -> None:
    appeal = await office.file(
        applicant=WHO, subject="Жылу жоқ", incident_address="Мысал көшесі, 5", region="kz-61", language="ru"
    )
    shown = await office.case("operator@energy", appeal.number)
    assert shown["applicant"] == {
        "type": "individual",
        "name": WHO.name,
        "iin": "••••••••0007",
        "bin": None,
        "address": WHO.address,
        "phone": "•••••••9937",
        "email": WHO.email,
    }
    assert (shown["subject"], shown["incident_address"]) == ("Жылу жоқ", "Мысал көшесі, 5")
    assert (shown["region"], shown["language"], shown["missing"]) == ("KZ-61", "ru", [])
    assert shown["deadline"]["due_on"] == shown["due_on"] == appeal.due_on.isoformat()
    assert shown["deadline"]["steps"]
    assert shown["route"] == {
        "reason": shown["route"]["reason"],
        "rule": "addressee",
    }
    assert "Ministry of Energy" in shown["route"]["reason"]
    assert shown["holders"] == [
        {
            "agency": {"code": "energy", "name": "Ministry of Energy"},
            "origin": "registered",
            "registered_on": appeal.registered_on.isoformat(),
            "due_on": appeal.due_on.isoformat(),
            "closed_on": None,
            "close": None,
            "outcome": None,
        }
    ]
    assert shown["allowed_acts"] == AT_FIRST
    head = await office.case("head@energy", appeal.number)
    assert head["allowed_acts"] == AT_FIRST_OF_A_HEAD


async def test_a_case_takes_three_statements_however_much_there_is(office: Office, db: Database) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "split", parts=[{"to": "health", "text": "а"}] * 5)
    for text in ("бір", "екі", "үш"):
        await office.act("operator@energy", number, "note", text=text)
    statements: list[str] = []
    async with db.read() as connection:
        with connection.query_logger(lambda record: statements.append(record.query)):
            await office.case("operator@energy", number)
            await asyncio.sleep(0)  # the logger is called a moment later
    assert len(asked(statements)) == 3  # who is calling, which part they see, and the case


@pytest.mark.parametrize(
    ("number", "masked"),
    [("900101300007", "••••••••0007"), ("+7 701 123 99 37", "•••••••9937"), ("12345", "•••••"), (None, None)],
)
def test_masking(number: str | None, masked: str | None) -> None:
    assert mask(number) == masked


async def test_words_come_in_the_readers_language(office: Office) -> None:
    appeal = await office.file()
    person = await office.person("operator@energy")
    answer = await office.client.get(
        f"/api/v1/cases/{appeal.number}", headers=person.headers | {"accept-language": "kk"}
    )
    assert answer.json()["agency"]["name"] == "Энергетика министрлігі"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_number_is_read_in_either_script(office: Office) -> None:
    appeal = await office.file()
    for typed in (appeal.number, appeal.number.lower(), f"ЖТ{appeal.number[2:]}"):
        assert (await office.case("operator@energy", typed))["number"] == appeal.number


async def test_what_one_may_not_see_is_not_there(office: Office) -> None:
    appeal = await office.file(addressee="justice-registration-committee")
    for login in ("operator@justice-registration-committee", "head@justice", "controller@administration"):
        await office.case(login, appeal.number)
    for login in (
        "operator@justice",  # the committee's is not the ministry's operators'
        "operator@energy",
        "head@energy",
        "head@justice-dept-astana",
        "admin@administration",
        "operator@administration",
    ):
        for path in (f"/cases/{appeal.number}", f"/cases/{appeal.number}/events"):
            answer = await office.get(login, path)
            assert answer.status_code == 404, login
            assert answer.json()["code"] == "case_not_found"
    assert (await office.client.get(f"/api/v1/cases/{appeal.number}")).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda number: number.replace("JT", "ZT"),
        lambda number: f"{number}.1",
        lambda number: "JT-2026-99999999",
        lambda number: "JT-2026-1",
        lambda number: "%00",
        lambda number: "🙂",
    ],
)
async def test_a_wrong_number_is_not_there(office: Office, change: Any) -> None:
    appeal = await office.file()
    answer = await office.get("operator@energy", f"/cases/{change(appeal.number)}")
    assert answer.status_code == 404


async def test_a_past_holder_sees_the_case_as_it_was_when_it_left(office: Office) -> None:
    appeal = await office.file(applicant=WHO)
    await office.act("operator@energy", appeal.number, "note", text="біздің ескерту")
    await office.act("asel@energy", appeal.number, "draft", text="біздің жоба")
    left = await office.act("operator@energy", appeal.number, "forward", to="health", reason="сіздікі")
    await supplemented(office, appeal.number, appeal.access_code, "кейінгі толықтыру")
    await office.act("operator@health", appeal.number, "note", text="олардың ескертуі")
    await office.act("operator@health", appeal.number, "draft", text="олардың жобасы")
    await office.act("head@health", appeal.number, "answer", **ANSWER)

    for login in ("operator@energy", "head@energy"):
        seen = await office.case(login, appeal.number)
        assert seen["past"] is True
        assert (seen["status"], seen["version"], seen["due_on"]) == ("registered", 2, left["due_on"])
        assert seen["agency"]["code"] == "energy"
        assert [note["text"] for note in seen["notes"]] == ["біздің ескерту"]
        assert [draft["text"] for draft in seen["drafts"]] == ["біздің жоба"]
        assert (seen["supplements"], seen["answer"], seen["allowed_acts"]) == ([], None, [])
        assert len(seen["holders"]) == 1
    events = (await office.get("operator@energy", f"/cases/{appeal.number}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["registered", "note_added", "forwarded"]

    there = await office.case("operator@health", appeal.number)
    assert [note["text"] for note in there["notes"]] == ["біздің ескерту", "олардың ескертуі"]
    assert [draft["text"] for draft in there["drafts"]] == []
    assert there["draft"]["text"] == "олардың жобасы"
    assert [said["text"] for said in there["supplements"]] == ["кейінгі толықтыру"]


async def supplemented(office: Office, number: str, code: str, text: str) -> None:
    answer = await office.client.post(
        f"/api/v1/appeals/{number}/supplements", headers={"x-access-code": code}, json={"text": text}
    )
    assert answer.status_code == 201, answer.text


async def test_a_past_holder_may_do_nothing_and_is_told_so(office: Office) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "forward", to="health", reason="сіздікі")
    for act, body in (("answer", ANSWER), ("note", {"text": "тағы"}), ("draft", {"text": "жоба"})):
        answer = await office.try_act("operator@energy", appeal.number, act, **body)
        assert answer.status_code == 409
        assert answer.json()["allowed"] == []


async def test_a_controller_sees_and_takes_control_alone(office: Office) -> None:
    appeal = await office.file(applicant=WHO)
    seen = await office.case("controller@administration", appeal.number)
    assert seen["applicant"]["iin"] == "••••••••0007"
    assert seen["allowed_acts"] == ["control"]
    assert (await office.try_act("controller@administration", appeal.number, "claim")).status_code == 403
    assert (await office.try_act("admin@administration", appeal.number, "claim")).status_code == 404


async def test_a_head_works_on_what_is_below(office: Office) -> None:
    appeal = await office.file(addressee="justice-registration-committee")
    there = await office.act("head@justice", appeal.number, "forward", to="justice", reason="өзіміз қараймыз")
    assert there["agency"]["code"] == "justice"
    assert there["past"] is False  # the ministry's head sees both
    answered = await office.act("head@justice", appeal.number, "answer", **ANSWER)
    assert answered["status"] == "answered"


async def test_the_history_can_be_recomputed(office: Office) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "claim")
    await office.act("operator@energy", appeal.number, "note", text="ескерту")
    await office.act("head@energy", appeal.number, "answer", **ANSWER)
    found = (await office.get("head@energy", f"/cases/{appeal.number}/events")).json()
    assert found["number"] == appeal.number
    assert [event["kind"] for event in found["items"]] == ["registered", "claimed", "note_added", "answered"]
    previous = None
    for event in found["items"]:
        assert event["previous"] == previous
        assert hashed(event, numbers.parse(appeal.number).appeal_id) == event["hash"]
        previous = event["hash"]
    head = await office.person("head@energy")
    assert found["items"][-1]["actor"] == {"kind": "staff", "id": head.account_id, "name": head.name}
    assert found["items"][0]["actor"] == {"kind": "citizen", "id": None, "name": None}


def hashed(event: dict[str, Any], appeal_id: int) -> str:
    return history.event_hash(
        appeal_id=appeal_id,
        part=event["part"],
        kind=event["kind"],
        at=datetime.fromisoformat(event["at"]),
        actor=(event["actor"]["kind"], event["actor"]["id"]),
        data=event["data"],
        content=bytes.fromhex(event["content_hash"]) if event["content_hash"] else None,
        previous=bytes.fromhex(event["previous"]) if event["previous"] else None,
    ).hex()


async def test_no_personal_word_is_in_the_history(office: Office, client: httpx.AsyncClient) -> None:
    appeal = await office.file(applicant=WHO, text="Құпия сөз")
    await office.act("operator@energy", appeal.number, "note", text="Құпия ескерту")
    raw = (await office.get("operator@energy", f"/cases/{appeal.number}/events")).text
    for secret in ("Құпия", "Сынақбаев", WHO.iin or "", "Мысал"):
        assert secret not in raw

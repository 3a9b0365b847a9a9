"""From an upload to an appeal, an answer, and whoever may have the file."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.attachments import linking, listing
from app.attachments.errors import MOST
from app.core.db import Database
from app.settings import Settings
from tests.attachments.files import JPEG, PDF, PNG, sent
from tests.casework.people import Office
from tests.intake.appellant import APPEAL

DAY = "2026-11-23"


async def file(client: httpx.AsyncClient, ids: list[str], key: str | None = None) -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return await client.post("/api/v1/appeals", json=APPEAL | {"attachments": ids}, headers=headers)


async def filed(client: httpx.AsyncClient, *ids: str) -> dict[str, Any]:
    answer = await file(client, list(ids))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def tracked(client: httpx.AsyncClient, appeal: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(
        f"/api/v1/appeals/{appeal['number']}", headers={"x-access-code": appeal["access_code"]}
    )
    found: dict[str, Any] = answer.json()
    return found


async def opened(client: httpx.AsyncClient, appeal: dict[str, Any], url: str) -> httpx.Response:
    return await client.get(url, headers={"x-access-code": appeal["access_code"]})


async def test_from_an_upload_to_both_sides(client: httpx.AsyncClient, office: Office) -> None:
    first, second = await sent(client), await sent(client, PDF, 'хат "1".pdf'.replace('"', "'"))
    appeal = await filed(client, first["id"], second["id"])
    shown = (await tracked(client, appeal))["attachments"]
    assert [(one["id"], one["name"], one["size"]) for one in shown] == [
        (one["id"], one["name"], one["size"]) for one in (first, second)
    ]
    got = await opened(client, appeal, shown[0]["url"])
    assert (got.status_code, got.content) == (200, JPEG)
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-length"] == str(len(JPEG))
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"____.jpg\"; filename*=UTF-8''%D1%84%D0%BE%D1%82%D0%BE.jpg"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["content-security-policy"].startswith("sandbox")
    case = await office.case("operator@energy", appeal["number"])
    assert [one["id"] for one in case["attachments"]] == [first["id"], second["id"]]
    person = await office.person("operator@energy")
    got = await client.get(case["attachments"][1]["url"], headers=person.headers)
    assert (got.status_code, got.content) == (200, PDF)


async def test_the_event_commits_to_the_content(
    client: httpx.AsyncClient, office: Office, db: Database
) -> None:
    kept = await sent(client)
    appeal = await filed(client, kept["id"])
    events = (await office.get("operator@energy", f"/cases/{appeal['number']}/events")).json()["items"]
    async with db.read() as connection:
        salt = await connection.fetchval("SELECT salt FROM attachment")
    assert events[0]["data"]["attachments"] == [hashlib.sha256(salt + JPEG).hexdigest()]


async def test_others_see_nothing(client: httpx.AsyncClient, office: Office) -> None:
    kept, other = await sent(client), await sent(client, PNG, "b.png")
    appeal, another = await filed(client, kept["id"]), await filed(client, other["id"])
    url = f"/api/v1/appeals/{appeal['number']}/attachments/"
    assert (await opened(client, another, url + kept["id"])).status_code == 404
    assert (await opened(client, appeal, url + other["id"])).status_code == 404
    assert (await opened(client, appeal, url + str(uuid4()))).status_code == 404
    assert (await opened(client, appeal, url + "nothing")).status_code == 422
    assert (await client.get(url + kept["id"])).status_code == 401
    for login, status in (("operator@health", 404), ("admin@administration", 404), ("head@energy", 200)):
        person = await office.person(login)
        of_case = f"/api/v1/cases/{appeal['number']}/attachments/{kept['id']}"
        assert (await client.get(of_case, headers=person.headers)).status_code == status, login


async def test_who_held_it_keeps_what_they_saw(client: httpx.AsyncClient, office: Office) -> None:
    appeal = await filed(client, (await sent(client))["id"])
    number, code = appeal["number"], {"x-access-code": appeal["access_code"]}
    await office.act("operator@energy", number, "forward", to="health", reason="Сіздердің мәселелеріңіз")
    later = await sent(client, PNG, "later.png")
    body = {"text": "Тағы бір сурет", "attachments": [later["id"]]}
    added = await client.post(f"/api/v1/appeals/{number}/supplements", json=body, headers=code)
    assert added.status_code == 201, added.text
    assert len((await office.case("operator@health", number))["attachments"]) == 2
    assert len((await office.case("operator@energy", number))["attachments"]) == 1
    person = await office.person("operator@energy")
    url = f"/api/v1/cases/{number}/attachments/{later['id']}"
    assert (await client.get(url, headers=person.headers)).status_code == 404


async def test_an_answers_files_come_with_the_answer(client: httpx.AsyncClient, office: Office) -> None:
    """And not before: while it waits for approval only staff have them."""
    appeal = await filed(client)
    number = appeal["number"]
    kept = await sent(client, PDF, "жауап.pdf")
    said = {
        "outcome": "explained",
        "text": "Жылу ертең беріледі.",
        "language": "kk",
        "legal_basis": "ӘРПК 76",
    }
    case = await office.act("operator@energy", number, "answer", **said, attachments=[kept["id"]])
    url = f"/api/v1/appeals/{number}/attachments/{kept['id']}"
    if case["status"] == "awaiting_approval":
        assert [one["id"] for one in case["proposed"]["attachments"]] == [kept["id"]]
        assert (await opened(client, appeal, url)).status_code == 404
        case = await office.act("head@energy", number, "approve")
    assert [one["id"] for one in case["answer"]["attachments"]] == [kept["id"]]
    shown = await tracked(client, appeal)
    assert [one["name"] for one in shown["answer"]["attachments"]] == ["жауап.pdf"]
    assert shown["attachments"] == []
    assert (await opened(client, appeal, url)).content == PDF


async def test_used_by_another_appeal(client: httpx.AsyncClient, office: Office) -> None:
    kept = await sent(client)
    first = await filed(client, kept["id"])
    answer = await file(client, [kept["id"]])
    assert (answer.status_code, answer.json()["code"]) == (409, "attachment_used")
    other = await filed(client)
    body = {"text": "Сурет", "attachments": [kept["id"]]}
    code = {"x-access-code": other["access_code"]}
    answer = await client.post(f"/api/v1/appeals/{other['number']}/supplements", json=body, headers=code)
    assert (answer.status_code, answer.json()["code"]) == (409, "attachment_used")
    said = {"outcome": "explained", "text": "Жоқ.", "language": "kk", "legal_basis": "ӘРПК 76"}
    answer = await office.try_act(
        "operator@energy", other["number"], "answer", **said, attachments=[kept["id"]]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "attachment_used")
    assert len((await tracked(client, first))["attachments"]) == 1
    assert (await tracked(client, other))["attachments"] == []


async def test_unknown_expired_and_too_many(client: httpx.AsyncClient, db: Database) -> None:
    answer = await file(client, [str(uuid4())])
    assert answer.json()["errors"][0] | {"message": ""} == {
        "field": "attachments.0", "code": "unknown_attachment", "message": "",
    }  # fmt: skip
    kept = await sent(client)
    async with db.transaction() as connection:
        await connection.execute("UPDATE attachment SET expires_at = created_at - interval '1 minute'")
    assert (await file(client, [kept["id"]])).status_code == 422
    ids = [(await sent(client))["id"] for _ in range(MOST + 1)]
    answer = await file(client, ids)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_attachments")
    appeal = await filed(client, *ids[:MOST])
    body = {"text": "Тағы", "attachments": [ids[MOST]]}
    code = {"x-access-code": appeal["access_code"]}
    answer = await client.post(f"/api/v1/appeals/{appeal['number']}/supplements", json=body, headers=code)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_attachments")


async def test_the_list_is_part_of_the_message(client: httpx.AsyncClient) -> None:
    first, second = await sent(client), await sent(client, PNG, "b.png")
    key = f"key-{uuid4()}"
    answers = [await file(client, ids, key) for ids in ([first["id"]], [first["id"]], [second["id"]], [])]
    assert [answer.status_code for answer in answers] == [201, 200, 409, 409]
    assert answers[0].json() == answers[1].json()
    assert {answer.json()["code"] for answer in answers[2:]} == {"key_reused"}
    await filed(client, second["id"])  # it was given to nobody


async def test_a_repeat_after_the_upload_is_forgotten(client: httpx.AsyncClient, db: Database) -> None:
    kept, key = await sent(client), f"key-{uuid4()}"
    assert (await file(client, [kept["id"]], key)).status_code == 201
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM attachment")
    assert (await file(client, [kept["id"]], key)).status_code == 200


async def test_without_files_nothing_more_is_asked(
    client: httpx.AsyncClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object) -> None:
        raise AssertionError

    for module, name in ((linking, "lock"), (linking, "link"), (listing, "of_appeals")):
        monkeypatch.setattr(module, name, asked)
    appeal = await filed(client)
    await tracked(client, appeal)
    await office.case("operator@energy", appeal["number"])
    await office.act("operator@energy", appeal["number"], "note", text="Қараймын")


async def test_many_at_once_give_one_file_to_one_appeal(
    real_client: httpx.AsyncClient, settings: Settings
) -> None:
    kept = await sent(real_client)
    answers = await asyncio.gather(*(file(real_client, [kept["id"]]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    again = await sent(real_client)
    key = f"key-{uuid4()}"
    answers = await asyncio.gather(*(file(real_client, [again["id"]], key) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1


async def test_a_supplement_to_several_parts(client: httpx.AsyncClient, office: Office) -> None:
    appeal = await filed(client)
    number = appeal["number"]
    parts = [{"to": "health", "text": "Дәрігер туралы"}]
    await office.act("operator@energy", number, "split", parts=parts)
    kept = await sent(client)
    body = {"text": "Сурет", "attachments": [kept["id"]]}
    code = {"x-access-code": appeal["access_code"]}
    assert (
        await client.post(f"/api/v1/appeals/{number}/supplements", json=body, headers=code)
    ).status_code == 201
    assert [one["id"] for one in (await tracked(client, appeal))["attachments"]] == [kept["id"]]
    for login, case in (("operator@energy", f"{number}.0"), ("operator@health", f"{number}.1")):
        found = (await office.get(login, f"/cases/{case}")).json()
        assert [one["id"] for one in found["attachments"]] == [kept["id"]]
        person = await office.person(login)
        assert (await client.get(found["attachments"][0]["url"], headers=person.headers)).content == JPEG

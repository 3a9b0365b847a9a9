"""A citizen files an appeal and follows it, over HTTP."""

from datetime import date
from typing import Any

import httpx
import pytest

from app.appeals import history, numbers
from app.core import cipher
from app.core.db import Database

HEATING: dict[str, Any] = {
    "kind": "complaint",
    "language": "kk",
    "text": "Үйде үш күннен бері жылу жоқ.",
    "topic": "utilities",
    "region": "kz-61",
    "applicant": {
        "name": "Үлгібек Сынақбаев",
        "iin": "850615499937",
        "address": "Түркістан қ., Мысал көшесі, 5",
        "phone": "8 (701) 000-00-01",
        "email": "Ulgi@example.kz",
    },
}


async def file(
    client: httpx.AsyncClient, body: dict[str, Any] = HEATING, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await client.post("/api/v1/appeals", json=body, headers=headers)


async def one(db: Database, statement: str, appeal_id: int) -> dict[str, Any]:
    async with db.read() as connection:
        row = await connection.fetchrow(statement, appeal_id)
    assert row is not None
    return dict(row)


def id_of(filed: dict[str, Any]) -> int:
    return numbers.parse(filed["number"]).appeal_id


async def test_an_appeal_is_registered_routed_and_due(client: httpx.AsyncClient) -> None:
    answer = await file(client)
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert filed["number"].startswith("JT-")
    assert filed["status"] == "registered"
    assert filed["missing"] == []
    assert filed["agency"]["code"].startswith("akimat-turkistan")
    assert "Turkistan" in filed["route"]["reason"]
    assert date.fromisoformat(filed["due_on"]) > date.fromisoformat(filed["registered_on"])
    assert filed["receipt"]["url"] == f"/api/v1/receipts/{filed['number']}"


async def test_what_article_63_asks_for_and_is_missing_does_not_stop_it(client: httpx.AsyncClient) -> None:
    body = {"kind": "inquiry", "language": "ru", "text": "Когда откроется поликлиника?"}
    filed = (await file(client, body)).json()
    assert filed["missing"] == ["applicant.name", "applicant.address"]
    assert filed["agency"]["code"] == "administration"


async def test_a_legal_entity_gets_the_other_series(client: httpx.AsyncClient) -> None:
    body = {**HEATING, "applicant": {"type": "legal_entity", "name": "«Үлгі» ЖШС", "bin": "210140999904"}}
    assert (await file(client, body)).json()["number"].startswith("ZT-")


@pytest.mark.parametrize(
    ("language", "word"), [("kk", "Түркістан"), ("ru", "Туркестан"), ("en", "Turkistan"), ("de", "Түркістан")]
)
async def test_the_route_is_explained_in_the_callers_language(
    client: httpx.AsyncClient, language: str, word: str
) -> None:
    filed = (await file(client, headers={"accept-language": language})).json()
    assert word in filed["route"]["reason"]
    assert word in filed["agency"]["name"]


async def test_the_same_key_and_body_give_the_same_answer(client: httpx.AsyncClient) -> None:
    key = {"idempotency-key": "a-key-of-my-own-0001"}
    first, again = await file(client, headers=key), await file(client, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


async def test_the_same_key_with_another_body_is_refused_and_shows_nothing(client: httpx.AsyncClient) -> None:
    key = {"idempotency-key": "a-key-of-my-own-0002"}
    first = (await file(client, headers=key)).json()
    other = await file(client, {**HEATING, "text": "Басқа мәселе."}, key)
    assert other.status_code == 409
    assert other.json()["code"] == "key_reused"
    assert first["number"] not in other.text
    assert "жылу" not in other.text


@pytest.mark.parametrize("key", ["short", "x" * 201, "with a space in the middle", "кілт-кілт-кілт-кілт"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    answer = await client.post("/api/v1/appeals", json=HEATING, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("applicant.iin", "850615499938", "identifier_check_digit"),
        ("applicant.iin", "85061549993", "identifier_length"),
        ("applicant.bin", "210170999908", "identifier_entity_type"),
        ("applicant.email", "not an address", "email"),
        ("applicant.phone", "call me", "phone"),
        ("topic", "heatng", "unknown_code"),
        ("region", "KZ-99", "unknown_code"),
        ("addressee", "enrgy", "unknown_addressee"),
        ("kind", "petition", "enum"),
        ("text", "   ", "blank"),
        ("colour", "red", "extra_forbidden"),
    ],
)
async def test_a_wrong_field_is_named(client: httpx.AsyncClient, field: str, value: str, code: str) -> None:
    body = {**HEATING}
    outer, _, inner = field.partition(".")
    body[outer] = {**HEATING["applicant"], inner: value} if inner else value
    answer = await file(client, body)
    assert answer.status_code == 422, answer.text
    assert {"field": field, "code": code} == {k: answer.json()["errors"][0][k] for k in ("field", "code")}


async def test_the_codes_that_would_do_are_listed_without_english(client: httpx.AsyncClient) -> None:
    answer = await file(client, {**HEATING, "kind": "petition"}, {"accept-language": "ru"})
    message = answer.json()["errors"][0]["message"]
    assert message == "Должно быть одним из: statement, complaint, message, inquiry, response, proposal."


async def test_an_unknown_addressee_is_told_what_is_near(client: httpx.AsyncClient) -> None:
    answer = await file(client, {**HEATING, "addressee": "enrgy"})
    assert "energy" in answer.json()["detail"] + answer.json()["errors"][0]["message"]


async def test_what_is_personal_is_stored_encrypted_and_found_by_its_hash(
    client: httpx.AsyncClient, db: Database
) -> None:
    appeal_id = id_of((await file(client)).json())
    row = await one(db, "SELECT * FROM applicant WHERE appeal_id = $1", appeal_id)
    content = await one(db, "SELECT * FROM content WHERE appeal_id = $1", appeal_id)
    event = await one(db, "SELECT e::text AS dump FROM event e WHERE appeal_id = $1", appeal_id)
    stored = b" ".join(value for value in (*row.values(), *content.values()) if isinstance(value, bytes))
    for secret in ("Сынақбаев", "850615499937", "жылу", "Мысал"):
        assert secret.encode() not in stored
        assert secret not in event["dump"]
    lock = cipher.cipher()
    assert lock.decrypt(row["name"], "applicant.name") == "Үлгібек Сынақбаев"
    assert row["phone_hash"] == lock.search_hash("77010000001", "applicant.phone")
    assert row["email_hash"] == lock.search_hash("ulgi@example.kz", "applicant.email")


async def test_the_first_event_commits_to_the_text_by_a_salted_hash(
    client: httpx.AsyncClient, db: Database
) -> None:
    appeal_id = id_of((await file(client)).json())
    event = await one(db, "SELECT * FROM event WHERE appeal_id = $1", appeal_id)
    content = await one(db, "SELECT * FROM content WHERE appeal_id = $1", appeal_id)
    body = cipher.cipher().decrypt(content["body"], "content.body").encode()
    assert event["content_hash"] == history.content_hash(content["salt"], body)
    assert event["hash"] == history.event_hash(
        appeal_id=appeal_id,
        part=0,
        kind="registered",
        at=event["at"],
        actor=("citizen", None),
        data=event["data"],
        content=event["content_hash"],
        previous=None,
    )

"""Asking: what is known first, and nothing is registered until none of it helped."""

import asyncio
from typing import Any

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.intake.tickets.centre import good, refused
from tests.questions.faq import AIRPORT, HEATING, Faq

WHO = {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"}


async def test_first_what_is_known_and_nothing_is_registered(faq: Faq) -> None:
    heating = await faq.written(HEATING)
    await faq.written(AIRPORT)
    before = await faq.value("SELECT count(*) FROM appeal")
    asked = good(await faq.ask())
    assert [one["id"] for one in asked["found"]] == [heating["id"]]
    assert asked["found"][0]["answer"] == HEATING["kk"]["answer"]
    assert asked["registration"] is None
    assert "confirm" in asked["sentence"]
    assert await faq.value("SELECT count(*) FROM appeal") == before


async def test_where_nothing_is_known_it_is_still_asked_first(faq: Faq) -> None:
    asked = good(await faq.ask(text="Зообаққа қалай барамын?"))
    assert (asked["found"], asked["registration"]) == ([], None)


async def test_once_confirmed_it_is_an_appeal_like_any_other(faq: Faq) -> None:
    await faq.written(HEATING)
    asked = good(await faq.ask(agency="energy", applicant=WHO, confirm=True), 201)
    assert asked["found"] == []
    registration = asked["registration"]
    assert (registration["agency"]["code"], registration["missing"]) == ("energy", [])
    row = await faq.value(
        "SELECT (a.kind, a.channel, s.code, h.status)::text FROM appeal a "
        "JOIN source s ON s.id = a.source_id JOIN holding h ON h.appeal_id = a.id"
    )
    assert row == "(inquiry,reception_room,citizen-api,registered)"
    tracked = await faq.client.get(
        f"/api/v1/appeals/{registration['number']}", headers={"x-access-code": registration["access_code"]}
    )
    assert good(tracked)["due_on"] == registration["due_on"]
    assert await faq.office.queue("operator@energy") == [registration["number"]]


async def test_for_whom_by_name_too(faq: Faq) -> None:
    asked = good(await faq.ask(agency="Министерство энергетики", confirm=True), 201)
    assert asked["registration"]["agency"]["code"] == "energy"


async def test_confirmed_twice_it_is_one(faq: Faq) -> None:
    key = "question-of-somebody-1"
    first = good(await faq.ask(key, confirm=True), 201)
    again = good(await faq.ask(key, confirm=True))
    assert again["registration"] == first["registration"]
    refused(await faq.ask(key, confirm=True, text="Басқа сұрақ"), 409, "key_reused")


async def test_a_key_of_a_question_is_not_one_of_an_appeal(faq: Faq) -> None:
    key = "the-same-key-for-both"
    asked = good(await faq.ask(key, confirm=True), 201)
    said = {"kind": "inquiry", "language": "kk", "text": "Үйде жылу жоқ, қайда хабарласамын?"}
    filed = await faq.client.post("/api/v1/appeals", json=said, headers={"idempotency-key": key})
    assert good(filed, 201)["number"] != asked["registration"]["number"]


async def test_pressed_six_times_at_once(real_db: Database, real_client: httpx.AsyncClient) -> None:
    faq = Faq(real_client, Office(real_db, real_client))
    answers = await asyncio.gather(*(faq.ask("pressed-six-times-at-once", confirm=True) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert await faq.value("SELECT count(*) FROM appeal") == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " "}, "text"),
        ({"language": "de"}, "language"),
        ({"agency": "nowhere"}, "agency"),
        ({"topic": "nothing"}, "topic"),
        ({"confirm": "yes"}, "confirm"),
        ({"kind": "complaint"}, "kind"),
        ({"applicant": {"iin": "1"}, "confirm": True}, "applicant.iin"),
        ({"region": "KZ-99", "confirm": True}, "region"),
    ],
)
async def test_a_wrong_question(faq: Faq, said: dict[str, Any], field: str) -> None:
    assert field in refused(await faq.ask(**said), 422, "invalid")
    assert await faq.value("SELECT count(*) FROM appeal") == 0


async def test_a_long_question_is_searched_too(faq: Faq) -> None:
    heating = await faq.written(HEATING)
    asked = good(await faq.ask(text="Үйде жылу жоқ. " + "Өтініш айтамын. " * 3_000))
    assert [one["id"] for one in asked["found"]] == [heating["id"]]

"""Appeals like a case: by rare words and place, of the body's own, never past a wall."""

from typing import Any

import httpx
import pytest

from app.appeals.numbers import parse
from app.casework.likeness import LEAST, MOST, alike
from app.core.db import Database
from app.staff.permissions import Role
from tests.casework.people import ANSWER, Office
from tests.web.office.conftest import entered

HEATING = "Кентау қаласы, Абай көшесі 12 үйде қазандық тоқтап, жылу жоқ. Балалар суықта отыр."
AGAIN = "Абай көшесі 12, Кентау: қазандық әлі тоқтап тұр, жылу жоқ, үй суық."
LAMP = "Мектеп алдындағы жолда шам жанбайды, кешке қараңғы болады."


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


def test_what_is_rare_weighs_more_and_the_likest_come_first() -> None:
    common = {1, 2, 3, 4}
    others = [common | {50 + n} for n in range(20)]
    assert alike({*common, 9, 10}, [*others, {*common, 9, 10}, {9, 10}, {77}])[0].place == 20
    found = alike({*common, 9, 10}, [*others, {9, 10, 1}])
    assert found[0].place == 20, "two rare words say more than four that all have"
    assert len(found) <= MOST
    assert all(like.likeness >= LEAST for like in found)
    assert alike(set(), [set()]) == []


async def test_the_like_are_listed_with_their_beginnings(office: Office) -> None:
    about: dict[str, Any] = {"topic": "utilities", "region": "KZ-61", "addressee": "energy"}
    first = (await office.file(**about, text=HEATING)).number
    for n in range(3):
        await office.file(**about, text=f"{LAMP} {n}-көше.")
    elsewhere = (await office.file(**about | {"addressee": "health"}, text=HEATING)).number
    other_topic = (await office.file(**about | {"topic": "tax"}, text=HEATING)).number
    number = (await office.file(**about, text=AGAIN)).number
    answer = await office.get("operator@energy", f"/cases/{number}/similar")
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    assert (found["number"], found["beginning"], found["open"]) == (first, HEATING, True)
    assert LEAST <= found["likeness"] < 1
    assert not {elsewhere, other_topic} & {found["number"]}
    assert (await office.get("operator@health", f"/cases/{number}/similar")).status_code == 404
    assert (await office.get("admin@administration", f"/cases/{number}/similar")).status_code in {403, 404}


async def test_a_complaint_about_ones_own_answer_is_not_like_anything(office: Office) -> None:
    """Who signed what is complained of would find the complaint by its words else (A08)."""
    about: dict[str, Any] = {"topic": "utilities", "region": "KZ-61", "addressee": "energy", "text": HEATING}
    answered = (await office.file(**about, kind="statement")).number
    await office.act("operator@energy", answered, "answer", **ANSWER)
    said = about | {"addressee": None, "topic": None, "complaint_about": parse(answered)}
    complaint = await office.file(**said)
    number = (await office.file(**about)).number
    signer = (await office.get("operator@energy", f"/cases/{number}/similar")).json()["items"]
    assert [one["number"] for one in signer] == [answered]
    colleague = (await office.get("another@energy", f"/cases/{number}/similar")).json()["items"]
    assert {one["number"] for one in colleague} == {answered, complaint.number}


async def test_a_part_is_like_others_by_what_it_asks_for(office: Office) -> None:
    about: dict[str, Any] = {"topic": "utilities", "region": "KZ-61", "text": HEATING}
    number = (await office.file(**about, addressee="energy")).number
    parts = [{"to": "health", "text": LAMP}, {"to": "ecology", "text": "Қазандықтың түтіні көп."}]
    await office.act("operator@energy", number, "split", parts=parts)
    alike = (await office.file(**about | {"text": LAMP}, addressee="health")).number
    await office.file(**about, addressee="health")  # like the whole, which the part does not ask for
    (found,) = (await office.get("operator@health", f"/cases/{number}.1/similar")).json()["items"]
    assert found["number"] == alike
    (found,) = (await office.get("operator@health", f"/cases/{alike}/similar")).json()["items"]
    assert (found["number"], found["beginning"]) == (f"{number}.1", LAMP)


async def test_the_page_shows_them_when_asked(office: Office) -> None:
    about: dict[str, Any] = {"topic": "utilities", "region": "KZ-61", "addressee": "energy"}
    first = (await office.file(**about, text=HEATING)).number
    number = (await office.file(**about, text=AGAIN)).number
    await entered(office, "similar@energy", Role.HEAD)
    page = f"/office/cases/{number}"
    assert f'href="{page}/similar#similar"' in (await office.client.get(page)).text
    shown = (await office.client.get(f"{page}/similar")).text
    assert f'href="/office/cases/{first}"' in shown
    assert "% alike" in shown
    assert (await office.client.get("/office/cases/JT-2008-00000001/similar")).status_code == 404

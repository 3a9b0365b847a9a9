"""Personal reception on the pages: choosing body, leader and hour, booking, changing, cancelling; how often
one network books and files, by the pages and the calls together."""

import asyncio
from typing import Any

import httpx
import pytest
from limits import RateLimitItemPerMinute

from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from app.intake import limits
from tests.casework.people import Office
from tests.reception.desk import DEPUTY, LINK, ROOT, Desk, booking, reception, working_day
from tests.web.forms import begun, found, token

WHO = {
    "persons.0.name": "Үлгібек Сынақбаев",
    "subject": "Жер учаскесі туралы",
    "contact.email": "ulgibek@post.example",
    "language": "kk",
}


@pytest.fixture
def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    return Desk(Office(db, client))


async def booked(client: httpx.AsyncClient, slot: int, **changed: str) -> httpx.Response:
    form = {"form": await begun(client)}
    return await client.post(f"/receptions/slots/{slot}", data=form | WHO | changed)


async def number_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2].partition("?")[0]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_from_the_body_to_the_booking(desk: Desk, lang: Language) -> None:
    slots = await desk.slots(reception(), reception(working_day(12), leader=DEPUTY))
    client = desk.client
    form = {"form": await begun(client, lang)}
    page = await client.get("/receptions")
    page = await client.get(found(r'href="(/receptions\?agency=labour)"', page))
    page = await client.get(
        found(r'href="(/receptions\?agency=labour&amp;leader=\d+)"', page).replace("amp;", "")
    )
    assert f'href="/receptions/slots/{slots[0]}"' in page.text
    assert f'href="/receptions/slots/{slots[2]}"' not in page.text, "another leader's"
    page = await client.get(f"/receptions/slots/{slots[0]}")
    key = {"key": found(r'name="key" value="([^"]+)"', page)}
    made = await client.post(f"/receptions/slots/{slots[0]}", data=form | WHO | key)
    again = await client.post(f"/receptions/slots/{slots[0]}", data=form | WHO | key)
    assert made.headers["location"] == again.headers["location"], "pressed twice is booked once"
    page = await client.get(made.headers["location"])
    assert t("booking.made", lang) in page.text
    assert t("booking.reminder", lang) in page.text
    code = found(r'class="figure whole">([A-Z0-9]{4}(?:-[A-Z0-9]{4}){3})<', page)
    number = await number_of(made)
    called = await client.get(f"{ROOT}/bookings/{number}", headers={"X-Access-Code": code})
    assert called.json()["state"] == "booked"


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(desk: Desk) -> None:
    slot, _ = await desk.slots()
    page = await booked(desk.client, slot, **{"subject": " ", "contact.email": "", "persons.0.iin": "1"})
    assert page.status_code == 422
    for field in ("subject", "contact.phone", "persons.0.iin"):
        assert f'id="{field}-wrong"' in page.text
    assert 'value="Үлгібек Сынақбаев"' in page.text
    many = await booked(desk.client, slot, others="Айгүл Мысалова\nБерік Мысалов")
    assert many.status_code == 422
    assert 'id="others-wrong"' in many.text
    assert "Берік Мысалов" in many.text


async def test_a_group_takes_its_places_and_the_next_is_told(desk: Desk) -> None:
    slot, other = await desk.slots()
    await number_of(await booked(desk.client, slot, others="Айгүл Мысалова"))
    late = await booked(desk.client, slot, **{"contact.email": "other@post.example"})
    assert late.status_code == 422
    assert t("booking.gone", "kk") in late.text
    page = await desk.client.get("/receptions?agency=labour")
    assert f"/receptions/slots/{slot}" not in page.text
    assert f"/receptions/slots/{other}" in page.text


async def test_a_form_without_its_token_books_nothing_and_keeps_its_words(desk: Desk) -> None:
    slot, _ = await desk.slots()
    await begun(desk.client)
    page = await desk.client.post(f"/receptions/slots/{slot}", data=WHO)
    assert page.status_code == 422
    assert t("form.expired", "kk") in page.text
    assert 'value="Үлгібек Сынақбаев"' in page.text
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await desk.client.post(f"/receptions/slots/{slot}", data=WHO, headers=cross)).status_code == 403
    async with desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM booking") == 0


async def test_seeing_changing_and_cancelling_with_the_code(desk: Desk) -> None:
    video = reception(mode="video", place=None, video_link=LINK)
    slot, other = await desk.slots(video)
    client = desk.client
    made = await booked(client, slot)
    number = await number_of(made)
    page = await client.get(made.headers["location"])
    code, form = found(r'class="figure whole">([A-Z0-9-]{19})<', page), token(page)
    assert LINK in page.text
    await client.post(f"/bookings/{number}/close", data={"form": form})
    closed = await client.get(f"/bookings/{number}")
    assert t("booking.find.title", "kk") in closed.text
    assert LINK not in closed.text
    wrong = await client.post(
        "/bookings", data={"form": form, "number": number, "code": "AAAA-BBBB-CCCC-DDDD"}
    )
    assert t("booking.code.wrong", "kk") in wrong.text
    typed = number.replace("QJ", "қж").replace("-", "")
    opened = await client.post("/bookings", data={"form": form, "number": typed, "code": code})
    assert opened.headers["location"] == f"/bookings/{number}"

    page = await client.get(f"/bookings/{number}/change")
    assert f'value="{other}"' in page.text
    assert f'value="{slot}"' not in page.text
    none = await client.post(f"/bookings/{number}/change", data={"form": form})
    assert t("booking.change.none", "kk") in none.text
    moved = await client.post(f"/bookings/{number}/change", data={"form": form, "slot": str(other)})
    newer = await number_of(moved)
    assert newer != number
    assert t("booking.state.moved", "kk") in (await client.get(f"/bookings/{number}")).text
    await client.post(f"/bookings/{newer}/cancellation", data={"form": form})
    page = await client.get(f"/bookings/{newer}")
    assert t("booking.state.cancelled", "kk") in page.text
    assert LINK not in page.text
    late = await client.post(f"/bookings/{newer}/change", data={"form": form, "slot": str(slot)})
    assert late.status_code == 422


async def test_guessing_a_code_gets_slow(desk: Desk) -> None:
    form = {"form": await begun(desk.client), "number": "QJ-00000001", "code": "AAAA-BBBB-CCCC-DDDD"}
    said = [await desk.client.post("/bookings", data=form) for _ in range(11)]
    assert t("booking.code.wrong", "kk") in said[9].text
    assert t("booking.code.wrong", "kk") not in said[10].text


async def test_a_network_books_so_often_by_page_and_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BOOKING", RateLimitItemPerMinute(2, 15, namespace="booking"))
    slots = await desk.slots(reception(), reception(working_day(12)))
    assert (await booked(desk.client, slots[0])).status_code == 303
    said = booking(slots[2], "Айгүл Мысалова", contact={"email": "aigul@post.example"})
    assert (await desk.client.post(f"{ROOT}/bookings", json=said)).status_code == 201
    late = await desk.client.post(f"{ROOT}/bookings", json=booking(slots[1], "Берік Мысалов"))
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(late.headers["retry-after"]) <= 900
    page = await booked(desk.client, slots[1])
    assert page.status_code == 422
    assert 'value="Үлгібек Сынақбаев"' in page.text


async def test_a_network_files_so_often_by_page_and_call(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FILING", RateLimitItemPerMinute(1, 15, namespace="filing"))
    monkeypatch.setattr(limits, "SLOWED_SECONDS", 0.3)
    appeal: dict[str, Any] = {"kind": "complaint", "language": "kk", "text": "Жарық жоқ."}
    assert (await client.post("/api/v1/appeals", json=appeal)).status_code == 201
    assert (await client.post("/api/v1/appeals", json=appeal)).status_code == 429
    asked = {"text": "Жарық жоқ.", "language": "kk", "confirm": True}
    assert (await client.post("/api/v1/questions", json=asked)).status_code == 429
    form = {"form": await begun(client)}
    await client.post("/write/what", data=form | {"text": "Жарық жоқ.", "kind": "complaint"})
    await client.post("/write/topic", data=form | {"topic": "utilities"})
    began = asyncio.get_running_loop().time()
    sent = await client.post("/write/check", data=form)
    assert asyncio.get_running_loop().time() - began >= 0.3, "the page is slower"
    assert sent.status_code == 303, "and nobody is refused for their network alone"
    assert sent.headers["location"].startswith("/appeals/JT-")

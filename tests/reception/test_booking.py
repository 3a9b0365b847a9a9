"""Booking a place: who holds the code sees, changes and cancels it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.appeals.identifiers import Sex
from app.core import clock
from app.demo.people import make_iin
from app.reception.quarters import Quarter
from app.reception.reminders import forget
from tests.reception.desk import DEPUTY, LINK, ROOT, Desk, booking, reception, working_day

IIN = make_iin(date(1980, 5, 4), Sex.MALE, 9001)


async def test_what_who_books_is_told(desk: Desk) -> None:
    first, _ = await desk.slots(reception(bring={"ru": "Акт на землю"}))
    booked = await desk.book(first, "Үлгібек Сынақбаев", "Айгүл Мысалова")
    assert booked["number"].startswith("QJ-")
    assert (booked["state"], booked["persons"]) == ("booked", 2)
    assert booked["place"] == "Астана қ., Мысал даңғылы, 8"
    assert booked["bring"] == ["Please bring an identity document.", "Акт на землю"]
    assert booked["when"].endswith(", 10:00")
    assert (await desk.free()) == [0, 2]
    found = (await desk.mine(booked)).json()
    assert found == booked | {"access_code": None}
    shown = (await desk.mine(booked | {"number": booked["number"].replace("QJ", "қж")}, lang="kk")).json()
    assert shown["when"].endswith(", сағат 10:00")


async def test_personal_data_is_encrypted(desk: Desk) -> None:
    first, _ = await desk.slots()
    persons = [{"name": "Үлгібек Сынақбаев", "iin": IIN, "address": "Мысал көшесі, 5"}]
    await desk.book(first, persons=persons, contact={"phone": "+7 700 000 00 01", "email": "a@post.example"})
    async with desk.office.db.read() as connection:
        text = await connection.fetchval(
            "SELECT (SELECT string_agg(b::text, ' ') FROM booking b) || (SELECT string_agg(v::text, ' ') "
            "FROM visitor v) || (SELECT string_agg(n::text, ' ') FROM notice n)"
        )
    for secret in ("Сынақбаев", IIN, "Мысал", "700 000 00", "70000000", "post.example", "Жер"):
        assert secret not in text
        assert secret.encode().hex() not in text


async def test_a_stranger_sees_nothing(desk: Desk) -> None:
    first, second = await desk.slots()
    booked, other = await desk.book(first), await desk.book(second)
    for wrong in (other["access_code"], "AAAA-AAAA-AAAA-AAAA", "x" * 5000):
        answer = await desk.mine(booked | {"access_code": wrong})
        assert (answer.status_code, answer.json()["code"]) == (404, "booking_not_found")
    answer = await desk.client.get(f"{ROOT}/bookings/{booked['number']}")
    assert (answer.status_code, answer.json()["code"]) == (401, "access_code_missing")
    for number in ("QJ-99999999", "JT-2026-00000001", "QJ-00000000", "QJ-" + "9" * 30, "😀"):
        answer = await desk.mine(booked | {"number": number})
        assert answer.status_code == 404, number


async def test_the_same_message_again_is_the_same_booking(desk: Desk) -> None:
    first, second = await desk.slots()
    key = "a-key-of-my-own-0001"
    booked = await desk.book(first, key=key)
    again = await desk.try_book(first, key=key)
    assert (again.status_code, again.json()) == (200, booked)
    other = await desk.try_book(second, key=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert booked["number"] not in other.text
    assert await desk.free() == [1, 2]


async def test_nobody_books_the_same_time_twice(desk: Desk) -> None:
    ours, _, deputy, later = await desk.slots(reception(), reception(leader=DEPUTY))
    who: dict[str, Any] = {"persons": [{"name": "Үлгібек Сынақбаев", "iin": IIN}]}
    await desk.book(ours, **who)
    for slot in (ours, deputy):  # at another leader's at the same time neither
        answer = await desk.try_book(slot, **who)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_booked")
    await desk.book(later, **who)
    phone = {"contact": {"phone": "8 (700) 000-00-01"}}
    await desk.book(ours, **phone)
    answer = await desk.try_book(deputy, contact={"phone": "+7 700 000 00 01"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_booked")
    assert await desk.free() == [0, 2, 2, 1]


async def test_no_more_than_there_are_places(desk: Desk) -> None:
    first, _ = await desk.slots()
    await desk.book(first)
    answer = await desk.try_book(first, "А", "Б")
    assert (answer.status_code, answer.json()["code"], answer.json()["free"]) == (409, "slot_full", 1)
    await desk.book(first)
    assert (await desk.try_book(first)).json()["free"] == 0


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"persons": []}, "persons", "too_short"),
        ({"persons": [{"name": " "}]}, "persons.0.name", "blank"),
        ({"persons": [{"name": "А", "iin": "123456789012"}]}, "persons.0.iin", None),
        (
            {"persons": [{"name": "А", "iin": IIN}, {"name": "Б", "iin": IIN}]},
            "persons.1.iin",
            "person_twice",
        ),
        ({"persons": [{"name": "А"}] * 3}, "persons", "group_too_large"),
        ({"contact": {}}, "contact", "no_contact"),
        ({"contact": {"email": "nobody"}}, "contact.email", "email"),
        ({"subject": "\n"}, "subject", "blank"),
        ({"subject": "ж" * 301}, "subject", "string_too_long"),
        ({"language": "de"}, "language", "enum"),
        ({"slot": "1"}, "slot", "int_type"),
        ({"slot": 2**63}, "slot", "less_than_equal"),
    ],
)
async def test_a_booking_that_is_refused(
    desk: Desk, changed: dict[str, Any], field: str, code: str | None
) -> None:
    first, _ = await desk.slots()
    answer = await desk.client.post(f"{ROOT}/bookings", json=booking(first) | changed)
    assert answer.status_code == 422, answer.text
    found = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert field in found
    assert code in (None, found[field])
    assert await desk.free() == [2, 2]


async def test_what_is_not_there_to_be_booked(desk: Desk) -> None:
    drafted = await desk.draft([reception()], Quarter.of(working_day()))
    slot = drafted["receptions"][0]["slots"][0]["id"]
    for nothing in (slot, 2**63 - 1):
        answer = await desk.try_book(nothing)
        assert (answer.status_code, answer.json()["code"]) == (404, "slot_not_found")
    (published,) = await desk.publish()
    begins_at = datetime.fromisoformat(published["slots"][0]["begins_at"])
    with time_machine.travel(begins_at, tick=False):
        answer = await desk.try_book(published["slots"][0]["id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "slot_over")
        assert await desk.free() == [0, 2]


async def test_a_place_that_is_given_back_is_free(desk: Desk) -> None:
    first, _ = await desk.slots()
    who: dict[str, Any] = {"persons": [{"name": "Үлгібек Сынақбаев", "iin": IIN}]}
    booked = await desk.book(first, **who)
    for _ in range(2):
        answer = await desk.mine(booked, "cancellation")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert await desk.free() == [2, 2]
    await desk.book(first, **who)
    answer = await desk.mine(booked, "change", {"slot": first})
    assert (answer.status_code, answer.json()["code"]) == (409, "booking_over")


async def test_nothing_is_given_back_once_it_has_begun(desk: Desk) -> None:
    (published,) = await desk.publish()
    booked = await desk.book(published["slots"][0]["id"])
    with time_machine.travel(datetime.fromisoformat(published["slots"][0]["begins_at"]), tick=False):
        answer = await desk.mine(booked, "cancellation")
        assert (answer.status_code, answer.json()["code"]) == (409, "booking_over")


async def test_changing_the_slot_is_all_or_nothing(desk: Desk) -> None:
    first, second, *_ = await desk.slots(
        reception(), reception(leader=DEPUTY, begins="15:00", ends="15:30", capacity=1, group_max=1)
    )
    booked = await desk.book(first, persons=[{"name": "Үлгібек Сынақбаев", "iin": IIN}])
    await desk.book(second, "А", "Б")
    full = await desk.mine(booked, "change", {"slot": second})
    assert (full.status_code, full.json()["code"]) == (409, "slot_full")
    assert (await desk.mine(booked)).json()["state"] == "booked"
    third = _[0]
    answer = await desk.mine(booked, "change", {"slot": third})
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert new["number"] != booked["number"]
    again = await desk.mine(booked, "change", {"slot": third})
    assert (again.status_code, again.json()) == (200, new)
    old = (await desk.mine(booked)).json()
    assert (old["state"], old["moved_to"], old["video_link"]) == ("moved", new["number"], None)
    assert await desk.free() == [2, 0, 0]
    assert (await desk.mine(new)).json()["state"] == "booked"
    back = await desk.mine(booked, "cancellation")
    assert (back.status_code, back.json()["code"]) == (409, "booking_over")


async def test_the_slot_of_another_body_is_no_change(desk: Desk) -> None:
    first, _ = await desk.slots()
    elsewhere, _ = await Desk(desk.office, "health").slots()
    booked = await desk.book(first)
    answer = await desk.mine(booked, "change", {"slot": elsewhere})
    assert (answer.status_code, answer.json()["code"]) == (404, "slot_not_found")
    assert (await desk.mine(booked)).json()["state"] == "booked"


async def test_only_who_has_booked_is_shown_the_video_link(desk: Desk) -> None:
    first, _ = await desk.slots(reception(mode="video", place=None, video_link=LINK))
    booked = await desk.book(first)
    assert booked["video_link"] == LINK
    answer = await desk.mine(booked, "cancellation")
    assert LINK not in answer.text


async def test_what_the_body_calls_off(desk: Desk) -> None:
    first, second = await desk.slots()
    booked, other = await desk.book(first), await desk.book(second)
    path = f"/slots/{first}/cancellation"
    for _ in range(2):
        answer = await desk.call("operator", "POST", path, {"reason": "Басшы іссапарда"})
        assert (answer.status_code, answer.json()) == (200, {"slots": 1, "bookings": 1})
    found = (await desk.mine(booked)).json()
    assert (found["state"], found["reason"]) == ("called_off", "Басшы іссапарда")
    assert found["next"]["slot"] == second
    assert (await desk.mine(other)).json()["state"] == "booked"
    refused = await desk.try_book(first)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_over")
    elsewhere = await Desk(desk.office, "health").call("operator", "POST", path, {"reason": "Іссапар"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "slot_not_found")
    shown = (await desk.timetable())["items"][0]["slots"][0]
    assert (shown["called_off"], shown["reason"], shown["free"]) == (True, "Басшы іссапарда", 0)


async def test_wrong_codes_get_slow(desk: Desk) -> None:
    first, _ = await desk.slots()
    booked = await desk.book(first)
    for _ in range(10):
        await desk.mine(booked | {"access_code": "AAAA-AAAA-AAAA-AAAA"})
    assert (await desk.mine(booked)).status_code == 429


async def test_a_key_is_forgotten_after_a_month(desk: Desk) -> None:
    first, _ = await desk.slots()
    await desk.book(first, key="a-key-of-my-own-0002")
    await forget(desk.office.db)
    count = "SELECT count(*) FROM booking WHERE key IS NOT NULL"
    async with desk.office.db.read() as connection:
        assert await connection.fetchval(count) == 1
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        await forget(desk.office.db)
    async with desk.office.db.read() as connection:
        assert await connection.fetchval(count) == 0

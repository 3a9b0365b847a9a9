"""Real commits at the same moment: no place is given twice, and nobody waits in a ring."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import httpx

from app.appeals.identifiers import Sex
from app.demo.people import make_iin
from tests.reception.desk import DEPUTY, Desk, reception

IIN = make_iin(date(1980, 5, 4), Sex.MALE, 9001)


def codes(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


async def check(desk: Desk) -> None:
    """What is taken of a slot is what its bookings that stand have taken."""
    async with desk.office.db.read() as connection:
        wrong = await connection.fetch(
            """SELECT s.id FROM reception_slot s
               LEFT JOIN booking b ON b.slot_id = s.id AND b.state = 'booked'
               GROUP BY s.id HAVING s.taken <> coalesce(sum(b.persons), 0) OR s.taken > s.capacity"""
        )
        stray = await connection.fetchval(
            """SELECT count(*) FROM visitor v JOIN booking b ON b.id = v.booking_id
               WHERE v.stands <> (b.state = 'booked')"""
        )
    assert (wrong, stray) == ([], 0)


async def test_thirty_people_at_five_places(real_desk: Desk) -> None:
    first, _ = await real_desk.slots(reception(capacity=5))
    answers = await asyncio.gather(*(real_desk.try_book(first, f"Адам {n}") for n in range(30)))
    assert codes(answers) == {(201, ""): 5, (409, "slot_full"): 25}
    assert len({answer.json()["number"] for answer in answers if answer.status_code == 201}) == 5
    await check(real_desk)


async def test_groups_of_two_at_five_places(real_desk: Desk) -> None:
    first, _ = await real_desk.slots(reception(capacity=5))
    answers = await asyncio.gather(*(real_desk.try_book(first, "А", "Б") for _ in range(12)))
    assert codes(answers) == {(201, ""): 2, (409, "slot_full"): 10}
    assert await real_desk.free() == [1, 5]
    await check(real_desk)


async def test_one_message_sent_ten_times_at_once(real_desk: Desk) -> None:
    first, _ = await real_desk.slots(reception(capacity=5))
    answers = await asyncio.gather(*(real_desk.try_book(first, key="the-same-key-0001") for _ in range(10)))
    assert codes(answers) == {(201, ""): 1, (200, ""): 9}
    assert len({answer.text for answer in answers}) == 1
    await check(real_desk)


async def test_one_person_ten_times_at_once(real_desk: Desk) -> None:
    ours, _, deputy, _ = await real_desk.slots(reception(capacity=10), reception(leader=DEPUTY, capacity=10))
    who: dict[str, Any] = {"persons": [{"name": "Үлгібек Сынақбаев", "iin": IIN}]}
    answers = await asyncio.gather(
        *(real_desk.try_book(slot, **who) for slot in (ours, deputy) for _ in range(5))
    )
    assert codes(answers) == {(201, ""): 1, (409, "already_booked"): 9}
    await check(real_desk)


async def test_two_change_places_and_others_come_between(real_desk: Desk) -> None:
    """Whoever moves and whoever is first: nothing is lost, and nobody stands twice."""
    first, second = await real_desk.slots(reception(capacity=2))
    booked = [await real_desk.book(slot) for slot in (first, second)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(real_desk.mine(booked[0], "change", {"slot": second}) for _ in range(3)),
            *(real_desk.mine(booked[1], "change", {"slot": first}) for _ in range(3)),
            *(real_desk.try_book(slot) for slot in (first, second) for _ in range(3)),
        )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    await check(real_desk)
    standing = [(await real_desk.mine(one)).json()["state"] for one in booked]
    assert set(standing) <= {"booked", "moved"}


async def test_a_slot_is_called_off_while_people_book_and_cancel(real_desk: Desk) -> None:
    first, _ = await real_desk.slots(reception(capacity=20))
    booked = [await real_desk.book(first) for _ in range(6)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(real_desk.try_book(first) for _ in range(6)),
            real_desk.call("operator", "POST", f"/slots/{first}/cancellation", {"reason": "Іссапар"}),
            *(real_desk.mine(one, "cancellation") for one in booked),
            real_desk.call("head", "POST", f"/slots/{first}/cancellation", {"reason": "Іссапар"}),
        )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    await check(real_desk)
    async with real_desk.office.db.read() as connection:
        assert await connection.fetchval("SELECT taken FROM reception_slot WHERE id = $1", first) == 0
        told = await connection.fetch(
            """SELECT b.id, array_agg(n.kind) AS kinds FROM booking b JOIN notice n ON n.booking_id = b.id
               GROUP BY b.id"""
        )
    assert all(len(row["kinds"]) == 2 == len(set(row["kinds"])) for row in told), "booked, then one ending"

"""Control: a case, or all on a topic; who, why and until when; what an order took is lifted when it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from app.core import clock
from app.core.db import Database
from app.oversight.cli import verified
from app.oversight.control import orders
from app.oversight.control.orders import carry_out
from tests.casework.people import ANSWER, Office

CONTROLLER = "controller@administration"
NOW = "2026-11-24T10:00+05:00"


@dataclass
class Controlling(Office):
    async def post(self, path: str, login: str = CONTROLLER, **body: Any) -> httpx.Response:
        headers = (await self.person(login)).headers
        return await self.client.post(f"/api/v1/control{path}", headers=headers, json=body)

    async def order(self, **changes: Any) -> dict[str, Any]:
        body = {"topic": "utilities", "from": "2026-11-01", "reason": "Жылу маусымы басталды."} | changes
        answer = await self.post("/orders", **body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def end(self, id_: int, login: str = CONTROLLER) -> httpx.Response:
        headers = (await self.person(login)).headers
        return await self.client.delete(f"/api/v1/control/orders/{id_}", headers=headers)

    async def listed(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.get(CONTROLLER, "/control/cases", **params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def numbers(self, **params: Any) -> set[str]:
        return {item["number"] for item in await self.listed(**params)}

    async def orders(self) -> list[dict[str, Any]]:
        answer = await self.get(CONTROLLER, "/control/orders")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
def here(
    db: Database, client: httpx.AsyncClient, time_machine: time_machine.TimeMachineFixture
) -> Controlling:
    time_machine.move_to(datetime.fromisoformat(NOW), tick=False)
    return Controlling(db, client)


async def test_one_case_says_who_why_and_until_when(here: Controlling) -> None:
    filed = await here.file()
    until = (clock.today() + timedelta(days=3)).isoformat()
    await here.act(CONTROLLER, filed.number, "control", on=True, reason="Парламент сұрады.", control_on=until)
    (item,) = await here.listed(lang="en")
    assert item["number"] == filed.number
    assert item["control"] == {
        "by": {"name": f"Сынақ {CONTROLLER}", "login": CONTROLLER},
        "at": item["control"]["at"],
        "reason": "Парламент сұрады.",
        "until": until,
        "past": False,
        "order": None,
    }
    await here.act(CONTROLLER, filed.number, "control", on=False, reason="Шешілді.")
    assert await here.listed() == []


async def test_an_order_takes_what_there_is_and_what_comes_later(here: Controlling) -> None:
    before = await here.file(datetime.fromisoformat("2026-10-30T10:00+05:00"))
    there, other, elsewhere = (
        await here.file(),
        await here.file(topic="land"),
        await here.file(region="KZ-61"),
    )
    order = await here.order(until="2026-12-01")
    assert (order["taken"], order["given_by"]["login"]) == (0, CONTROLLER)
    await carry_out(here.db)
    assert await here.numbers() == {there.number, elsewhere.number}
    later = await here.file()
    await carry_out(here.db)
    assert await here.numbers(order=order["id"]) == {there.number, elsewhere.number, later.number}
    (item, *_) = await here.listed()
    assert (item["control"]["order"], item["control"]["until"]) == (order["id"], "2026-12-01")
    assert item["control"]["reason"] == "Жылу маусымы басталды."
    assert (await here.orders())[0]["taken"] == 3
    assert not {before.number, other.number} & await here.numbers()
    events = (await here.get(CONTROLLER, f"/cases/{there.number}/events")).json()
    assert "control_taken" in str(events)
    assert not await verified(here.db, lambda done, all_: None)


async def test_by_region_and_agency(here: Controlling) -> None:
    here_, there = await here.file(region="KZ-61"), await here.file(region="KZ-47")
    health = await here.file(addressee="health")
    await here.order(region="kz-61")
    await here.order(agency="health")
    await carry_out(here.db)
    assert await here.numbers() == {here_.number, health.number}
    assert await here.numbers(agency="health") == {health.number}
    assert there.number not in await here.numbers()


async def test_ending_an_order_lifts_what_it_took_and_nothing_else(here: Controlling) -> None:
    taken = await here.file()
    order = await here.order()
    await carry_out(here.db)
    by_hand = await here.file()
    await here.act(CONTROLLER, by_hand.number, "control", on=True, reason="Жеке бақылау.")
    for _ in range(2):
        ended = await here.end(order["id"])
        assert ended.status_code == 200
        assert ended.json()["ended_by"]["login"] == CONTROLLER
    later = await here.file()
    await carry_out(here.db)
    await carry_out(here.db)
    assert await here.numbers() == {by_hand.number}
    (shown,) = await here.orders()
    assert (shown["taken"], shown["lifted"]) == (1, 1)
    assert shown["released_at"]
    assert not (await here.case(CONTROLLER, taken.number))["on_control"]
    assert later.number not in await here.numbers()


async def test_what_is_lifted_by_hand_is_not_taken_again(here: Controlling) -> None:
    filed = await here.file()
    await here.order()
    await carry_out(here.db)
    await here.act(CONTROLLER, filed.number, "control", on=False, reason="Қажет емес.")
    await carry_out(here.db)
    assert await here.listed() == []


async def test_a_case_is_followed_to_the_next_body(here: Controlling) -> None:
    filed = await here.file()
    await here.order()
    await carry_out(here.db)
    await here.act("operator@energy", filed.number, "forward", to="health", reason="Құзыреті бойынша.")
    for _ in range(2):
        (item,) = await here.listed()
        assert (item["number"], item["agency"]["code"]) == (filed.number, "health")
        assert item["control"]["order"]
        await carry_out(here.db)
    assert (await here.orders())[0]["taken"] == 1


async def test_what_is_split_off_stays_under_control_until_the_order_ends(here: Controlling) -> None:
    filed = await here.file()
    order = await here.order()
    await carry_out(here.db)
    parts = [{"to": "health", "text": "Емхана туралы"}]
    await here.act("operator@energy", filed.number, "split", parts=parts)
    numbers = {filed.number, f"{filed.number}.1"}
    assert await here.numbers(order=order["id"]) == numbers
    await carry_out(here.db)
    await here.end(order["id"])
    await carry_out(here.db)
    assert await here.listed() == []
    assert (await here.orders())[0]["lifted"] == 2


async def test_the_end_of_an_order_leaves_a_promise_under_control(here: Controlling) -> None:
    """A11: what the answer promised is waited for, whatever the order said."""
    filed = await here.file(kind="message")
    order = await here.order()
    await carry_out(here.db)
    await here.act("head@energy", filed.number, "answer", **ANSWER, promised_until="2026-12-20")
    assert await here.numbers(open=False) == {filed.number}
    await here.end(order["id"])
    await carry_out(here.db)
    (item,) = await here.listed()
    assert (item["control"]["until"], item["control"]["by"]) == ("2026-12-20", None)
    assert (await here.orders())[0]["released_at"]


async def test_an_order_ends_by_its_last_day(
    here: Controlling, time_machine: time_machine.TimeMachineFixture
) -> None:
    await here.file()
    await here.order(until="2026-11-25")
    await carry_out(here.db)
    assert len(await here.listed()) == 1
    time_machine.move_to(datetime.fromisoformat("2026-11-26T00:30+05:00"), tick=False)
    await carry_out(here.db)
    here.people.clear()
    assert await here.listed() == []
    (shown,) = await here.orders()
    assert (shown["ended_by"], bool(shown["released_at"])) == (None, True)


async def test_batches_go_on_where_one_was_broken_off(
    here: Controlling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is whole; the next run takes the rest, and nothing twice."""
    monkeypatch.setattr(orders, "BATCH", 2)
    filed = {(await here.file()).number for _ in range(5)}
    order = await here.order()
    assert await orders._batch(here.db, order["id"], 0)
    assert len(await here.numbers()) == 2
    await carry_out(here.db)
    await carry_out(here.db)
    assert await here.numbers() == filed
    assert (await here.orders())[0]["taken"] == 5
    async with here.db.read() as connection:
        told = await connection.fetchval("SELECT count(*) FROM event WHERE kind = 'control_taken'")
    assert told == 5


async def test_the_list_by_pages(here: Controlling) -> None:
    filed = [(await here.file()).number for _ in range(5)]
    await here.order()
    await carry_out(here.db)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await here.get(CONTROLLER, "/control/cases", **params)).json()
        seen += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (filed, None)


@pytest.mark.parametrize("login", ["operator@energy", "head@energy", "admin@administration"])
async def test_controllers_alone(here: Controlling, login: str) -> None:
    order = await here.order()
    assert (await here.get(login, "/control/cases")).status_code == 403
    assert (await here.get(login, "/control/orders")).status_code == 403
    assert (await here.post("/orders", login, topic="land")).status_code == 403
    assert (await here.end(order["id"], login)).status_code == 403
    assert (await here.client.get("/api/v1/control/cases")).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "heating"}, "topic"),
        ({"region": "KZ-99"}, "region"),
        ({"agency": "helth"}, "agency"),
        ({"until": "2026-11-23"}, "until"),
        ({"until": "2026-11-25", "from": "2026-12-01"}, "until"),
        ({"from": "1999-01-01"}, "from"),
        ({"reason": "  "}, "reason"),
        ({"more": 1}, "more"),
    ],
)
async def test_bad_orders(here: Controlling, changes: dict[str, Any], field: str) -> None:
    body = {"topic": "utilities", "from": "2026-11-01", "reason": "Бақылау."} | changes
    answer = await here.post("/orders", **body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("field", "value"), [("cursor", "x"), ("cursor", "2026-11-01.-1"), ("order", "0"), ("agency", "nobody")]
)
async def test_bad_questions(here: Controlling, field: str, value: str) -> None:
    answer = await here.get(CONTROLLER, "/control/cases", **{field: value})
    assert answer.status_code == 422


async def test_an_order_that_there_is_not(here: Controlling) -> None:
    assert (await here.end(12345)).status_code == 404

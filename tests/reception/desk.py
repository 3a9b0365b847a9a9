"""The calls that tests of personal reception make: a schedule, bookings, visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from app.core import clock
from app.directory import snapshot
from app.reception.quarters import Quarter
from tests.casework.people import Office

ROOT = "/api/v1/receptions"
LEADER = {
    "post": {"kk": "Министр", "ru": "Министр", "en": "Minister"},
    "name": {"kk": "Сынақбаев Арман Үлгіұлы"},
}
DEPUTY = {"post": {"kk": "Вице-министр"}, "name": {"kk": "Мысалова Айгүл"}}
PLACE = {"kk": "Астана қ., Мысал даңғылы, 8", "ru": "г. Астана, пр. Мысал, 8"}
DAY = date(2026, 12, 9)
"""Of the tests that stop the clock."""
LINK = "https://video.example.kz/r/7f3a"


def working_day(ahead: int = 10) -> date:
    """One that lies ahead."""
    return snapshot.current().calendar.roll(clock.today() + timedelta(days=ahead))


def reception(day: date | str | None = None, **changed: Any) -> dict[str, Any]:
    """In person, two slots of half an hour for two persons each."""
    values = {
        "leader": LEADER,
        "day": str(day or working_day()),
        "begins": "10:00",
        "ends": "11:00",
        "slot_minutes": 30,
        "capacity": 2,
        "group_max": 2,
        "place": PLACE,
    }
    return values | changed


def booking(slot: int, *names: str, **changed: Any) -> dict[str, Any]:
    values = {
        "slot": slot,
        "persons": [{"name": name} for name in names or ("Үлгібек Сынақбаев",)],
        "subject": "Жер учаскесі туралы",
        "language": "kk",
        "contact": {"email": "ulgibek@post.example"},
    }
    return values | changed


@dataclass
class Desk:
    office: Office
    agency: str = "labour"

    @property
    def client(self) -> httpx.AsyncClient:
        return self.office.client

    async def call(
        self, role: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        person = await self.office.person(f"{role}@{self.agency}")
        return await self.client.request(method, f"{ROOT}{path}", headers=person.headers | headers, json=body)

    async def draft(self, receptions: Sequence[dict[str, Any]], quarter: Quarter) -> dict[str, Any]:
        answer = await self.call("operator", "PUT", f"/schedules/{quarter}", {"receptions": list(receptions)})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def publish(self, *receptions: dict[str, Any]) -> list[dict[str, Any]]:
        """A published schedule of these, all of one quarter, in order of day and hour."""
        receptions = receptions or (reception(),)
        quarter = Quarter.of(date.fromisoformat(receptions[0]["day"]))
        await self.draft(receptions, quarter)
        answer = await self.call("head", "POST", f"/schedules/{quarter}/publication")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["receptions"]
        return found

    async def slots(self, *receptions: dict[str, Any]) -> list[int]:
        return [slot["id"] for one in await self.publish(*receptions) for slot in one["slots"]]

    async def try_book(self, slot: int, *names: str, key: str = "", **changed: Any) -> httpx.Response:
        headers = {"idempotency-key": key} if key else {}
        return await self.client.post(
            f"{ROOT}/bookings", json=booking(slot, *names, **changed), headers=headers
        )

    async def book(self, slot: int, *names: str, **changed: Any) -> dict[str, Any]:
        answer = await self.try_book(slot, *names, **changed)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def mine(
        self, booked: dict[str, Any], what: str = "", body: Any = None, lang: str = "en"
    ) -> httpx.Response:
        """A call of who holds the code: reading it, or `cancellation`, or `change`."""
        headers = {"x-access-code": booked["access_code"], "accept-language": lang}
        path = f"{ROOT}/bookings/{booked['number']}"
        if not what:
            return await self.client.get(path, headers=headers)
        return await self.client.post(f"{path}/{what}", headers=headers, json=body)

    async def timetable(self, **asked: str) -> dict[str, Any]:
        answer = await self.client.get(f"{ROOT}/schedule", params={"agency": self.agency, **asked})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def free(self) -> list[int]:
        return [slot["free"] for one in (await self.timetable())["items"] for slot in one["slots"]]

    async def sheet(self, day: date | str) -> list[dict[str, Any]]:
        answer = await self.call("operator", "GET", f"/days/{day}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["receptions"]
        return found

    async def outcome(self, visitor: int, **said: Any) -> httpx.Response:
        return await self.call("operator", "POST", f"/visitors/{visitor}/outcome", said)

    async def walk_in(self, reception_id: int, name: str = "Айгүл Мысалова", **changed: Any) -> int:
        body = {"person": {"name": name}, "language": "kk", "subject": "Жәрдемақы туралы"} | changed
        answer = await self.call("operator", "POST", f"/{reception_id}/walk-ins", body)
        assert answer.status_code == 201, answer.text
        found: int = answer.json()["id"]
        return found

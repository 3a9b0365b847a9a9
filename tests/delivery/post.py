"""A post office over a database of the test's own: appeals filed, notices fanned out, deliveries made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import httpx

from app.core import clock
from app.core.db import Database
from app.delivery.deliver import Deliverer
from app.delivery.fanout import fan_out
from app.delivery.schemas import EventName
from app.directory import snapshot
from app.intake.submission import Person, Registration
from app.settings import Settings
from app.staff import service
from app.staff.permissions import Scope
from tests.casework.people import Office, registered, submission

EVERY = [event.value for event in EventName if event is not EventName.POST_ANSWERED]
SOURCE = "citizen-api"
EMAIL = "aliya@example.kz"
PHONE = "+77011234567"


@dataclass
class Post:
    db: Database
    client: httpx.AsyncClient
    settings: Settings
    office: Office = field(init=False)
    key: str = ""

    def __post_init__(self) -> None:
        self.office = Office(self.db, self.client)

    async def file(self, count: int = 1, **changes: Any) -> list[Registration]:
        values = {"applicant": Person(name="Әлия Сынақ", email=EMAIL)} | changes
        return await registered(self.db, [submission(**values) for _ in range(count)])

    async def subscribe(self, url: str, events: Sequence[str] = EVERY, **headers: str) -> dict[str, Any]:
        answer = await self.post("/webhooks", {"url": url, "events": list(events)})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def headers(self) -> dict[str, str]:
        if not self.key:
            self.key = await self.new_key()
        return {"x-api-key": self.key}

    async def new_key(self, scopes: Sequence[Scope] = (Scope.WEBHOOKS,), source: str = SOURCE) -> str:
        found = snapshot.current().source(source)
        return await service.create_client(self.db, found.id, "a test's", scopes, found.channels)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", headers=await self.headers(), json=body)

    async def webhooks(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/v1/webhooks", headers=await self.headers())
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def deliver(self) -> None:
        """All that is due, until everything that was begun is over."""
        await fan_out(self.db, self.settings)
        deliverer = Deliverer(self.settings)
        while await deliverer._take(self.db):
            await deliverer.finish()
        await deliverer.finish()

    async def hurry(self, at: datetime | None = None) -> None:
        """What waits for its next try is due now."""
        await self.do("UPDATE delivery SET next_at = $1 WHERE state = 'failed'", at or clock.now())

    async def until_over(self, tries: int = 20) -> None:
        for _ in range(tries):
            await self.deliver()
            if not await self.ask("SELECT 1 FROM delivery WHERE state IN ('pending', 'failed')"):
                return
            await self.hurry()
        raise AssertionError("it does not come to an end")

    async def ask(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with self.db.read() as connection:
            return list(await connection.fetch(query, *values))

    async def do(self, query: str, *values: Any) -> None:
        async with self.db.transaction() as connection:
            await connection.execute(query, *values)

    async def states(self) -> list[tuple[str, str]]:
        rows = await self.ask("SELECT way, state FROM delivery ORDER BY id")
        return [(row["way"], row["state"]) for row in rows]

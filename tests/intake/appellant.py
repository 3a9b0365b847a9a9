"""An applicant over HTTP, and the bodies that act on the appeal, each at a moment of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import time_machine

from app.appeals import numbers, service
from app.appeals.codes import ActorKind, Outcome
from app.appeals.commands import Actor, Answering, Command, Done, Payload
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from tests.casework.people import Office

ANSWER = Answering(Outcome.EXPLAINED, "Жылу ертең беріледі.", "kk", "ӘРПК 76")
APPLICANT = {
    "name": "Үлгібек Сынақбаев",
    "iin": "850615499937",
    "address": "Түркістан қ., Мысал көшесі, 5",
    "phone": "8 (701) 000-00-01",
}
APPEAL: dict[str, Any] = {
    "kind": "statement",
    "language": "kk",
    "text": "Үйде үш күннен бері жылу жоқ.",
    "topic": "utilities",
    "region": "KZ-61",
    "addressee": "energy",
    "applicant": APPLICANT,
}


def at(moment: str) -> datetime:
    """`2026-11-23` is that day at ten in the morning; `2026-11-23T19:00` as it says."""
    local = datetime.fromisoformat(moment if "T" in moment else f"{moment}T10:00")
    return local.replace(tzinfo=clock.ZONE).astimezone(UTC)


@contextmanager
def when(moment: str) -> Iterator[None]:
    with time_machine.travel(at(moment), tick=False):
        yield


@dataclass
class Appellant:
    db: Database
    client: httpx.AsyncClient
    office: Office

    async def ask(
        self,
        method: str,
        path: str,
        on: str,
        *,
        lang: str = "en",
        code: str | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        headers = {"accept-language": lang}
        headers |= {"x-access-code": code} if code else {}
        headers |= {"idempotency-key": key} if key else {}
        with when(on):
            return await self.client.request(method, f"/api/v1{path}", headers=headers, json=body)

    async def filed(self, on: str, *, lang: str = "en", **changes: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "/appeals", on, lang=lang, body=APPEAL | changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def complained(self, filed: dict[str, Any], on: str, *, lang: str = "en") -> dict[str, Any]:
        answer = await self.say(filed, "complaint", on, lang=lang, text="Жауаппен келіспеймін.")
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def say(
        self,
        filed: dict[str, Any],
        what: str,
        on: str,
        *,
        part: int = 0,
        lang: str = "en",
        key: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        path = f"/appeals/{of_part(filed['number'], part)}/{what}"
        return await self.ask("POST", path, on, lang=lang, code=filed["access_code"], body=body, key=key)

    async def track(
        self, filed: dict[str, Any], on: str, *, part: int = 0, lang: str = "en"
    ) -> dict[str, Any]:
        path = f"/appeals/{of_part(filed['number'], part)}"
        answer = await self.ask("GET", path, on, lang=lang, code=filed["access_code"])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def receipt(self, filed: dict[str, Any], on: str, *, lang: str = "en") -> dict[str, Any]:
        answer = await self.ask(
            "GET", f"/receipts/{filed['number']}", on, lang=lang, code=filed["access_code"]
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def act(
        self,
        filed: dict[str, Any],
        act: Act,
        on: str,
        payload: Payload = None,
        *,
        by: str = "operator@energy",
        part: int = 0,
    ) -> Done:
        """What an agency does (`by` is a login), or the service itself (empty). It must succeed."""
        actor = Actor(ActorKind.SYSTEM)
        if by:
            person = await self.office.person(by)
            actor = Actor(ActorKind.STAFF, person.account_id, decides_alone=by.startswith("head"))
        appeal_id = numbers.parse(filed["number"]).appeal_id
        command = Command(act, appeal_id, actor, at(on), part=part, payload=payload)
        async with self.db.transaction() as connection:
            done = (await service.act(connection, [command], snapshot.current()))[0]
        assert isinstance(done, Done), done
        return done

    async def answer(
        self, filed: dict[str, Any], on: str, *, by: str = "operator@energy", part: int = 0
    ) -> Done:
        return await self.act(filed, Act.ANSWER, on, ANSWER, by=by, part=part)

    async def row(self, statement: str, filed: dict[str, Any]) -> dict[str, Any]:
        async with self.db.read() as connection:
            row = await connection.fetchrow(statement, numbers.parse(filed["number"]).appeal_id)
        assert row is not None
        return dict(row)


def of_part(number: str, part: int) -> str:
    return f"{number}.{part}" if part else number


def day_after(day: str) -> str:
    return (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()

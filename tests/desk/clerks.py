"""The calls that clerks make, and what they put in."""

from dataclasses import dataclass
from typing import Any

import httpx

from app.core.db import Database
from tests.casework.people import Office

LETTER: dict[str, Any] = {
    "channel": "letter",
    "kind": "statement",
    "language": "kk",
    "text": "Ауылға апаратын жолды жөндеуді сұраймын.",
    "topic": "transport",
    "applicant": {
        "name": "Үлгібек Сынақбаев",
        "address": "Түркістан қ., Мысал көшесі, 5",
        "phone": "8 (700) 000-00-01",
        "iin": "850615499937",
    },
    "signed": True,
    "how": {"outgoing_number": "17", "outgoing_on": "2026-11-20", "sheets": 2},
}
FROM_ABOVE: dict[str, Any] = LETTER | {
    "channel": "higher_body",
    "addressee": "digital",
    "how": {"outgoing_number": "№ 10-24/1177", "outgoing_on": "2026-11-20", "control_on": "2059-12-01"},
}


@dataclass
class Clerks:
    db: Database
    client: httpx.AsyncClient
    office: Office

    async def ask(
        self, login: str, method: str, path: str, *, lang: str = "en", key: str | None = None, **more: Any
    ) -> httpx.Response:
        person = await self.office.person(login)
        headers = person.headers | {"accept-language": lang}
        headers |= {"idempotency-key": key} if key else {}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def put_in(self, login: str, form: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.ask(login, "POST", "/desk/appeals", json=form, **more)

    async def taken(self, login: str, form: dict[str, Any], **more: Any) -> dict[str, Any]:
        answer = await self.put_in(login, form, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def earlier(self, login: str, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.ask(login, "POST", "/desk/earlier", json=asked)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def named(self, login: str, name: str, **position: str) -> None:
        """The account's name and position, as an administrator gave them."""
        person = await self.office.person(login)
        async with self.db.transaction() as connection:
            await connection.execute(
                "UPDATE staff_account SET name = $2, position = $3 WHERE id = $1",
                person.account_id,
                name,
                position,
            )

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.db.read() as connection:
            return await connection.fetchval(statement, *values)

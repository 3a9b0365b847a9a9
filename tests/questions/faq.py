"""The calls about questions, and entries to search in."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.casework.people import Office
from tests.intake.tickets.centre import good

HEATING = {
    "kk": {"question": "Үйде жылу болмаса, қайда хабарласамын?", "answer": "109 нөміріне қоңырау шалыңыз."},
    "ru": {"question": "Куда обращаться, если нет отопления?", "answer": "Позвоните по номеру 109."},
}
AIRPORT = {
    "kk": {"question": "Әуежайда жүгім жоғалды", "answer": "Тасымалдаушыда акт жасатыңыз, жылу күтпеңіз."},
    "ru": {"question": "В аэропорту потерялся багаж", "answer": "Составьте акт у перевозчика."},
    "en": {"question": "My baggage was lost at the airport", "answer": "Have the carrier draw up a report."},
}


@dataclass
class Faq:
    client: httpx.AsyncClient
    office: Office

    async def as_(self, login: str, method: str, path: str, **more: Any) -> httpx.Response:
        person = await self.office.person(login)
        headers = person.headers | {"accept-language": "en"}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def written(
        self, texts: dict[str, Any], login: str = "head@energy", agency: str = "energy", **more: Any
    ) -> dict[str, Any]:
        said = {"agency": agency, "topic": "utilities", "texts": texts} | more
        return good(await self.as_(login, "POST", "/faq", json=said), 201)

    async def search(self, q: str | None = None, lang: str = "kk", **params: Any) -> list[dict[str, Any]]:
        asked = params | ({"q": q} if q is not None else {})
        answer = await self.client.get("/api/v1/faq", params=asked, headers={"accept-language": lang})
        found: list[dict[str, Any]] = good(answer)["items"]
        return found

    async def ids(self, q: str | None = None, **params: Any) -> list[int]:
        return [one["id"] for one in await self.search(q, **params)]

    async def ask(self, key: str | None = None, **said: Any) -> httpx.Response:
        headers = {"accept-language": "en"} | ({"idempotency-key": key} if key else {})
        whole = {"text": "Үйде жылу жоқ, қайда хабарласамын?", "language": "kk"} | said
        return await self.client.post("/api/v1/questions", json=whole, headers=headers)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.office.db.read() as connection:
            return await connection.fetchval(statement, *values)

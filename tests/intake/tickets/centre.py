"""A call centre with a key of its own, and what it sends."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from app.core.db import Database
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Scope

TICKETS, BATCH = "/api/v1/tickets", "/api/v1/tickets/batch"
WAITS = 2400
_OLDER_ELSEWHERE = """
SELECT pg_sleep(CASE WHEN older THEN 0.05 ELSE 0 END) IS NOT NULL AND older
FROM (SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname <> current_database() AND backend_xid::text::bigint <= $1) AS older) AS found
"""
JSON, NDJSON = "application/json", "application/x-ndjson"


def ticket(external_id: str = "109-1", **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "external_id": external_id,
        "channel": "call_centre",
        "kind": "statement",
        "language": "kk",
        "text": "Көшеде бір аптадан бері жарық жоқ.",
        "topic": "utilities",
        "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"},
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def tickets(count: int, prefix: str = "109") -> list[dict[str, Any]]:
    return [ticket(f"{prefix}-{n}", text=f"{n}-үйде су жоқ") for n in range(count)]


def lines(items: Iterable[object]) -> bytes:
    return b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in items)


@dataclass
class Centre:
    """The calls of one source over one database and one client."""

    db: Database
    client: httpx.AsyncClient
    key: str
    source_id: int
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"x-api-key": self.key}

    async def ask(self, method: str, path: str, *, lang: str = "en", **more: Any) -> httpx.Response:
        headers = self.headers | {"accept-language": lang} | more.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def bring(self, said: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.ask("POST", "/tickets", json=said, **more)

    async def brought(self, external_id: str = "109-1", **changes: Any) -> dict[str, Any]:
        return good(await self.bring(ticket(external_id, **changes)), 201)

    async def batch(self, body: bytes, media: str = NDJSON, **more: Any) -> httpx.Response:
        return await self.ask("POST", "/tickets/batch", content=body, headers={"content-type": media}, **more)

    async def state(self, external_id: str, **more: Any) -> dict[str, Any]:
        return good(await self.ask("GET", f"/tickets/{external_id}", **more))

    async def changes(self, **params: Any) -> dict[str, Any]:
        await self._alone()
        return good(await self.ask("GET", "/tickets", params=params))

    async def _alone(self) -> None:
        """Wait for what the tests in other databases of this server write meanwhile: transaction ids are the
        server's, so that a reader waits for them too."""
        async with self.db.transaction() as connection:
            now = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        for _ in range(WAITS):
            if not await self.value(_OLDER_ELSEWHERE, now):
                return
        raise TimeoutError("another test writes for ever")

    async def reconciled(self, day: str) -> dict[str, Any]:
        return good(await self.ask("GET", f"/reconciliation/{day}"))

    async def declared(self, day: str, count: int, ids: list[str] | None = None) -> dict[str, Any]:
        said = {"count": count} | ({} if ids is None else {"external_ids": ids})
        return good(await self.ask("PUT", f"/reconciliation/{day}", json=said))

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        async with self.db.read() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.db.read() as connection:
            return await connection.fetchval(statement, *values)


_numbers = itertools.count()


async def open_centre(
    db: Database,
    client: httpx.AsyncClient,
    source: str = "109-turkistan",
    *,
    scopes: Iterable[Scope] = tuple(Scope),
    channels: Iterable[str] = ("call_centre",),
    **more: Any,
) -> Centre:
    found = snapshot.current().source(source)
    key = f"key-of-{source}-{next(_numbers):04}"
    await service.create_client(db, found.id, f"{source} tests", scopes, channels, key, **more)
    return Centre(db, client, key, found.id)


def good(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, str]:
    """The fields that are wrong, and how."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return {error["field"]: error["code"] for error in answer.json().get("errors", [])}


def local(moment: str) -> datetime:
    """A moment in Kazakhstan's time of these years."""
    return datetime.fromisoformat(f"{moment}+05:00").astimezone(UTC)

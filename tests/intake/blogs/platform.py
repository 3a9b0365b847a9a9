"""A blog platform: posts signed by the standard's own library, over one database and one client."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from standardwebhooks import Webhook

from app.core import clock
from app.core.db import Database
from app.staff import signing
from app.staff.permissions import Scope
from tests.intake.tickets.centre import Centre, good, open_centre

AUTHOR = {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"}
_ids = itertools.count(1)


def post(post_id: str = "4711", **changes: Any) -> dict[str, Any]:
    """A public post on the minister of energy's blog; None leaves a field out."""
    said = {
        "post_id": post_id,
        "blog": "energy",
        "author": AUTHOR,
        "title": "Көшедегі жарық",
        "text": "Құрметті министр, көшемізде бір аптадан бері жарық жоқ.",
        "published_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "public": True,
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def encoded(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


@dataclass
class Platform:
    centre: Centre
    client_id: int
    secret: str

    def headers(
        self,
        raw: bytes,
        *,
        id: str | None = None,
        at: datetime | None = None,
        secret: str | None = None,
    ) -> dict[str, str]:
        """As the standard signs, once more for each call."""
        message, at = id or f"msg_{next(_ids)}", at or clock.now()
        return {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(message, at, raw.decode()),
        }

    async def send(
        self, raw: bytes, headers: dict[str, str] | None = None, path: str = "/blog/posts", **more: Any
    ) -> httpx.Response:
        return await self.centre.ask(
            "POST", path, content=raw, headers=self.headers(raw) if headers is None else headers, **more
        )

    async def bring(self, said: object, **signed: Any) -> httpx.Response:
        raw = encoded(said)
        return await self.send(raw, self.headers(raw, **signed))

    async def brought(self, post_id: str = "4711", **changes: Any) -> dict[str, Any]:
        return good(await self.bring(post(post_id, **changes)), 201)

    async def refusals(self) -> list[tuple[Any, ...]]:
        rows = await self.centre.rows(
            "SELECT external_id, code, fields, times FROM refused_ticket ORDER BY id"
        )
        return [tuple(row.values()) for row in rows]


async def open_platform(
    db: Database,
    client: httpx.AsyncClient,
    source: str = "blog-platform",
    *,
    scopes: Iterable[Scope] = tuple(Scope),
    channels: Iterable[str] = ("blog",),
) -> Platform:
    centre = await open_centre(db, client, source, scopes=scopes, channels=channels)
    client_id = await centre.value("SELECT max(id) FROM api_client")
    async with db.transaction() as connection:
        secret, _ = await signing.put(connection, client_id, clock.now())
    return Platform(centre, client_id, secret)

"""An appeal that is being written: what was typed so far, kept whatever happens to the line."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from app.core.cipher import cipher
from app.web.visitor import Visitor

COLUMN = "web_draft.body"
KEPT = timedelta(days=7)
# Of one field so much is kept; what a form may hold is checked when it is read.
LONGEST = 70_000


@dataclass(slots=True)
class Draft:
    """`typed`: by the names of the fields, as typed. `key` makes sending it twice sending it once.
    `sent`: the number that it got."""

    typed: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sent: str = ""

    def take(self, name: str, value: str) -> None:
        # NUL is what PostgreSQL and JSON do not agree on; it is nobody's letter.
        self.typed[name] = value.replace("\0", "").replace("\r\n", "\n")[:LONGEST]


async def load(connection: asyncpg.Connection, visitor: Visitor) -> Draft:
    """An empty one for who has none."""
    if not visitor.known:
        return Draft()
    sealed = await connection.fetchval("SELECT body FROM web_draft WHERE visitor = $1", visitor.hash)
    return Draft(**json.loads(cipher().decrypt(sealed, COLUMN))) if sealed else Draft()


async def save(connection: asyncpg.Connection, visitor: Visitor, draft: Draft, now: datetime) -> None:
    said = json.dumps({"typed": draft.typed, "key": draft.key, "sent": draft.sent}, ensure_ascii=True)
    await connection.execute(
        """INSERT INTO web_draft (visitor, body, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (visitor) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at""",
        visitor.hash,
        cipher().encrypt(said, COLUMN),
        now,
    )


async def forget(connection: asyncpg.Connection, visitor: Visitor) -> None:
    await connection.execute("DELETE FROM web_draft WHERE visitor = $1", visitor.hash)


async def purge(connection: asyncpg.Connection, now: datetime) -> None:
    await connection.execute("DELETE FROM web_draft WHERE updated_at < $1", now - KEPT)

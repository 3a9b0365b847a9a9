"""Reading the record. Texts come out decrypted; what was erased comes out as None."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.core.cipher import cipher
from app.deadlines.facts import Fact, read_facts

HEAD = """
SELECT a.id, a.received_at, a.registered_on, a.channel, a.kind, a.topic, a.region, a.language,
       a.applicant_type, a.source_id, a.route, a.missing, h.id AS holding_id, h.agency_id, h.status, h.due_on,
       h.running, h.closed_at
FROM appeal a
JOIN LATERAL (
    SELECT * FROM holding WHERE holding.appeal_id = a.id AND holding.part = 0 ORDER BY holding.id DESC LIMIT 1
) h ON true
WHERE a.id = $1
"""

EVENTS = """
SELECT e.id, e.part, e.holding_id, e.at, e.kind, e.actor_kind, e.actor_id, e.data, e.content_hash, e.previous,
       e.hash
FROM event e WHERE e.appeal_id = $1 ORDER BY e.id
"""

CONTENTS = """
SELECT c.part, c.kind, c.at, c.author_id, c.body, c.hash FROM content c WHERE c.appeal_id = $1 ORDER BY c.id
"""

LEDGER = """
SELECT l.event_hash, l.facts FROM ledger l WHERE l.holding_id = $1 ORDER BY l.id
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One text that was written; `body` as its kind has it."""

    part: int
    kind: str
    at: datetime
    author_id: int | None
    body: dict[str, Any]
    hash: bytes


async def head(connection: asyncpg.Connection, appeal_id: int) -> asyncpg.Record | None:
    """The appeal with the newest holding of the whole."""
    return await connection.fetchrow(HEAD, appeal_id)


async def events(connection: asyncpg.Connection, appeal_id: int) -> Sequence[asyncpg.Record]:
    return await connection.fetch(EVENTS, appeal_id)


async def contents(connection: asyncpg.Connection, appeal_id: int) -> list[Said]:
    rows = await connection.fetch(CONTENTS, appeal_id)
    return [
        Said(row["part"], row["kind"], row["at"], row["author_id"], opened(row["body"]), row["hash"])
        for row in rows
    ]


def opened(body: bytes) -> dict[str, Any]:
    """A content's body, decrypted."""
    found: dict[str, Any] = json.loads(cipher().decrypt(body, "content.body"))
    return found


async def ledger(connection: asyncpg.Connection, holding_id: int) -> list[Fact]:
    """The facts that a holding's due day follows from, in order."""
    rows = await connection.fetch(LEDGER, holding_id)
    return read_facts([(row["event_hash"], row["facts"]) for row in rows])


async def purge_expired_keys(connection: asyncpg.Connection, now: datetime) -> int:
    """Forget idempotency keys whose days are over; gives how many."""
    done = await connection.execute("DELETE FROM intake_key WHERE expires_at < $1", now)
    return int(done.split()[-1])

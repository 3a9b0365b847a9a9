"""Uploads that wait for a page's form to be finished: listed, and kept for longer than those of the API."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from app.attachments.models import State
from app.core.cipher import cipher

_WAITING = """
SELECT a.id, a.name, a.address, o.size, o.type, o.state
FROM attachment a JOIN stored_object o ON o.address = a.address
WHERE a.id = ANY ($1::uuid[]) AND a.appeal_id IS NULL AND a.expires_at > $2
ORDER BY a.created_at, a.id
"""
_HOLD = """
UPDATE attachment SET expires_at = greatest(expires_at, $2)
WHERE id = ANY ($1::uuid[]) AND appeal_id IS NULL
"""
_LET_GO = "UPDATE attachment SET expires_at = $2 WHERE id = ANY ($1::uuid[]) AND appeal_id IS NULL"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`address`: the same for the same content."""

    id: UUID
    name: str
    size: int
    type: str
    state: State
    address: bytes

    def same_as(self, other: "Waiting") -> bool:
        return (self.name, self.address) == (other.name, other.address)


async def waiting(connection: asyncpg.Connection, ids: Collection[UUID], now: datetime) -> list[Waiting]:
    """Those of the ids that no appeal names yet and that are still kept, in the order in which they came."""
    if not ids:
        return []
    return [
        Waiting(
            id=row["id"],
            name=cipher().decrypt_optional(row["name"], "attachment.name") or "",
            size=row["size"],
            type=row["type"],
            state=State(row["state"]),
            address=row["address"],
        )
        for row in await connection.fetch(_WAITING, list(ids), now)
    ]


async def hold(connection: asyncpg.Connection, ids: Collection[UUID], until: datetime) -> None:
    """Keep them until then, if that is later than they would be kept anyway."""
    if ids:
        await connection.execute(_HOLD, list(ids), until)


async def let_go(connection: asyncpg.Connection, ids: Collection[UUID], now: datetime) -> None:
    """Nobody will name them: the worker removes them with its next round."""
    if ids:
        await connection.execute(_LET_GO, list(ids), now)

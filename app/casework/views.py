"""Views of the queue that a person keeps under a name: what stood in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.casework.changes import XID, Place
from app.core.cipher import cipher
from app.core.errors import Invalid

MOST = 20
NAME, QUERY = "saved_view.name", "saved_view.query"

_OF = "SELECT id, name, query FROM saved_view WHERE account_id = $1 ORDER BY id"
_BESIDE = f"""
SELECT at.xid, v.id, v.name, v.query FROM (SELECT {XID} AS xid) AS at
LEFT JOIN saved_view v ON v.account_id = $1 ORDER BY v.id
"""
_KEEP = "INSERT INTO saved_view (account_id, name, query, created_at) VALUES ($1, $2, $3, $4)"
_PUT = "UPDATE saved_view SET query = $3 WHERE id = $1 AND account_id = $2"
_FORGET = "DELETE FROM saved_view WHERE id = $1 AND account_id = $2"
_ALONE = "SELECT FROM staff_account WHERE id = $1 FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class SavedView:
    id: int
    name: str
    query: str


async def of(connection: asyncpg.Connection, account_id: int) -> Sequence[SavedView]:
    return [_opened(row) for row in await connection.fetch(_OF, account_id)]


async def beside(connection: asyncpg.Connection, account_id: int) -> tuple[Place, Sequence[SavedView]]:
    """Beside a page of the queue: the place from which on to follow it, and the person's views."""
    rows = await connection.fetch(_BESIDE, account_id)
    return Place(rows[0]["xid"], 0), [_opened(row) for row in rows if row["id"]]


def _opened(row: asyncpg.Record) -> SavedView:
    return SavedView(row["id"], cipher().decrypt(row["name"], NAME), cipher().decrypt(row["query"], QUERY))


async def keep(connection: asyncpg.Connection, account_id: int, name: str, query: str, now: datetime) -> None:
    """Under a name that is there already it takes that view's place. Raises Invalid for a twenty-first."""
    await connection.execute(_ALONE, account_id)
    there = await of(connection, account_id)
    same = next((one for one in there if one.name == name), None)
    sealed = cipher().encrypt(query, QUERY)
    if same:
        await connection.execute(_PUT, same.id, account_id, sealed)
    elif len(there) >= MOST:
        raise Invalid.of("name", "too_many_views", most=MOST)
    else:
        await connection.execute(_KEEP, account_id, cipher().encrypt(name, NAME), sealed, now)


async def forget(connection: asyncpg.Connection, account_id: int, view_id: int) -> None:
    """Of what is not there or not theirs: nothing."""
    await connection.execute(_FORGET, view_id, account_id)

"""Views of the queue that a person keeps under a name: what stood in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.core.cipher import cipher
from app.core.errors import Invalid
from app.core.nested import Nested, Row

MOST = 20
NAME, QUERY = "saved_view.name", "saved_view.query"

_OF = "SELECT id, name, query FROM saved_view WHERE account_id = $1 ORDER BY id"
KEPT = Nested("SELECT id, name, query FROM saved_view WHERE account_id = {account} ORDER BY id")
"""A person's views as a column of another statement; `opened` reads it."""

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


def opened(kept: Sequence[Sequence[Any]]) -> Sequence[SavedView]:
    """Of the column KEPT."""
    return [_opened(row) for row in KEPT.rows(kept)]


def _opened(row: Row) -> SavedView:
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

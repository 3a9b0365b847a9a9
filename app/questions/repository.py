"""What is asked of the database about the FAQ."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg


class Version(NamedTuple):
    """A row of `faq_version`."""

    entry_id: int
    version: int
    texts: dict[str, Any]
    title: list[str]
    body: list[str]
    valid_from: date
    valid_to: date | None
    retired: bool
    author_id: int | None
    at: datetime


# Entries with their newest version.
_NEWEST = """
FROM faq_entry e JOIN faq_version v ON v.entry_id = e.id
WHERE NOT EXISTS (SELECT FROM faq_version later WHERE later.entry_id = e.id AND later.version > v.version)
"""
_TODAY = "NOT v.retired AND v.valid_from <= $1 AND (v.valid_to IS NULL OR v.valid_to >= $1)"
_ASKED = f"""{_NEWEST} AND {_TODAY}
  AND ($2::bigint[] IS NULL OR e.agency_id = ANY ($2)) AND ($3::text IS NULL OR e.topic = $3)
"""
_SHOWN = """
SELECT e.id, e.agency_id, e.topic, v.version, v.texts, v.title, v.body, v.valid_from, v.valid_to, v.retired,
       v.at
"""

_HAVING = f"""
SELECT e.id, v.title, v.body, (SELECT count(*) {_ASKED}) AS total
{_ASKED} AND (v.title && $4::text[] OR v.body && $4::text[])
ORDER BY e.id
"""
_LIST = f"{_SHOWN} {_ASKED} ORDER BY e.id DESC LIMIT $4"
_THESE = f"{_SHOWN} {_NEWEST} AND e.id = ANY ($1::bigint[]) ORDER BY array_position($1::bigint[], e.id)"
_VERSIONS = """
SELECT v.version, v.at, account.login AS author, v.retired, v.valid_from, v.valid_to, v.texts
FROM faq_version v LEFT JOIN staff_account account ON account.id = v.author_id
WHERE v.entry_id = $1 ORDER BY v.version DESC
"""
_WRITE = """
INSERT INTO faq_version (entry_id, version, texts, title, body, valid_from, valid_to, retired, author_id, at)
SELECT r.* FROM jsonb_to_recordset($1) AS r(
    entry_id bigint, version int, texts jsonb, title text[], body text[], valid_from date, valid_to date,
    retired boolean, author_id bigint, at timestamptz)
ON CONFLICT DO NOTHING
RETURNING entry_id
"""
_COUNT = """
INSERT INTO faq_help AS h (entry_id, day, helped, not_helped) VALUES ($1, $2, $3, $4)
ON CONFLICT (entry_id, day) DO UPDATE
SET helped = h.helped + excluded.helped, not_helped = h.not_helped + excluded.not_helped
"""

Rows = Sequence[asyncpg.Record]


async def having(
    connection: asyncpg.Connection,
    words: Sequence[Collection[str]],
    on: date,
    agencies: Sequence[int] | None,
    topic: str | None,
) -> Rows:
    """What is valid on the day and has any of these words, with the number of all (`total`)."""
    stems = sorted({stem for word in words for stem in word})
    found: Rows = await connection.fetch(_HAVING, on, agencies, topic, stems)
    return found


async def newest(
    connection: asyncpg.Connection, on: date, agencies: Sequence[int] | None, topic: str | None, limit: int
) -> Rows:
    found: Rows = await connection.fetch(_LIST, on, agencies, topic, limit)
    return found


async def shown(connection: asyncpg.Connection, ids: Sequence[int]) -> Rows:
    """Entries as they are now, in the order given."""
    found: Rows = await connection.fetch(_THESE, list(ids)) if ids else []
    return found


async def versions(connection: asyncpg.Connection, id_: int) -> Rows:
    found: Rows = await connection.fetch(_VERSIONS, id_)
    return found


async def add(connection: asyncpg.Connection, agency_id: int, topic: str, code: str | None = None) -> int:
    id_: int = await connection.fetchval(
        "INSERT INTO faq_entry (agency_id, topic, code) VALUES ($1, $2, $3) RETURNING id",
        agency_id,
        topic,
        code,
    )
    return id_


async def by_code(connection: asyncpg.Connection) -> dict[str, int]:
    rows = await connection.fetch("SELECT code, id FROM faq_entry WHERE code IS NOT NULL")
    return {row["code"]: row["id"] for row in rows}


async def write(connection: asyncpg.Connection, rows: Sequence[Version]) -> int:
    """How many were written; a version that is there already stays as it is."""
    return len(await connection.fetch(_WRITE, [row._asdict() for row in rows]))


async def count(connection: asyncpg.Connection, id_: int, day: date, *, helped: bool) -> None:
    await connection.execute(_COUNT, id_, day, int(helped), int(not helped))


async def helped(connection: asyncpg.Connection, id_: int) -> tuple[int, int]:
    row = await connection.fetchrow(
        "SELECT coalesce(sum(helped), 0) AS yes, coalesce(sum(not_helped), 0) AS no FROM faq_help "
        "WHERE entry_id = $1",
        id_,
    )
    assert row is not None
    return row["yes"], row["no"]

"""Rows within a row come as they would by a statement of their own."""

from app.core.db import Database
from app.core.nested import Nested

ROWS = """
SELECT DISTINCT ON (n.at) n.at::date AS day, n.at, coalesce(nullif(n.id, 2), 7) AS id,
       '\\xab01'::bytea AS hash, jsonb_build_object('kk', 'жылу', 'n', n.id) AS data,
       nullif('a, b', 'a, b') AS nothing, (SELECT count(*) FROM generate_series(1, n.id)) AS counted
FROM (VALUES (1::bigint, timestamptz '2026-11-28 10:00Z'), (2, '2026-11-27 23:00Z')) AS n(id, at)
ORDER BY n.at
"""


async def test_rows_within_a_row(db: Database) -> None:
    nested = Nested(ROWS)
    async with db.read() as connection:
        alone = await connection.fetch(ROWS)
        row = await connection.fetchrow(f"SELECT 1 AS one, {nested} AS many")
    assert row is not None
    assert nested.rows(row["many"]) == [dict(one) for one in alone]
    assert [one["id"] for one in alone] == [7, 1]


async def test_no_rows(db: Database) -> None:
    nested = Nested("SELECT a.id FROM appeal a WHERE a.id = $1")
    async with db.read() as connection:
        assert nested.rows(await connection.fetchval(f"SELECT {nested}", -1)) == []

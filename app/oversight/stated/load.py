"""Bring totals.toml into its table: after every migration, in one transaction, again and again."""

from app.core.db import Database
from app.oversight.stated.files import stated

_LOAD = """
WITH given AS (
    SELECT g.* FROM jsonb_to_recordset($1) AS g(
        agency text, measure text, scope text, first date, last date, period text, total int, parts jsonb,
        notes text[], source jsonb)
), gone AS (
    DELETE FROM stated_total t WHERE NOT EXISTS (
        SELECT FROM given g
        WHERE (g.agency, g.measure, g.scope) = (t.agency, t.measure, t.scope)
          AND (g.first, g.last) IS NOT DISTINCT FROM (t.first, t.last))
)
INSERT INTO stated_total AS t (agency, measure, scope, first, last, period, total, parts, notes, source)
SELECT * FROM given
ON CONFLICT (agency, measure, scope, first, last) DO UPDATE
SET (period, total, parts, notes, source) =
    (excluded.period, excluded.total, excluded.parts, excluded.notes, excluded.source)
WHERE (t.period, t.total, t.parts, t.notes, t.source) IS DISTINCT FROM
      (excluded.period, excluded.total, excluded.parts, excluded.notes, excluded.source)
"""


async def load_stated(db: Database, text: str | None = None) -> int:
    """Gives how many rows changed. Raises DataError, naming the entry that is wrong."""
    rows = stated(text)
    async with db.transaction() as connection:
        return int((await connection.execute(_LOAD, rows)).split()[-1])

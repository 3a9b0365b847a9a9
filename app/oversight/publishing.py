"""The worker's part of public figures by kind, topic or region: it keeps each month (decision 0017).

What is kept stays as it was published, so that a case brought in late shows nobody by the difference. Only
when many came late (a register brought along) a month is published anew.
"""

import asyncio
from datetime import date

import asyncpg

from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.oversight import detail
from app.oversight.cells import TAIL, month_of

# A month is published anew when it has a tenth more than it was published with, and twenty.
_TO_DO = f"""
SELECT m.month, wanted.dimension
FROM (
    SELECT month, sum(received) AS holdings FROM (
        SELECT opened_on AS month, day, received FROM rollup_month WHERE slice LIKE 'type/%'
        UNION ALL
        SELECT {month_of("d.opened_on")}, d.day, d.received FROM counter_delta d WHERE {TAIL}
    ) d
    WHERE month < $1 AND day < (month + interval '2 months')::date
    GROUP BY month
) m
CROSS JOIN unnest($2::text[]) AS wanted(dimension)
LEFT JOIN published_month p ON p.month = m.month AND p.dimension = wanted.dimension
WHERE p.month IS NULL OR m.holdings > p.holdings * 1.1 + 20
ORDER BY m.month, wanted.dimension
"""
_KEEP = """
INSERT INTO published_month (month, dimension, holdings, figures, published_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (month, dimension) DO UPDATE
SET holdings = excluded.holdings, figures = excluded.figures, published_at = excluded.published_at
"""
_READ = """
SELECT month, coalesce(figures -> $3, '{}'::jsonb) AS rows FROM published_month
WHERE dimension = $1 AND month = ANY ($2)
"""


async def publish(db: Database) -> None:
    """Each month and dimension that is due and not kept yet, the oldest first."""
    directory, today = await snapshot.refresh(db), clock.today()
    due = detail.published_to(None, today)
    async with db.read() as connection:
        to_do = await connection.fetch(_TO_DO, due, detail.DIMENSIONS)
    for row in to_do:
        month, dimension = row["month"], row["dimension"]
        last = detail.last_of(month)
        async with db.read() as connection:
            found = (await detail.held_by_month(connection, month, last, dimension)).get(month, {})
        values = detail.values_of(dimension, directory)
        made = await asyncio.to_thread(detail.Month.of_held, found, values)
        holdings = sum(sum(profiles.values()) for profiles in found.values())
        figures = {value: {str(body): row for body, row in rows.items()} for value, rows in made.of.items()}
        async with db.transaction() as connection:
            await connection.execute(_KEEP, month, dimension, holdings, figures, clock.now())


async def kept(
    connection: asyncpg.Connection, months: list[date], dimension: str, value: str
) -> dict[date, detail.Rows]:
    """The rows of a value in each of the months that are kept."""
    found = await connection.fetch(_READ, dimension, months, value)
    return {row["month"]: {int(body): figures for body, figures in row["rows"].items()} for row in found}

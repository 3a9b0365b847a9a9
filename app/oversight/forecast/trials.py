"""The worker's part: the backtest of each body, once a day."""

from datetime import date, timedelta

import asyncpg

from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.directory.values import Agency
from app.oversight.forecast.backtest import BACK_DAYS, PACE_DAYS, Life, Trial, backtest

# What found nothing to judge is quickly tried again: the record may be being brought in.
_MADE = "SELECT agency_id FROM forecast_trial WHERE made_on >= $1 AND judged > 0"
# An event after which the clock is another says so; the opening gives the first due day.
_LIVES = """
SELECT h.id, h.registered_on, h.closed_on, said.at, said.due_on, said.running
FROM (
    SELECT id, registered_on, closed_on FROM holding WHERE agency_id = $1 AND closed_on >= $2
    UNION ALL
    SELECT id, registered_on, closed_on FROM holding WHERE agency_id = $1 AND closed_at IS NULL
) h CROSS JOIN LATERAL (
    SELECT array_agg(e.at ORDER BY e.id) AS at, array_agg((e.data->>'due_on')::date ORDER BY e.id) AS due_on,
           array_agg(coalesce((e.data->>'running')::boolean, true) ORDER BY e.id) AS running
    FROM event e
    WHERE e.holding_id = h.id AND e.data ? 'due_on'
      AND (e.data ? 'running' OR e.kind IN ('registered', 'received', 'reopened', 'split_off'))
) said
WHERE said.at IS NOT NULL
"""
_CLOSED = """
SELECT closed_on, count(*) AS closed FROM holding
WHERE agency_id = $1 AND closed_on >= $2 GROUP BY closed_on
"""
_NAMES = ("samples", "judged", "predicted", "late", "hits", "errors", "error_days")
_KEEP = f"""
INSERT INTO forecast_trial (agency_id, made_on, {", ".join(_NAMES)})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (agency_id) DO UPDATE
SET made_on = excluded.made_on, {", ".join(f"{name} = excluded.{name}" for name in _NAMES)}
"""


async def try_forecasts(db: Database) -> None:
    """Those of today that are not there yet, a body at a time."""
    directory, today = await snapshot.refresh(db), clock.today()
    async with db.read() as connection:
        made = {row["agency_id"] for row in await connection.fetch(_MADE, today)}
    for agency in directory.agencies():
        if agency.id not in made:
            async with db.transaction() as connection:
                trial = await tried(connection, agency, today)
                await connection.execute(_KEEP, agency.id, today, *(getattr(trial, name) for name in _NAMES))


async def tried(connection: asyncpg.Connection, agency: Agency, today: date) -> Trial:
    """The backtest of the last 90 days from the record."""
    calendar = snapshot.current().calendar.for_week(agency.hours.week)
    since = today - timedelta(days=BACK_DAYS)
    lives = [_life(row) for row in await connection.fetch(_LIVES, agency.id, since)]
    closed = await connection.fetch(_CLOSED, agency.id, since - timedelta(days=PACE_DAYS))
    by_day = {row["closed_on"]: row["closed"] for row in closed}
    return backtest(lives, by_day, today, calendar)


def _life(row: asyncpg.Record) -> Life:
    moved = zip(map(clock.civil_day, row["at"]), row["due_on"], row["running"], strict=True)
    return Life(row["id"], row["registered_on"], row["closed_on"], list(moved))

"""The worker's hourly look at what was counted: what rises is written down once, for the head it concerns.

All of a look is one transaction behind the row that counting locks: a worker that is killed has told of
nothing, and a second one waits and finds it told. An hour that is looked at again, because more came late,
can only have grown: the false alarms are those of its last look.
"""

import logging
from datetime import datetime, timedelta

import asyncpg

from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.directory.registry import Directory
from app.oversight.resonance.counting import AGAIN, count
from app.oversight.resonance.rises import FEWEST, WEEKS, Usual, chance, is_rise

log = logging.getLogger("listening_state.resonance")

QUIET = timedelta(hours=24)
"""So long without another hour of the kind, and the next one is a rise of its own."""

_LOCK = "SELECT counted_from FROM hours_counted FOR UPDATE"
# The usual hour leaves out the weeks in which this cell rose: they are what it is not.
_HOURS = """
SELECT seen.*, usual.total, usual.weeks
FROM (SELECT hour, topic, region, sum(appeals)::int AS seen FROM appeal_hour
      WHERE hour >= $1 AND hour < $2 GROUP BY hour, topic, region HAVING sum(appeals) >= $3) seen
CROSS JOIN LATERAL (
    SELECT count(*)::int AS weeks, coalesce(sum(same.appeals), 0)::int AS total
    FROM generate_series(1, $4::int) AS week
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(before.appeals), 0) AS appeals FROM appeal_hour before
        WHERE before.hour = seen.hour - week * interval '168 hours'
          AND before.topic = seen.topic AND before.region = seen.region) same
    WHERE seen.hour - week * interval '168 hours' >= $5
      AND NOT EXISTS (SELECT FROM rise_hour risen WHERE risen.topic = seen.topic
          AND risen.region = seen.region AND risen.hour = seen.hour - week * interval '168 hours')) usual
ORDER BY seen.hour, seen.topic, seen.region
"""
_CASES = """
SELECT array_agg(a.id ORDER BY a.id) AS ids, mode() WITHIN GROUP (ORDER BY h.agency_id) AS agency_id
FROM appeal a
JOIN holding h ON h.appeal_id = a.id AND h.part = 0 AND h.origin = 'registered' AND h.stands_for IS NULL
WHERE a.received_at >= $1 AND a.received_at < $1 + interval '1 hour' AND a.topic = $2 AND a.region = $3
"""
_GOING_ON = """
UPDATE rise SET first_hour = least(first_hour, $3::timestamptz),
                last_hour = greatest(last_hour, $3::timestamptz)
WHERE id = (SELECT id FROM rise WHERE topic = $1 AND region = $2
              AND last_hour >= $3::timestamptz - $4::interval
              AND first_hour <= $3::timestamptz + $4::interval
            ORDER BY last_hour DESC LIMIT 1)
RETURNING id
"""
_NEW = """
INSERT INTO rise (topic, region, first_hour, last_hour, agency_id, told_at) VALUES ($1, $2, $3, $3, $4, $5)
RETURNING id
"""
_HOUR = """
INSERT INTO rise_hour AS known (hour, topic, region, rise_id, appeal_ids, expected, chance)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (hour, topic, region) DO UPDATE SET appeal_ids = excluded.appeal_ids, chance = excluded.chance
WHERE known.appeal_ids <> excluded.appeal_ids
"""


async def listen(db: Database) -> None:
    """Count the hours that are over, and tell of the cells that rise."""
    upto = await count(db)
    directory = await snapshot.refresh(db)
    async with db.transaction() as connection:
        told = await look(connection, upto, directory)
    for rise in told:
        log.info("a rise was found: %d", rise)


async def look(connection: asyncpg.Connection, upto: datetime, directory: Directory) -> list[int]:
    """Write down the rises of the hours before `upto`; ids of those that are new."""
    counted_from = await connection.fetchval(_LOCK)
    rows = await connection.fetch(_HOURS, upto - AGAIN, upto, FEWEST, WEEKS, counted_from)
    cells = looked_at(directory)
    told = [
        await _write(connection, row)
        for row in rows
        if is_rise(row["seen"], Usual(row["total"], row["weeks"]), cells)
    ]
    return [rise for rise in told if rise is not None]


def looked_at(directory: Directory) -> int:
    """The cells that an hour has: each topic in each region, and where none was named."""
    return len(directory.topics()) * (len(directory.regions()) + 1)


async def _write(connection: asyncpg.Connection, row: asyncpg.Record) -> int | None:
    """Of one hour; the id of the rise when it is a new one."""
    usual, cell = Usual(row["total"], row["weeks"]), (row["topic"], row["region"])
    cases = await connection.fetchrow(_CASES, row["hour"], *cell)
    assert cases is not None
    going_on = await connection.fetchval(_GOING_ON, *cell, row["hour"], QUIET)
    rise = going_on or await connection.fetchval(_NEW, *cell, row["hour"], cases["agency_id"], clock.now())
    seen = len(cases["ids"])
    await connection.execute(
        _HOUR, row["hour"], *cell, rise, cases["ids"], usual.expected, chance(seen, usual)
    )
    return None if going_on else rise

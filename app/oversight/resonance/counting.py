"""Appeals by the hour, kept by the worker: the last two days are counted anew each time.

So whatever commits late, or comes with a moment of an hour ago, is in the count without a trace of its own,
and a worker that is killed goes on where it was. The work is what two days brought, whatever there is beside.
"""

from datetime import datetime, timedelta

import asyncpg

from app.core import clock
from app.core.db import Database

AGAIN = timedelta(hours=48)
STEP = timedelta(hours=24)
FIRST = timedelta(weeks=15)
"""How far back the first count begins."""
KEPT = timedelta(weeks=112)

_LOCK = "SELECT counted_from, counted_to FROM hours_counted FOR UPDATE"
# What is of the past alone (a register brought along) comes with an old moment, and changes no hour.
_COUNT = """
INSERT INTO appeal_hour AS known (hour, topic, region, agency_id, appeals)
SELECT date_trunc('hour', a.received_at), a.topic, a.region, h.agency_id, count(*)
FROM appeal a
JOIN holding h ON h.appeal_id = a.id AND h.part = 0 AND h.origin = 'registered' AND h.stands_for IS NULL
WHERE a.received_at >= $1 AND a.received_at < $2
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
ON CONFLICT (hour, topic, region, agency_id) DO UPDATE SET appeals = excluded.appeals
WHERE known.appeals <> excluded.appeals
"""
# Before its first appeal nothing is known: an hour without any is not a quiet one.
_BEGINNING = "SELECT date_trunc('hour', min(received_at)) FROM appeal WHERE received_at >= $1"
_DONE = "UPDATE hours_counted SET counted_from = $1, counted_to = $2"
_FORGET = "DELETE FROM appeal_hour WHERE hour < $1"


def whole_hour(moment: datetime) -> datetime:
    """The beginning of its hour; the zone is a whole number of hours from UTC, so hours are hours there."""
    return moment.replace(minute=0, second=0, microsecond=0)


async def count(db: Database) -> datetime:
    """Count every hour that is over; gives the end of the last one. A transaction a day, the first time
    for FIRST, later one."""
    end = whole_hour(clock.now())
    while True:
        async with db.transaction() as connection:
            upto = await _one_step(connection, end)
        if upto >= end:
            return upto


async def _one_step(connection: asyncpg.Connection, end: datetime) -> datetime:
    row = await connection.fetchrow(_LOCK)
    assert row is not None
    first = row["counted_from"] or await connection.fetchval(_BEGINNING, end - FIRST)
    if first is None or first >= end:
        return end
    done: datetime = row["counted_to"] or first
    upto: datetime = max(done, min(done + STEP, end))
    await connection.execute(_COUNT, max(first, done - AGAIN), upto)
    await connection.execute(_FORGET, end - KEPT)
    await connection.execute(_DONE, max(first, end - KEPT), upto)
    return upto

"""The counters beside what the events say: every difference, and none when all is well.

One agency at a time, each check one statement, so that acts going on meanwhile are no differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import asyncpg

from app.core import clock

KEY = ("opened_on", "day", "due_on", "channel", "applicant_type", "kind", "topic", "region")
FIGURES = (
    "received",
    "answered",
    "answered_late",
    "forwarded_out",
    "forwarded_late",
    "closed_otherwise",
    "closed_late",
    "extended",
    "running",
)

# What each holding of agency $1 went through, by its events alone; its appeal says what it is about.
# The server's own time zones may be older than ours, so the offsets ($2, $3) are given.
LIFE = """
WITH zone AS (
    SELECT * FROM unnest($2::timestamptz[], $3::interval[]) AS z(since, ahead)
), life AS (
    SELECT h.id, o.data ->> 'agency' AS agency, (o.data ->> 'registered_on')::date AS opened_on,
           (o.data ->> 'due_on')::date AS due_on, a.channel, a.applicant_type, a.kind, a.topic, a.region,
           CASE c.kind WHEN 'answered' THEN 'answered' WHEN 'forwarded' THEN 'forwarded_out'
                       WHEN 'withdrawn' THEN 'closed_otherwise' END AS close,
           greatest((o.data ->> 'registered_on')::date,
                    (c.at AT TIME ZONE 'UTC' + zone.ahead)::date) AS closed_on,
           coalesce((c.data ->> 'late')::boolean, false) AS forwarded_late
    FROM holding h
    JOIN appeal a ON a.id = h.appeal_id
    LEFT JOIN event o ON o.holding_id = h.id AND o.kind IN ('registered', 'received', 'reopened')
    LEFT JOIN event c ON c.holding_id = h.id AND c.kind IN ('answered', 'forwarded', 'withdrawn')
    LEFT JOIN LATERAL (SELECT ahead FROM zone WHERE since <= c.at ORDER BY since DESC LIMIT 1) zone ON true
    WHERE h.agency_id = $1
)
"""

DIFFERENCES = """
{life}, expected AS (
    SELECT opened_on, opened_on AS day, due_on, channel, applicant_type, kind, topic, region, 1 AS received,
           0 AS answered, 0 AS answered_late, 0 AS forwarded_out, 0 AS forwarded_late, 0 AS closed_otherwise,
           0 AS closed_late, 0 AS extended, 1 AS running
    FROM life WHERE opened_on IS NOT NULL
    UNION ALL
    SELECT opened_on, closed_on, due_on, channel, applicant_type, kind, topic, region, 0,
           (close = 'answered')::int, (close = 'answered' AND closed_on > due_on)::int,
           (close = 'forwarded_out')::int, forwarded_late::int, (close = 'closed_otherwise')::int,
           (close <> 'answered' AND closed_on > due_on)::int, 0, -1
    FROM life WHERE opened_on IS NOT NULL AND close IS NOT NULL
), both_sides AS (
    SELECT * FROM expected
    UNION ALL
    SELECT {key}, {counted} FROM counter_delta WHERE agency_id = $1
)
SELECT {key}, {sums} FROM both_sides GROUP BY {key} HAVING {any} ORDER BY {key}
""".format(
    life=LIFE,
    key=", ".join(KEY),
    counted=", ".join(f"-{name}" for name in FIGURES),
    sums=", ".join(f"sum({name}) AS {name}" for name in FIGURES),
    any=" OR ".join(f"sum({name}) <> 0" for name in FIGURES),
)

ASTRAY = f"""
{LIFE}
SELECT h.id FROM life JOIN holding h USING (id) JOIN agency g ON g.id = h.agency_id
WHERE (h.registered_on, h.due_on, h.closed_on, h.close, g.code, h.channel, h.applicant_type, h.kind, h.topic,
       h.region, h.running)
    IS DISTINCT FROM
      (life.opened_on, life.due_on, CASE WHEN life.close IS NOT NULL THEN life.closed_on END, life.close,
       life.agency, life.channel, life.applicant_type, life.kind, life.topic, life.region, life.close IS NULL)
ORDER BY h.id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """`figures`: what the events have more (or less) than the counters, for deltas of one `key`."""

    agency_id: int
    key: dict[str, date | str]
    figures: dict[str, int]

    def __str__(self) -> str:
        where = " ".join(f"{name}={value}" for name, value in self.key.items() if value != "")
        what = ", ".join(f"{name} {figure:+d}" for name, figure in self.figures.items())
        return f"{where}: events beside counters: {what}"


async def differences(connection: asyncpg.Connection, agency_id: int) -> list[Difference]:
    """Where the counters of an agency are not what its events add up to."""
    return [
        Difference(
            agency_id,
            {name: row[name] for name in KEY},
            {name: int(row[name]) for name in FIGURES if row[name]},
        )
        for row in await connection.fetch(DIFFERENCES, agency_id, *offsets())
    ]


async def astray(connection: asyncpg.Connection, agency_id: int) -> list[int]:
    """The ids of an agency's holdings that are not as their events say."""
    return [row["id"] for row in await connection.fetch(ASTRAY, agency_id, *offsets())]


async def counted_agencies(connection: asyncpg.Connection) -> Sequence[asyncpg.Record]:
    """Id and code of every agency that there is or that something is counted for."""
    return await connection.fetch(
        """SELECT id, coalesce(agency.code, '?') AS code
           FROM (SELECT id FROM agency UNION SELECT agency_id FROM counter_delta) known
           LEFT JOIN agency USING (id) ORDER BY id"""
    )


@lru_cache(maxsize=1)
def offsets() -> tuple[list[datetime], list[timedelta]]:
    """From which instant on civil time is how far ahead of UTC, 2006 to 2062."""
    first, last = datetime(2006, 1, 1, tzinfo=UTC), datetime(2062, 12, 31, tzinfo=UTC)
    since, ahead = [first], [_ahead(first)]
    day = first
    while day < last:
        following = day + clock.days(1)
        if _ahead(following) != ahead[-1]:
            since.append(_change(day, following))
            ahead.append(_ahead(following))
        day = following
    return since, ahead


def _change(before: datetime, after: datetime) -> datetime:
    """The second at which civil time changed between two instants."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _ahead(middle) == _ahead(before) else (before, middle)
    return after


def _ahead(instant: datetime) -> timedelta:
    offset = instant.astimezone(clock.ZONE).utcoffset()
    assert offset is not None
    return offset

"""Which appeals are meant, by one description: counted from the hours, and listed from the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg

from app.core import clock

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Matching:
    """None does not limit. `agencies`: one of them had it first; `cells`: pairs of topic and region."""

    topic: str | None = None
    region: str | None = None
    agencies: Sequence[int] | None = None
    cells: Sequence[tuple[str, str]] | None = None

    def values(self) -> tuple[Any, ...]:
        topics, regions = zip(*self.cells, strict=True) if self.cells else ((), ())
        listed = (None, None) if self.cells is None else (list(topics), list(regions))
        return self.topic, self.region, self.agencies, *listed


# `c`: what has a topic and a region; `f`: what has the first agency.
_MATCHES = """
({topic}::text IS NULL OR c.topic = {topic}) AND ({region}::text IS NULL OR c.region = {region})
AND ({agencies}::bigint[] IS NULL OR f.agency_id = ANY ({agencies}))
AND ({topics}::text[] IS NULL
     OR (c.topic, c.region) IN (SELECT * FROM unnest({topics}::text[], {regions}::text[])))
"""


def _matches(first: int) -> str:
    names = ("topic", "region", "agencies", "topics", "regions")
    return _MATCHES.format(**{name: f"${first + n}" for n, name in enumerate(names)})


LISTED = f"""
SELECT c.id FROM appeal c
JOIN holding f ON f.appeal_id = c.id AND f.part = 0 AND f.origin = 'registered' AND f.stands_for IS NULL
WHERE c.received_at >= $7 AND c.received_at < $8 AND {_matches(9)}
"""
"""Their ids; the values are the two moments and `Matching.values()`."""
_BY_WEEK = f"""
SELECT floor(extract(epoch FROM f.hour - $1) / extract(epoch FROM interval '7 days'))::int AS week,
       sum(f.appeals)::int AS appeals
FROM appeal_hour f CROSS JOIN LATERAL (SELECT f.topic, f.region) c
WHERE f.hour >= $1 AND f.hour < $2 AND {_matches(3)}
GROUP BY 1
"""


def midnight(day: date) -> datetime:
    """When a civil day begins."""
    return datetime.combine(day, time(), clock.ZONE)


async def by_week(connection: asyncpg.Connection, matching: Matching, first: date, weeks: int) -> list[int]:
    """How many were received in each of so many weeks from a civil day on."""
    begins = midnight(first)
    rows = await connection.fetch(_BY_WEEK, begins, begins + weeks * WEEK, *matching.values())
    counts = {row["week"]: row["appeals"] for row in rows}
    return [counts.get(week, 0) for week in range(weeks)]

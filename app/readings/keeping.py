"""Keeping who read a case.

It is written by the reader's own connection before they are shown anything: a reading that cannot be kept is
no reading (docs/decisions/0016). Repeats within an hour count on in the same row.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg

from app.core import clock
from app.readings.codes import Way

# Always in the same order, so that two requests of one person never wait for each other in a ring.
_KEEP = """
INSERT INTO case_reading AS kept
    (appeal_id, part, account_id, agency_id, day, hour, way, first_at, last_at, times)
SELECT read.appeal_id, read.part, {account}, {agency}, {day}, {hour}, {way}, {now}, {now}, 1
FROM {read} WHERE {way}::text IS NOT NULL ORDER BY read.appeal_id, read.part
ON CONFLICT (appeal_id, part, account_id, agency_id, day, hour, way) DO UPDATE
SET last_at = greatest(kept.last_at, excluded.last_at), times = kept.times + 1
"""
# What an applicant is told, in a query that names their appeal: [body, day, first and last moment].
LOOKED = """
(SELECT jsonb_agg(jsonb_build_array(agency_id, day, first_at, last_at) ORDER BY day, first_at, agency_id)
 FROM (SELECT r.agency_id, r.day, min(r.first_at) AS first_at, max(r.last_at) AS last_at
       FROM case_reading r WHERE r.appeal_id = {appeal} GROUP BY r.agency_id, r.day) looked)
"""


def keep_with(read: str, first: int) -> str:
    """The statement that keeps readings, to stand in the one that reads. `read`: rows of appeal and part.
    `values` are its parameters from `$first` on."""
    names = ("account", "agency", "day", "hour", "way", "now")
    return _KEEP.format(read=read, **{name: f"${first + place}" for place, name in enumerate(names)})


def values(account_id: int, agency_id: int, way: Way | None, now: datetime) -> tuple[Any, ...]:
    """Whose reading it is, how and when; without a way nothing is kept."""
    local = now.astimezone(clock.ZONE)
    return account_id, agency_id, local.date(), local.hour, way, now


_KEEP_THESE = keep_with("unnest($1::bigint[], $2::smallint[]) AS read(appeal_id, part)", 3)


async def keep(
    connection: asyncpg.Connection,
    account_id: int,
    agency_id: int,
    cases: Iterable[tuple[int, int]],
    way: Way,
    now: datetime,
) -> None:
    """That somebody of a body read these cases (appeal and part) now."""
    listed = sorted(set(cases))
    if not listed:
        return
    appeals, parts = zip(*listed, strict=True)
    await connection.execute(_KEEP_THESE, appeals, parts, *values(account_id, agency_id, way, now))

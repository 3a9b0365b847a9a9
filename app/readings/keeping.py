"""Keeping who read a case.

It is written by the reader's own connection before they are shown anything: a reading that cannot be kept is
no reading (docs/decisions/0016). Repeats within an hour count on in the same row.
"""

from collections.abc import Iterable
from datetime import datetime

import asyncpg

from app.core import clock
from app.readings.codes import Way

# Always in the same order, so that two requests of one person never wait for each other in a ring.
_KEEP = """
INSERT INTO case_reading AS kept
    (appeal_id, part, account_id, agency_id, day, hour, way, first_at, last_at, times)
SELECT appeal_id, part, $3, $4, $5, $6, $7, $8, $8, 1
FROM unnest($1::bigint[], $2::smallint[]) AS read(appeal_id, part) ORDER BY appeal_id, part
ON CONFLICT (appeal_id, part, account_id, agency_id, day, hour, way) DO UPDATE
SET last_at = greatest(kept.last_at, excluded.last_at), times = kept.times + 1
"""
# What an applicant is told, in a query that names their appeal: [body, day, first and last moment].
LOOKED = """
(SELECT jsonb_agg(jsonb_build_array(agency_id, day, first_at, last_at) ORDER BY day, first_at, agency_id)
 FROM (SELECT r.agency_id, r.day, min(r.first_at) AS first_at, max(r.last_at) AS last_at
       FROM case_reading r WHERE r.appeal_id = {appeal} GROUP BY r.agency_id, r.day) looked)
"""


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
    local = now.astimezone(clock.ZONE)
    appeals, parts = zip(*listed, strict=True)
    await connection.execute(
        _KEEP, appeals, parts, account_id, agency_id, local.date(), local.hour, way.value, now
    )

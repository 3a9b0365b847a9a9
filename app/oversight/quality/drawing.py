"""Drawing a sample: for each agency so many of its answers of a period, by a seed.

Answers are put in the order of a hash of the seed and of what they are; the first ones of each agency are
drawn. So the same seed, period and record give the same answers, and anybody can repeat it with sha256sum.
"""

from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from app.oversight.quality.forms import form_on

# An answer that stands: of an agency in earnest, with an outcome of its own. A complaint that was decided is
# judged by the courts and not here. What was closed when is found by an index, body by body.
DRAW = """
WITH answered AS (
    SELECT h.id, h.agency_id,
           encode(sha256(convert_to($2 || '/' || h.appeal_id || '/' || h.part || '/' || h.id, 'UTF8')), 'hex')
               AS lot
    FROM holding h
    WHERE h.close = 'answered' AND h.closed_on BETWEEN $3 AND $4 AND h.stands_for IS NULL AND h.stage IS NULL
), drawn AS (
    SELECT *, row_number() OVER (PARTITION BY agency_id ORDER BY lot, id) AS turn FROM answered
)
INSERT INTO quality_case (sample_id, place, agency_id, holding_id, answer)
SELECT $1, row_number() OVER (ORDER BY lot, drawn.id), agency_id, drawn.id, e.content_hash
FROM drawn
CROSS JOIN LATERAL (
    SELECT content_hash FROM event
    WHERE event.holding_id = drawn.id AND event.kind = 'answered' AND content_hash IS NOT NULL
    ORDER BY event.id DESC LIMIT 1
) e
WHERE turn <= $5
"""
_SAMPLE = """
INSERT INTO quality_sample (seed, first, last, per_agency, form, drawn_by, drawn_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    seed: str
    first: date
    last: date
    per_agency: int


async def draw(connection: asyncpg.Connection, wanted: Wanted, by: int, now: datetime, today: date) -> int:
    """Draw and keep; gives the id of the sample, which may be empty."""
    form = form_on(today).first
    sample_id: int = await connection.fetchval(
        _SAMPLE, wanted.seed, wanted.first, wanted.last, wanted.per_agency, form, by, now
    )
    await connection.execute(DRAW, sample_id, wanted.seed, wanted.first, wanted.last, wanted.per_agency)
    return sample_id

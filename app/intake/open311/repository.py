"""Reading what is listed: the state of each from its holdings, and what a moderator has released.

What was written, and by whom, is read for those alone of which something is released.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from app.appeals import numbers
from app.core import sight
from app.core.limited import seeing
from app.intake.open311.asked import Asked
from app.intake.timeline import TOLD

# When something that people are told of happened last; of what is closed, when it was closed.
_UPDATED = """
CASE WHEN EXISTS (SELECT FROM holding h WHERE h.appeal_id = a.id AND h.closed_at IS NULL)
     THEN (SELECT max(happened.at) FROM (
               SELECT e.at FROM event e WHERE e.appeal_id = a.id AND e.kind = ANY ($1::text[])
               UNION ALL SELECT p.at FROM publication p WHERE p.appeal_id = a.id) happened)
     ELSE (SELECT max(h.closed_at) FROM holding h WHERE h.appeal_id = a.id)
END
"""

_LISTED = """
WITH page AS MATERIALIZED (
    SELECT a.id, a.received_at, a.registered_on, a.topic, a.applicant_type
    FROM appeal a WHERE a.listed AND {conditions}
    ORDER BY a.received_at DESC, a.id DESC {limit}
)
SELECT a.*, {updated} AS updated_at, held.holdings, released.fields, said.body,
       who.name, who.iin, who.bin, who.address, who.phone, who.email
FROM page a
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'part', h.part, 'agency_id', h.agency_id, 'status', h.status, 'close', h.close,
               'outcome', h.outcome, 'running', h.running, 'due_on', h.due_on, 'closed_at', h.closed_at)
           ORDER BY h.id) AS holdings
    FROM holding h WHERE h.appeal_id = a.id
) held
LEFT JOIN LATERAL (
    SELECT p.fields FROM publication p WHERE p.appeal_id = a.id ORDER BY p.id DESC LIMIT 1
) released ON true
LEFT JOIN LATERAL (
    SELECT c.body FROM content c WHERE c.appeal_id = a.id AND c.kind = 'appeal' ORDER BY c.id LIMIT 1
) said ON cardinality(released.fields) > 0
LEFT JOIN applicant who ON who.appeal_id = a.id AND cardinality(released.fields) > 0
ORDER BY a.received_at DESC, a.id DESC
"""

_IS_OPEN = "EXISTS (SELECT FROM holding h WHERE h.appeal_id = a.id AND h.closed_at IS NULL)"

RELEASE = """
INSERT INTO publication (appeal_id, at, account_id, agency_id, fields, reason)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""

RELEASES = """
SELECT p.at, p.fields, p.reason, account.name AS by, p.agency_id
FROM publication p LEFT JOIN staff_account account ON account.id = p.account_id
WHERE p.appeal_id = $1 ORDER BY p.id
"""

# With everybody who holds a part of it now, or held it last. A complaint about an act is never listed, and
# walled off from some (app/appeals/walls.py): here from everybody.
HOLDERS = """
SELECT a.id, a.applicant_type, a.listed, a.channel,
       ARRAY(SELECT DISTINCT ON (h.part) h.agency_id FROM holding h
             WHERE h.appeal_id = a.id ORDER BY h.part, h.id DESC) AS holders
FROM appeal a
WHERE a.id = $1 AND NOT EXISTS (SELECT FROM complaint c WHERE c.appeal_id = a.id)
"""


async def listed(connection: asyncpg.Connection, asked: Asked) -> Sequence[asyncpg.Record]:
    """What was asked for and may be shown, the newest first."""
    values: list[Any] = [sorted(TOLD)]

    def bound(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    if asked.ids is not None:
        conditions, limit = _named(asked.ids, bound), ""
    else:
        conditions = _conditions(asked, bound)
        limit = f"LIMIT {bound(asked.limit)} OFFSET {bound(asked.offset)}"
    statement = _LISTED.format(conditions=" AND ".join(conditions), limit=limit, updated=_UPDATED)
    async with seeing(connection, sight.LISTED):
        rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
    return rows


def _named(found: Sequence[numbers.Number], bound: Any) -> list[str]:
    ids = [number.appeal_id for number in found]
    types = [number.applicant_type.value for number in found]
    pairs = f"SELECT * FROM unnest({bound(ids)}::bigint[], {bound(types)}::text[])"
    return [f"(a.id, a.applicant_type) IN ({pairs})"]


def _conditions(asked: Asked, bound: Any) -> list[str]:
    found = [f"a.received_at BETWEEN {bound(asked.start)} AND {bound(asked.end)}"]
    if asked.topics is not None:
        found.append(f"a.topic = ANY ({bound(asked.topics)}::text[])")
    if asked.region is not None:
        found.append(f"a.region = {bound(asked.region)}")
    if asked.open is not None:
        found.append(_IS_OPEN if asked.open else f"NOT {_IS_OPEN}")
    if asked.updated_after is not None:
        found.append(f"{_UPDATED} >= {bound(asked.updated_after)}")
    if asked.updated_before is not None:
        found.append(f"{_UPDATED} <= {bound(asked.updated_before)}")
    return found

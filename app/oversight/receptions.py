"""Personal reception in figures: who was received and what came of it, from the records themselves.

Of each visit the record that nothing supersedes counts, by the civil day of the reception.
"""

import asyncpg

from app.core import clock
from app.core.errors import Invalid
from app.directory.registry import Directory, UnknownCode
from app.oversight.asked import days_asked, unknown_code, wrong_days
from app.oversight.schemas import ReceptionsIn, ReceptionsOut

COUNT = """
SELECT count(*) FILTER (WHERE came) AS persons,
       count(DISTINCT reception_id) FILTER (WHERE came) AS receptions,
       count(*) FILTER (WHERE outcome = 'resolved') AS resolved,
       count(*) FILTER (WHERE outcome = 'explained') AS explained,
       count(*) FILTER (WHERE outcome = 'registered') AS registered,
       count(*) FILTER (WHERE came AND through = 'party') AS through,
       count(*) FILTER (WHERE came AND through = 'travelling') AS travelling,
       count(*) FILTER (WHERE came AND mode = 'video') AS by_video,
       count(*) FILTER (WHERE NOT came) AS not_come
FROM visit_record r
WHERE r.day BETWEEN $1 AND $2 AND ($3::bigint IS NULL OR r.agency_id = $3)
  AND NOT EXISTS (SELECT FROM visit_record later WHERE later.supersedes = r.id)
"""


async def count(connection: asyncpg.Connection, asked: ReceptionsIn, directory: Directory) -> ReceptionsOut:
    """Raises Invalid, naming every field that is wrong."""
    first, last = days_asked(asked.from_, asked.to, clock.today())
    errors = list(wrong_days({"from": asked.from_, "to": asked.to}, first, last))
    agency_id = None
    try:
        agency_id = directory.agency(asked.agency).id if asked.agency else None
    except UnknownCode:
        errors.append(unknown_code("agency", directory.near("agency", asked.agency or "")))
    if errors:
        raise Invalid(errors=errors)
    row = await connection.fetchrow(COUNT, first, last, agency_id)
    assert row is not None
    return ReceptionsOut(**{"from": first}, to=last, agency=asked.agency, **dict(row))

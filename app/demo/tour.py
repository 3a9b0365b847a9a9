"""What is to be seen in the demo: of every kind of life the first that was lived, and how to open it."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from app.appeals.access_code import access_code
from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.demo.plan import LIVING, SECOND
from app.directory.registry import Directory

# Its first part that is open, else the first one, as its newest holding has it.
_FIRST = """
SELECT DISTINCT ON (plot, second) plot, second, a.id, h.part, h.applicant_type, h.status, h.agency_id
FROM appeal a
CROSS JOIN LATERAL (
    SELECT split_part(a.external_id, ':', 3) AS plot, a.external_id LIKE '%:' || $2 AS second
) life
CROSS JOIN LATERAL (
    SELECT * FROM holding WHERE appeal_id = a.id ORDER BY closed_at IS NULL DESC, part, id DESC LIMIT 1
) h
WHERE a.external_id LIKE 'demo:' || $1 || ':%'
ORDER BY plot, second, a.id
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """`name`: the plot's, and whether it is its second letter; `agency`: the body whose people see it."""

    name: str
    number: str
    access_code: str
    status: str
    agency: str


async def sights(connection: asyncpg.Connection, directory: Directory) -> Sequence[Sight]:
    """In order of name; none when the last weeks are not loaded."""
    return [
        Sight(
            name=f"{row['plot']} ({SECOND})" if row["second"] else row["plot"],
            number=format_number(row["id"], ApplicantType(row["applicant_type"]), row["part"]),
            access_code=access_code(row["id"]),
            status=row["status"],
            agency=directory.agency_by_id(row["agency_id"]).code,
        )
        for row in await connection.fetch(_FIRST, LIVING, SECOND)
    ]

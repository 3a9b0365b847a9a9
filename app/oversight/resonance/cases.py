"""The appeals behind a rise or an issue, a page at a time, as far as one sees them."""

from typing import Any

import asyncpg

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock, paging
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight.reach import Looker, not_walled
from app.oversight.resonance.schemas import AppealOut, AppealsOut, PageIn
from app.oversight.schemas import AgencyRef

# Of each appeal the newest holding that the looker's bodies had: one that went elsewhere is still shown.
_PAGE = """
SELECT h.appeal_id, h.agency_id, h.applicant_type, h.topic, h.region, h.status, h.registered_on, h.due_on,
       h.running, a.received_at
FROM ({which}) counted
JOIN appeal a ON a.id = counted.id
CROSS JOIN LATERAL (
    SELECT held.* FROM holding held
    WHERE held.appeal_id = counted.id AND held.part = 0
      AND ($1::bigint[] IS NULL OR held.agency_id = ANY ($1))
    ORDER BY held.id DESC LIMIT 1) h
WHERE counted.id > $5 AND {not_walled}
ORDER BY counted.id LIMIT $6
"""
FIRST = 7
"""The number of the first value of `which`."""


async def page(
    connection: asyncpg.Connection,
    which: str,
    values: tuple[Any, ...],
    looker: Looker,
    asked: PageIn,
    directory: Directory,
    lang: Language,
) -> AppealsOut:
    """`which`: SQL that gives the `id` of each appeal once, its values from `$7` on. Raises Invalid: a
    cursor that is none."""
    sql = _PAGE.format(which=which, not_walled=not_walled(2))
    rows = await connection.fetch(
        sql,
        looker.only,
        *looker.before_a_wall(),
        paging.after(asked.cursor),
        asked.limit + 1,
        *values,
    )
    shown = rows[: asked.limit]
    return AppealsOut(
        items=[_appeal(row, directory, lang) for row in shown],
        next_cursor=paging.cursor(shown[-1]["appeal_id"]) if len(rows) > asked.limit else None,
    )


def _appeal(row: asyncpg.Record, directory: Directory, lang: Language) -> AppealOut:
    return AppealOut(
        number=format_number(row["appeal_id"], ApplicantType(row["applicant_type"])),
        agency=agency_ref(row["agency_id"], directory, lang),
        topic=row["topic"],
        region=row["region"] or None,
        status=row["status"],
        received_at=row["received_at"],
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        overdue=row["running"] and clock.today() > row["due_on"],
    )


def agency_ref(id_: int, directory: Directory, lang: Language) -> AgencyRef:
    agency = directory.agency_by_id(id_)
    return AgencyRef(code=agency.code, name=agency.name(lang, clock.today()))

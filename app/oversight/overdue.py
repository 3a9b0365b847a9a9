"""What is overdue today, of each body: how much, and for how long."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight.columns import BY_CODE
from app.oversight.compliance_answer import cases_url
from app.oversight.compliance_asked import Question
from app.oversight.compliance_schemas import FigureOut, OverdueOut, OverdueRowOut
from app.oversight.reading import Days
from app.oversight.schemas import AgencyRef

# Days late, and the field of those up to so many.
UP_TO = (
    (7, "late_up_to_week"),
    (30, "late_up_to_month"),
    (90, "late_up_to_quarter"),
    (10**6, "late_longer"),
)
_OVERDUE = """
SELECT h.agency_id, h.due_on, count(*) AS cases FROM holding h
WHERE h.closed_at IS NULL AND h.running AND h.stands_for IS NULL AND h.due_on < $1 AND h.registered_on <= $1
  AND ($2::bigint[] IS NULL OR h.agency_id = ANY ($2)){about}
GROUP BY h.agency_id, h.due_on
"""


@dataclass(slots=True)
class _Late:
    oldest: date
    cases: int
    by_age: dict[str, int]


async def overdue(
    connection: asyncpg.Connection,
    question: Question,
    directory: Directory,
    language: Language,
    today: date,
) -> OverdueOut:
    filters = {name: value for name, value in question.filters.given().items() if name != "agency_id"}
    about = "".join(f" AND h.{name} = ${place}" for place, name in enumerate(filters, start=3))
    only = None if question.visible is None else sorted(question.visible)
    rows = await connection.fetch(_OVERDUE.format(about=about), today, only, *filters.values())
    found: dict[int, _Late] = {}
    for row in rows:
        late = found.setdefault(
            row["agency_id"], _Late(row["due_on"], 0, dict.fromkeys(dict(UP_TO).values(), 0))
        )
        late.oldest = min(late.oldest, row["due_on"])
        late.cases += row["cases"]
        late.by_age[_age((today - row["due_on"]).days)] += row["cases"]
    shown = [_row(id_, late, question, directory, language, today) for id_, late in found.items()]
    return OverdueOut(
        on=today,
        rows=sorted(shown, key=lambda row: (-(row.overdue.value or 0), row.agency.code)),
        overdue=sum(late.cases for late in found.values()),
    )


def _age(days: int) -> str:
    return next(name for most, name in UP_TO if days <= most)


def _row(
    agency_id: int, late: _Late, question: Question, directory: Directory, language: Language, today: date
) -> OverdueRowOut:
    agency = directory.agency_by_id(agency_id)
    url = cases_url(BY_CODE["overdue"], Days(today, today), agency.code, False, question.filters)
    by_age: dict[str, Any] = late.by_age
    return OverdueRowOut(
        agency=AgencyRef(code=agency.code, name=agency.name(language, today)),
        overdue=FigureOut(value=late.cases, cases_url=url),
        oldest_due_on=late.oldest,
        **by_age,
    )

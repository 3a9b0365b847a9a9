"""`GET /api/v1/compliance/weeks`: bodies week by week, and for how long it has been getting worse."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.edge import FIGURES, FiguresMoment, Lang
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight import weekly
from app.oversight.compliance_asked import Question, heard
from app.oversight.compliance_schemas import SeriesOut, SpanOut, WeeksIn, WeeksOut, WeeksRowOut
from app.oversight.schemas import AgencyRef
from app.oversight.weekly import Week, Weeks, growing
from app.staff.access import Overseer

router = APIRouter(prefix="/api/v1/compliance", tags=["oversight"], dependencies=[FIGURES])


@router.get(
    "/weeks",
    summary="Bodies week by week",
    description=(
        "Weeks of seven days up to `to`, or up to today: what was received and answered in each, and what "
        "was overdue at the end of each. `growing_weeks` says for how many weeks in a row that has risen. "
        "`from` does not matter."
    ),
    responses=problems(Forbidden, Invalid, NotFound),
)
async def weeks(
    caller: Overseer,
    request: Request,
    asked: Annotated[WeeksIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> WeeksOut:
    question, directory, today = heard(request, response, asked, caller, lang)
    found = await weekly.count(
        connection,
        question.days.last,
        question.filters,
        today=today,
        weeks=asked.weeks,
        agencies=None if question.visible is None else sorted(question.visible),
    )
    return _out(found, question, directory, lang)


def _out(found: Weeks, question: Question, directory: Directory, lang: Language) -> WeeksOut:
    rows: list[WeeksRowOut] = []
    for agency in directory.agencies():
        under = directory.subtree_ids(agency.id)
        if question.filters.agency_id not in (None, agency.id) or not under & found.of.keys():
            continue
        several = len(under) > 1
        rows.append(
            WeeksRowOut(
                agency=AgencyRef(code=agency.code, name=agency.name(lang, found.spans[-1].last)),
                own=_series(found.together([agency.id])),
                with_subtree=_series(found.together(under)) if several else None,
            )
        )
    return WeeksOut(
        weeks=[SpanOut(**{"from": one.first}, to=one.last) for one in found.spans],
        rows=sorted(rows, key=lambda row: (-(row.with_subtree or row.own).overdue[-1], row.agency.code)),
        total=_series(found.together(found.of)),
    )


def _series(weeks: Sequence[Week]) -> SeriesOut:
    return SeriesOut(
        received=[week.received for week in weeks],
        answered=[week.answered for week in weeks],
        overdue=[week.overdue for week in weeks],
        growing_weeks=growing(weeks),
    )

"""Compliance, for the Administration's controllers and for heads: figures, and the cases behind each."""

from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import paging
from app.core.edge import FIGURES, FiguresMoment, Lang, Moment
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight import cases, compliance_answer
from app.oversight.asked import unknown_code
from app.oversight.columns import COLUMNS, LISTED
from app.oversight.compliance_asked import agencies_of, heard
from app.oversight.compliance_schemas import (
    CaseOut,
    CasesIn,
    CasesOfIn,
    CasesOut,
    ColumnOut,
    ColumnsOut,
    ComplianceIn,
    ComplianceOut,
    OverdueOut,
    PeriodIn,
    RegionsOut,
    TopicsIn,
    TopicsOut,
)
from app.oversight.overdue import overdue as count_overdue
from app.oversight.reach import Looker
from app.oversight.schemas import AgencyRef
from app.staff.access import Overseer, StaffCaller

router = APIRouter(prefix="/api/v1/compliance", tags=["oversight"], dependencies=[FIGURES])

_WHOSE = (
    "A controller asks about all bodies, a head about the own one and those under it. What was done in the "
    "period is counted by the day of the act, what is pending or overdue at its end."
)
REFUSALS = problems(Forbidden, Invalid, NotFound)


@router.get("/agencies", summary="How bodies keep the law", description=_WHOSE, responses=REFUSALS)
async def agencies(
    caller: Overseer,
    request: Request,
    asked: Annotated[ComplianceIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> ComplianceOut:
    question, directory, today = heard(request, response, asked, caller, lang)
    return await compliance_answer.agencies(connection, asked, question, directory, lang, today)


@router.get(
    "/topics", summary="The same by topic, of all bodies together", description=_WHOSE, responses=REFUSALS
)
async def topics(
    caller: Overseer,
    request: Request,
    asked: Annotated[TopicsIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> TopicsOut:
    question, directory, today = heard(request, response, asked, caller, lang)
    return await compliance_answer.topics(connection, asked, question, directory, lang, today)


@router.get(
    "/regions", summary="The same by region, of all bodies together", description=_WHOSE, responses=REFUSALS
)
async def regions(
    caller: Overseer,
    request: Request,
    asked: Annotated[TopicsIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> RegionsOut:
    question, directory, today = heard(request, response, asked, caller, lang)
    return await compliance_answer.regions(connection, asked, question, directory, lang, today)


@router.get(
    "/overdue",
    summary="What is overdue today",
    description="By body: how many cases, and how long after their due day. The days of the question do not "
    "matter: it is about today.",
    responses=REFUSALS,
)
async def overdue(
    caller: Overseer,
    request: Request,
    asked: Annotated[PeriodIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> OverdueOut:
    question, directory, today = heard(request, response, asked, caller, lang)
    return await count_overdue(connection, question, directory, lang, today)


@router.get(
    "/columns",
    summary="What each figure means",
    description="The codes of the figures, in the order in which they are shown, with their names.",
    responses=problems(Forbidden),
)
async def columns(_: Overseer, lang: Lang) -> ColumnsOut:
    return ColumnsOut(
        columns=[
            ColumnOut(code=one.code, unit=one.unit, title=one.title(lang), means=one.meaning(lang))
            for one in COLUMNS
        ]
    )


@router.get(
    "/cases",
    summary="The cases that a figure counts",
    description="A figure's `cases_url` leads here: a case for each that is counted, in the order in which "
    "they opened. A complaint that is walled off from the caller is counted and not listed.",
    responses=REFUSALS,
)
async def list_cases(
    caller: Overseer,
    request: Request,
    asked: Annotated[CasesIn, Query()],
    lang: Lang,
    connection: Moment,
    response: Response,
) -> CasesOut:
    listed, directory = listed_cases(caller, request, asked, lang, response)
    rows = await listed.page(connection, after=paging.after(asked.cursor), limit=asked.limit + 1)
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    return CasesOut(
        items=[case_out(row, directory, lang) for row in shown],
        next_cursor=paging.cursor(shown[-1]["id"]) if more else None,
    )


def listed_cases(
    caller: StaffCaller, request: Request, asked: CasesOfIn, lang: Language, response: Response
) -> tuple[cases.Listed, Directory]:
    """What is to be listed, as this caller sees it. Raises Invalid, NotFound."""
    question, directory, today = heard(request, response, asked, caller, lang)
    if asked.figure not in LISTED:
        raise Invalid(errors=[unknown_code("figure", sorted(LISTED))])
    listed = cases.Listed(
        asked.figure,
        question.days.first,
        question.days.last,
        question.filters,
        sorted(agencies_of(asked, question, directory)),
        Looker.of(caller, directory),
        today,
    )
    return listed, directory


def case_out(row: asyncpg.Record, directory: Directory, language: Language) -> CaseOut:
    agency = directory.agency_by_id(row["agency_id"])
    return CaseOut(
        **{name: row[name] for name in CaseOut.model_fields if name not in {"number", "agency", "region"}},
        number=format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        agency=AgencyRef(code=agency.code, name=agency.name(language, row["registered_on"])),
        region=row["region"] or None,
    )

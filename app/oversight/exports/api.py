"""The calls of oversight as files: each the twin of a call, for the same callers, with the same figures."""

from collections.abc import Sequence
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from app.core import clock
from app.core.edge import Db, FiguresDb, Lang, public_base
from app.core.errors import Forbidden, Invalid, NotFound
from app.directory import snapshot
from app.oversight import api as statistics_api
from app.oversight import compliance_api, weekly_api
from app.oversight.asked import refuse_unknown
from app.oversight.compliance_schemas import CasesOfIn, ComplianceIn, PeriodIn, TopicsIn, WeeksIn
from app.oversight.control import api as control_api
from app.oversight.control import schemas as control
from app.oversight.exports import compliance, lists, tables
from app.oversight.exports.download import as_file
from app.oversight.exports.index import index as index_sheet
from app.oversight.exports.lists import paged, walked
from app.oversight.exports.sheet import Row, Sheet
from app.oversight.forecast import api as forecast_api
from app.oversight.forecast.schemas import ForecastIn, ForecastOfIn, LateIn
from app.oversight.index import api as index_api
from app.oversight.index.schemas import IndexIn
from app.oversight.quality import api as quality_api
from app.oversight.resonance import issues_api, rises_api
from app.oversight.resonance.schemas import IssuesIn, IssuesOfIn, RisesIn, RisesOfIn
from app.oversight.schemas import MonthsIn, StatisticsIn
from app.oversight.signs import api as signs_api
from app.oversight.signs.api import SignCode
from app.oversight.signs.lists import understood
from app.oversight.signs.schemas import PeriodIn as SignsIn
from app.oversight.signs.schemas import SignIn
from app.oversight.stated import api as stated_api
from app.oversight.stated.schemas import StatedIn
from app.staff.access import Controlling, Overseer, Public, PublicOrStaff
from app.staff.errors import SessionOver, TokenExpired, TokenInvalid

router = APIRouter()
COMPLIANCE = "/api/v1/compliance"
OVERSIGHT = "/api/v1/oversight"
STATISTICS = "/api/v1/statistics"
Portion = tuple[Sequence[Row], str | None]


# Compliance


@as_file(router, f"{COMPLIANCE}/agencies", "How bodies keep the law")
async def agencies(
    caller: Overseer, request: Request, asked: Annotated[ComplianceIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.agencies(caller, request, asked, lang, connection, Response())
    return compliance.agencies(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/topics", "Compliance by topic")
async def topics(
    caller: Overseer, request: Request, asked: Annotated[TopicsIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.topics(caller, request, asked, lang, connection, Response())
    return compliance.topics(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/regions", "Compliance by region")
async def regions(
    caller: Overseer, request: Request, asked: Annotated[TopicsIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.regions(caller, request, asked, lang, connection, Response())
    return compliance.regions(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/overdue", "What is overdue today")
async def overdue(
    caller: Overseer, request: Request, asked: Annotated[PeriodIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.overdue(caller, request, asked, lang, connection, Response())
    return compliance.overdue(asked, found, public_base(request), lang)


@as_file(router, f"{COMPLIANCE}/weeks", "Bodies week by week")
async def weeks(
    caller: Overseer, request: Request, asked: Annotated[WeeksIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await weekly_api.weeks(caller, request, asked, lang, connection, Response())
    return compliance.weeks(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/cases", "The cases that a figure counts")
async def cases(
    caller: Overseer, request: Request, asked: Annotated[CasesOfIn, Query()], lang: Lang, db: Db
) -> Sheet:
    listed, directory = compliance_api.listed_cases(caller, request, asked, lang, Response())
    return lists.cases(asked, listed, db, directory, lang)


@as_file(router, f"{COMPLIANCE}/index", "The index of bodies")
async def index(
    caller: Overseer, request: Request, asked: Annotated[IndexIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.moment() as connection:
        found = await index_api.index(caller, request, asked, lang, connection, Response())
    return index_sheet(asked, found, lang)


# Control, signs, the forecast, what rises


@as_file(router, "/api/v1/control/cases", "What is on control", Forbidden, Invalid, tag="control")
async def on_control(
    caller: Controlling,
    request: Request,
    asked: Annotated[control.CasesOfIn, Query()],
    lang: Lang,
    db: Db,
) -> Sheet:
    async def page(connection: asyncpg.Connection, cursor: str | None) -> Portion:
        found = await control_api.cases(caller, paged(control.CasesIn, asked, cursor), lang, connection)
        return [lists.on_control_row(one) for one in found.items], found.next_cursor

    refuse_unknown(asked.agency, asked.topic, None)
    return lists.on_control(asked, walked(db, page), clock.today(), lang)


@as_file(
    router,
    "/api/v1/quality/samples/{id}/agreement",
    "How far the two judges of a sample agree",
    Forbidden,
    Invalid,
    NotFound,
    tag="control",
)
async def agreement(caller: quality_api.Judging, id: quality_api.Id, lang: Lang, db: Db) -> Sheet:
    async with db.read() as connection:
        sample = await quality_api.known(connection, id)
        found = await quality_api.agreed(caller, id, lang, connection)
    return tables.agreement(sample, found, lang)


@as_file(router, f"{OVERSIGHT}/signs", "How often there are signs")
async def signs(
    caller: Overseer, request: Request, asked: Annotated[SignsIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.read() as connection:
        found = await signs_api.signs(caller, asked, lang, connection)
    return tables.signs(asked, found, lang)


@as_file(router, f"{OVERSIGHT}/signs/{{sign}}", "The cases of one sign", Forbidden, Invalid, NotFound)
async def sign(
    caller: Overseer,
    request: Request,
    asked: Annotated[SignsIn, Query()],
    lang: Lang,
    db: Db,
    sign: SignCode,
) -> Sheet:
    async def page(connection: asyncpg.Connection, cursor: str | None) -> Portion:
        found = await signs_api.cases_of_a_sign(caller, sign, paged(SignIn, asked, cursor), lang, connection)
        return lists.of_sign_rows(found.items), found.next_cursor

    of, question = signs_api.known(sign), understood(asked, caller, snapshot.current())
    return lists.of_sign(of, asked, (question.first, question.last), walked(db, page), lang)


@as_file(router, f"{OVERSIGHT}/forecast", "What will be late")
async def forecast(
    caller: Overseer, request: Request, asked: Annotated[ForecastOfIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.read() as connection:
        found = await forecast_api.forecast(caller, paged(ForecastIn, asked, None), lang, connection)
    return tables.forecast(asked, found, lang)


@as_file(router, f"{OVERSIGHT}/forecast/cases", "The cases of a body that will be late")
async def late(
    caller: Overseer, request: Request, asked: Annotated[LateIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async def page(connection: asyncpg.Connection, cursor: str | None) -> Portion:
        found = await forecast_api.forecast(caller, paged(ForecastIn, asked, cursor), lang, connection)
        return [lists.late_row(one) for one in found.cases], found.next_cursor

    refuse_unknown(asked.agency, None, None)
    return lists.late(asked, walked(db, page), clock.today(), lang)


@as_file(router, f"{OVERSIGHT}/rises", "Where appeals rise")
async def rises(
    caller: Overseer, request: Request, asked: Annotated[RisesOfIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async def page(connection: asyncpg.Connection, cursor: str | None) -> Portion:
        found = await rises_api.rises(caller, paged(RisesIn, asked, cursor), lang, connection)
        return [lists.rise_row(one) for one in found.items], found.next_cursor

    return lists.rises(asked, walked(db, page), clock.today(), lang)


@as_file(router, f"{OVERSIGHT}/issues", "Systemic issues")
async def issues(
    caller: issues_api.Worker, request: Request, asked: Annotated[IssuesOfIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async def page(connection: asyncpg.Connection, cursor: str | None) -> Portion:
        found = await issues_api.list_issues(caller, paged(IssuesIn, asked, cursor), lang, connection)
        return [lists.issue_row(one) for one in found.items], found.next_cursor

    return lists.issues(asked, walked(db, page), clock.today(), lang)


# What everybody may read

_TOKENS = (Invalid, TokenInvalid, TokenExpired, SessionOver)


@as_file(router, f"{STATISTICS}/agencies", "How agencies answer", *_TOKENS, tag="statistics")
async def statistics(
    caller: PublicOrStaff,
    request: Request,
    asked: Annotated[StatisticsIn, Query()],
    lang: Lang,
    db: FiguresDb,
) -> Sheet:
    async with db.read() as connection:
        found = await statistics_api.agencies(caller, request, asked, lang, connection, Response())
    return tables.statistics(asked, found, lang)


@as_file(router, f"{STATISTICS}/months", "What came and was answered", Invalid, tag="statistics")
async def months(
    caller: Public, request: Request, asked: Annotated[MonthsIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.read() as connection:
        found = await statistics_api.by_month(caller, request, asked, lang, connection, Response())
    return tables.months(asked, found, lang)


@as_file(router, f"{STATISTICS}/stated", "What agencies stated", Invalid, tag="statistics")
async def stated(
    caller: Public, request: Request, asked: Annotated[StatedIn, Query()], lang: Lang, db: FiguresDb
) -> Sheet:
    async with db.read() as connection:
        found = await stated_api.stated(caller, asked, lang, connection)
    return tables.stated(asked, found, public_base(request), clock.today(), lang)

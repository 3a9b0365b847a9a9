"""The published statistics."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core import clock
from app.core.edge import FIGURES, FiguresRead, Lang
from app.core.errors import Invalid, problems
from app.core.rooms import join
from app.directory import snapshot
from app.oversight import calls, compliance_api, months, published, receptions, weekly_api
from app.oversight.asked import refuse_repeated
from app.oversight.index import api as index
from app.oversight.schemas import (
    CallsIn,
    CallsOut,
    MonthsIn,
    MonthsOut,
    ReceptionsIn,
    ReceptionsOut,
    StatisticsIn,
    StatisticsOut,
)
from app.staff.access import Public, PublicOrStaff
from app.staff.errors import SessionOver, TokenExpired, TokenInvalid

statistics = APIRouter(prefix="/api/v1/statistics", tags=["statistics"], dependencies=[FIGURES])


@statistics.get(
    "/agencies",
    summary="How agencies answer",
    description=(
        "What is counted is a holding: one agency's continuous responsibility for an appeal or a part of it."
        "\n\n"
        "- `basis=received` follows the holdings opened in the period: "
        "`received = answered + forwarded_out + closed_otherwise + pending`.\n"
        "- `basis=activity` counts what was done in the period: "
        "`carried_in + received = answered + forwarded_out + closed_otherwise + pending`.\n\n"
        "By agency, period, channel and applicant type the figures are exact. With `kind`, `topic` or "
        "`region` the public gets one of these at a time, in whole calendar months, each as it stood at "
        "the end of the next one, without figures of 1 to 4 and those that would reveal them; a `note` says "
        "why all is hidden, where it is. Staff who are signed in see all.\n\n"
        "`curl '$HOST/api/v1/statistics/agencies?from=2021-01-01&to=2021-06-30&as_of=2021-06-30&channel=blog"
        "&lang=en'`"
    ),
    response_model=StatisticsOut,
    # `carried_in` is there on one basis only.
    response_model_exclude_unset=True,
    responses=problems(Invalid, TokenInvalid, TokenExpired, SessionOver),
)
async def agencies(
    caller: PublicOrStaff,
    request: Request,
    asked: Annotated[StatisticsIn, Query()],
    lang: Lang,
    connection: FiguresRead,
    response: Response,
) -> StatisticsOut:
    refuse_repeated(request)
    response.headers.update({"Content-Language": lang, "Vary": "Accept-Language, Authorization"})
    return await published.agencies(
        connection, asked, snapshot.current(), lang, now=clock.now(), sees_all=caller is not None
    )


@statistics.get(
    "/months",
    summary="What came and was answered, by month and channel",
    description=(
        "Exact, for all bodies or one, of up to three years. What is received counts in the month in which a "
        "body became responsible, what is answered in the month of the answer.\n\n"
        "`curl '$HOST/api/v1/statistics/months?from=2021-01-01&to=2021-06-30&agency=digital&lang=en'`"
    ),
    response_model=MonthsOut,
    responses=problems(Invalid),
)
async def by_month(
    _: Public,
    request: Request,
    asked: Annotated[MonthsIn, Query()],
    lang: Lang,
    connection: FiguresRead,
    response: Response,
) -> MonthsOut:
    refuse_repeated(request)
    response.headers.update({"Content-Language": lang, "Vary": "Accept-Language"})
    return await months.count(connection, asked, snapshot.current(), lang)


@statistics.get(
    "/calls",
    summary="Calls to call centres",
    description=(
        "By the day of the call: those that were answered on the spot (consultations), and those that "
        "became appeals. With `region` the public gets the consultations alone: of a region's appeals "
        "`statistics/agencies` tells.\n\n"
        "`curl '$HOST/api/v1/statistics/calls?from=2026-01-01&to=2026-12-31&source=109-turkistan'`"
    ),
    response_model=CallsOut,
    responses=problems(Invalid, TokenInvalid, TokenExpired, SessionOver),
)
async def count_of_calls(
    caller: PublicOrStaff,
    request: Request,
    asked: Annotated[CallsIn, Query()],
    connection: FiguresRead,
    response: Response,
) -> CallsOut:
    refuse_repeated(request)
    response.headers["Vary"] = "Authorization"
    return await calls.count(connection, asked, snapshot.current(), sees_all=caller is not None)


@statistics.get(
    "/receptions",
    summary="People received by leaders",
    description=(
        "By the day of the reception: how many persons, what came of it for each, and how many through a "
        "party's public reception room. Exact.\n\n"
        "`curl '$HOST/api/v1/statistics/receptions?from=2021-01-01&to=2021-06-30&agency=culture-sport'`"
    ),
    response_model=ReceptionsOut,
    responses=problems(Invalid),
)
async def count_of_receptions(
    _: Public, request: Request, asked: Annotated[ReceptionsIn, Query()], connection: FiguresRead
) -> ReceptionsOut:
    refuse_repeated(request)
    return await receptions.count(connection, asked, snapshot.current())


router = APIRouter()
join(router, statistics, compliance_api.router, weekly_api.router, index.router)

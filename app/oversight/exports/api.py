"""The calls of oversight as files: each the twin of a call, for the same callers, with the same figures."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.edge import Db, Lang
from app.oversight import compliance_api, weekly_api
from app.oversight.compliance_schemas import CasesOfIn, ComplianceIn, PeriodIn, TopicsIn, WeeksIn
from app.oversight.exports import compliance, lists
from app.oversight.exports.download import as_file
from app.oversight.exports.sheet import Sheet
from app.staff.access import HeadOrController

router = APIRouter()
COMPLIANCE = "/api/v1/compliance"


@as_file(router, f"{COMPLIANCE}/agencies", "How bodies keep the law")
async def agencies(
    caller: HeadOrController, request: Request, asked: Annotated[ComplianceIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.agencies(caller, request, asked, lang, connection, Response())
    return compliance.agencies(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/topics", "Compliance by topic")
async def topics(
    caller: HeadOrController, request: Request, asked: Annotated[TopicsIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.topics(caller, request, asked, lang, connection, Response())
    return compliance.topics(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/regions", "Compliance by region")
async def regions(
    caller: HeadOrController, request: Request, asked: Annotated[TopicsIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.regions(caller, request, asked, lang, connection, Response())
    return compliance.regions(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/overdue", "What is overdue today")
async def overdue(
    caller: HeadOrController, request: Request, asked: Annotated[PeriodIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async with db.moment() as connection:
        found = await compliance_api.overdue(caller, request, asked, lang, connection, Response())
    return compliance.overdue(asked, found, str(request.base_url).rstrip("/"), lang)


@as_file(router, f"{COMPLIANCE}/weeks", "Bodies week by week")
async def weeks(
    caller: HeadOrController, request: Request, asked: Annotated[WeeksIn, Query()], lang: Lang, db: Db
) -> Sheet:
    async with db.moment() as connection:
        found = await weekly_api.weeks(caller, request, asked, lang, connection, Response())
    return compliance.weeks(asked, found, lang)


@as_file(router, f"{COMPLIANCE}/cases", "The cases that a figure counts")
async def cases(
    caller: HeadOrController, request: Request, asked: Annotated[CasesOfIn, Query()], lang: Lang, db: Db
) -> Sheet:
    listed, directory = compliance_api.listed_cases(caller, request, asked, lang, Response())
    return lists.cases(asked, listed, db, directory, lang)

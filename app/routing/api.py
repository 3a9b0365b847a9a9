"""The administrator's dry runs: what a change of who answers would do to the appeals that come."""

from datetime import date, timedelta

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from app.core import clock
from app.core.edge import FIGURES, Moment
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.schema import Out
from app.directory.changes import Change
from app.directory.changes_api import Thing, competence_of, end_of
from app.directory.changes_schemas import CompetenceIn, EndIn
from app.directory.changing import DirectoryContradiction, DirectoryMoved
from app.routing import trial
from app.staff.access import Curator

router = APIRouter(prefix="/api/v1/admin/directory", tags=["administration"])

TRYING = problems(Forbidden, NotFound, DirectoryMoved, DirectoryContradiction, Invalid)
HOW = (
    f"The appeals of the last {trial.DAYS} days, as if they were registered on the first day of the change: "
    "by the directory as it is, and with the change. Nothing is written."
)


class WayOut(Out):
    before: str = Field(description="the agency's code", examples=["akimat-turkistan"])
    after: str = Field(examples=["energy"])
    appeals: int


class GoneOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    before: str
    after: str


class TrialOut(Out):
    since: date = Field(description="the first day of the appeals that were looked at")
    looked_at: int
    moved: int = Field(description="of these would go to another agency")
    ways: list[WayOut] = Field(description="from whom to whom, the most first")
    items: list[GoneOut] = Field(description=f"the newest {trial.LISTED} of those that would go elsewhere")


@router.post(
    "/topic/{code}/competence/preview",
    dependencies=[FIGURES],
    summary="What another body that answers would get",
    description=HOW,
    responses=TRYING,
)
async def preview_competence(_: Curator, code: Thing, said: CompetenceIn, connection: Moment) -> TrialOut:
    return await _tried(connection, competence_of(code, said), said.version, said.from_, code)


@router.post(
    "/agency/{code}/end/preview",
    dependencies=[FIGURES],
    summary="What a body's end would move",
    description=HOW,
    responses=TRYING,
)
async def preview_end(_: Curator, code: Thing, said: EndIn, connection: Moment) -> TrialOut:
    after = said.last_day + timedelta(days=1)
    return await _tried(connection, end_of(code, said), said.version, after, None)


async def _tried(
    connection: asyncpg.Connection, made: Change, seen: str, on: date, topic: str | None
) -> TrialOut:
    found = await trial.tried(connection, made, seen, on, clock.now(), clock.today(), topic)
    return TrialOut(
        since=found.since,
        looked_at=found.looked_at,
        moved=found.gone.total(),
        ways=[
            WayOut(before=before, after=after, appeals=appeals)
            for (before, after), appeals in found.gone.most_common()
        ],
        items=[GoneOut(number=one.number, before=one.before, after=one.after) for one in found.listed],
    )

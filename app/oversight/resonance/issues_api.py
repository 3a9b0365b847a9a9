"""Systemic issues: the calls. And what rises over weeks, on which they are opened."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.core.edge import FIGURES, FiguresRead, Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.directory import snapshot
from app.oversight.asked import refuse_unknown, wrong_days
from app.oversight.reach import Looker
from app.oversight.resonance import cases, issues, weekly
from app.oversight.resonance.group import group_of, owner_of
from app.oversight.resonance.issues import WEEKS_BEFORE, IssueState, Room
from app.oversight.resonance.matching import LISTED, WEEK, Matching, midnight
from app.oversight.resonance.rises_api import Id
from app.oversight.resonance.schemas import (
    AppealsIn,
    AppealsOut,
    IssueCasesIn,
    IssueIn,
    IssueOut,
    IssuesIn,
    IssuesOut,
    TrendsIn,
    TrendsOut,
    WordIn,
)
from app.oversight.resonance.steps import Step
from app.staff.access import Overseer, StaffCaller, require

router = APIRouter(prefix="/api/v1/oversight", tags=["oversight"], dependencies=[FIGURES])
Worker = Annotated[StaffCaller, Depends(require("issues"))]
ONE_DAY = timedelta(days=1)


@router.get(
    "/trends",
    summary="What rises over weeks",
    description=(
        "Topics, and regions, by the last twelve whole weeks: which of them rise clearly (Mann and Kendall's "
        "test, corrected for the number of rows). A head's by the appeals that the own bodies got. Small "
        "numbers are marked and come last."
    ),
    responses=problems(Forbidden, Invalid),
)
async def trends(
    caller: Overseer, asked: Annotated[TrendsIn, Query()], lang: Lang, connection: FiguresRead
) -> TrendsOut:
    directory = snapshot.current()
    return await weekly.trends(connection, Looker.of(caller, directory), directory, lang)


@router.get(
    "/appeals",
    summary="The appeals of a week",
    description="Received on these civil days, by topic and region: what `trends` counts.",
    responses=problems(Forbidden, Invalid),
)
async def appeals(
    caller: Overseer, asked: Annotated[AppealsIn, Query()], lang: Lang, connection: Read
) -> AppealsOut:
    refuse_unknown(None, asked.topic, asked.region)
    if errors := list(wrong_days({"from": asked.from_, "to": asked.to}, asked.from_, asked.to)):
        raise Invalid(errors=errors)
    directory = snapshot.current()
    looker = Looker.of(caller, directory)
    meant = Matching(asked.topic, asked.region.upper() if asked.region else None, looker.only)
    values = (midnight(asked.from_), midnight(asked.to + ONE_DAY), *meant.values())
    return await cases.page(connection, LISTED, values, looker, asked, directory, lang)


@router.get(
    "/issues",
    summary="Systemic issues",
    description="A controller's: all. A head's: those with the own bodies. And whatever one owns.",
    responses=problems(Forbidden, Invalid),
)
async def list_issues(
    caller: Worker, asked: Annotated[IssuesIn, Query()], lang: Lang, connection: Read
) -> IssuesOut:
    return await issues.page(Room(connection, caller, snapshot.current(), lang), asked)


@router.post(
    "/issues",
    summary="Open a systemic issue",
    description=(
        "On a topic, a region, or appeals by their numbers: with an owner, an instruction and a due day. "
        "What comes each week is counted before and after."
    ),
    status_code=201,
    responses=problems(Forbidden, Invalid),
)
async def open_issue(caller: Overseer, said: IssueIn, lang: Lang, connection: Tx) -> IssueOut:
    directory = snapshot.current()
    room = Room(connection, caller, directory, lang)
    group = await group_of(connection, said, caller, directory)
    owner = await owner_of(connection, said.owner, Looker.of(caller, directory))
    id_ = await issues.open_one(room, group, owner, said.instruction, said.due_on)
    return await issues.whole(room, await issues.found(room, id_))


@router.get(
    "/issues/{id}",
    summary="A systemic issue",
    description="With the counts of each week before and after the instruction, and who did what.",
    responses=problems(Forbidden, NotFound, Invalid),
)
async def read_issue(caller: Worker, id: Id, lang: Lang, connection: Read) -> IssueOut:
    room = Room(connection, caller, snapshot.current(), lang)
    return await issues.whole(room, await issues.found(room, id))


@router.get(
    "/issues/{id}/cases",
    summary="The appeals of a systemic issue",
    description=(
        "Those that were named, or what matched in the eight weeks before; with `from` and `to` what matches "
        "on these days, as the weeks count it. As far as one sees appeals."
    ),
    responses=problems(Forbidden, NotFound, Invalid),
)
async def issue_cases(
    caller: Worker, id: Id, asked: Annotated[IssueCasesIn, Query()], lang: Lang, connection: Read
) -> AppealsOut:
    directory = snapshot.current()
    room = Room(connection, caller, directory, lang)
    row = await issues.found(room, id)
    first = asked.from_ or row["opened_on"] - WEEKS_BEFORE * WEEK
    last = asked.to or row["opened_on"] - ONE_DAY
    if errors := list(wrong_days({"from": asked.from_, "to": asked.to}, first, last)):
        raise Invalid(errors=errors)
    looker = Looker.of(caller, directory)
    if row["appeal_ids"] is not None and asked.from_ is None and asked.to is None:
        named = "SELECT unnest($7::bigint[]) AS id"
        return await cases.page(connection, named, (row["appeal_ids"],), looker, asked, directory, lang)
    meant = await issues.matching(room, row)
    values = (midnight(first), midnight(last + ONE_DAY), *meant.values())
    return await cases.page(connection, LISTED, values, looker, asked, directory, lang)


@router.post(
    "/issues/{id}/done",
    summary="Say that an issue is seen to",
    description="The owner, or who decides on it, with a word of what was done.",
    responses=problems(Forbidden, NotFound, Invalid, IssueState),
)
async def done(caller: Worker, id: Id, said: WordIn, lang: Lang, connection: Tx) -> IssueOut:
    return await _take(Room(connection, caller, snapshot.current(), lang), id, Step.DONE, said)


@router.post(
    "/issues/{id}/send-back",
    summary="Send an issue back to its owner",
    description="A controller; a head what a head opened with the own bodies.",
    responses=problems(Forbidden, NotFound, Invalid, IssueState),
)
async def send_back(caller: Overseer, id: Id, said: WordIn, lang: Lang, connection: Tx) -> IssueOut:
    return await _take(Room(connection, caller, snapshot.current(), lang), id, Step.SENT_BACK, said)


@router.post(
    "/issues/{id}/close",
    summary="Close an issue",
    description="As sending back: whether it is seen to, the weeks after show.",
    responses=problems(Forbidden, NotFound, Invalid, IssueState),
)
async def close(caller: Overseer, id: Id, said: WordIn, lang: Lang, connection: Tx) -> IssueOut:
    return await _take(Room(connection, caller, snapshot.current(), lang), id, Step.CLOSED, said)


async def _take(room: Room, id_: int, step: Step, said: WordIn) -> IssueOut:
    await issues.take(room, id_, step, said.word)
    return await issues.whole(room, await issues.found(room, id_))

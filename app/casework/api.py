"""A ministry's room: the queue, a case, and what may be done to it."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app.appeals.commands import (
    Answering,
    ClaimedByOther,
    ForwardToSelf,
    TermRefused,
    VersionConflict,
    Writing,
)
from app.appeals.drafts import DraftConflict
from app.appeals.lifecycle import Act
from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.casework import (
    case,
    content,
    files_api,
    page,
    queue,
    reach,
    similar,
    templates_api,
    terms_api,
    unchecked,
    undelivered_api,
    unmaskings,
)
from app.casework.acts import Asked, Number, lease, mark
from app.casework.details import event_out
from app.casework.inputs import AnswerIn, AssignIn, ClaimIn, DraftIn, ForwardIn, NoteIn, ReasonIn
from app.casework.intents import Assigning, WithFiles, forwarding
from app.casework.queue import Place, View
from app.casework.routes import SEEN, TAG, Nothing, act, example
from app.casework.schemas import CaseOut, ClaimOut, EventsOut, QueueOut
from app.core import clock
from app.core.db import Database
from app.core.edge import Configured, Glance, Lang, Read, database_of, language_of
from app.core.errors import FieldError, Forbidden, Invalid, problems
from app.core.i18n import Language
from app.core.rooms import join
from app.directory import snapshot
from app.directory.registry import Directory
from app.readings.codes import Way
from app.staff.access import Reader, StaffCaller, require
from app.staff.permissions import SEE

router = APIRouter(prefix="/api/v1", tags=["casework"])

Queueing = Annotated[StaffCaller, Depends(require(SEE))]
Taking = Annotated[StaffCaller, Depends(require(Act.CLAIM))]


@router.get(
    "/queue",
    summary="What is open, the most urgent first",
    description=(
        "Of one's own agency, a head's with all under it, a controller's everything. Ordered by due day, "
        "then registration. `q` is a registration number in either script, its serial, or words that all "
        "occur in the text.\n\n"
        "`curl -H \"Authorization: Bearer $TOKEN\" '$HOST/api/v1/queue?view=unclaimed&limit=20'`"
    ),
    responses=problems(Forbidden, Invalid),
)
async def read_queue(
    caller: Queueing,
    connection: Glance,
    lang: Lang,
    response: Response,
    view: Annotated[
        View, Query(description="`mine`: what I work on; `all`: everything open")
    ] = View.UNCLAIMED,
    topic: Annotated[str | None, Query(max_length=100, examples=["utilities"])] = None,
    channel: Annotated[str | None, Query(max_length=100, examples=["blog"])] = None,
    q: Annotated[str | None, Query(max_length=200, examples=["жылу"])] = None,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QueueOut:
    asked = what_is_asked(caller, view, topic, channel, q, cursor, limit)
    rows, following = await queue.page(connection, asked, clock.now())
    response.headers["Cache-Control"] = "no-store"
    directory, today = snapshot.current(), clock.today()
    return QueueOut(items=[queue.item(row, directory, lang, today) for row in rows], next_cursor=following)


def what_is_asked(
    caller: StaffCaller,
    view: View,
    topic: str | None,
    channel: str | None,
    q: str | None,
    cursor: str | None,
    limit: int,
) -> queue.Asked:
    """Of the queue, as far as the caller sees it. Raises Invalid for a code or a cursor that is none."""
    directory = snapshot.current()
    _known(directory, topic, channel)
    return queue.Asked(
        view=view,
        agencies=reach.visible(caller, directory),
        looker=reach.onlooker(caller, directory),
        topic=topic,
        channel=channel,
        q=q if q and q.strip() else None,
        after=Place.of(cursor) if cursor else None,
        limit=limit,
    )


def _known(directory: Directory, topic: str | None, channel: str | None) -> None:
    wrong = [
        FieldError(name, "unknown_code", {"near": ", ".join(directory.near(name, typed)) or "—"})
        for name, typed, known in (
            ("topic", topic, directory.has_topic),
            ("channel", channel, directory.has_channel),
        )
        if typed is not None and not known(typed)
    ]
    if wrong:
        raise Invalid(errors=wrong)


@router.post(
    "/queue/claim",
    summary="Take the next",
    description=(
        "The most urgent cases of one's agency that nobody works on, for half an hour; writing a draft "
        "prolongs it. However many ask at once, each case goes to one of them. No cases: an empty list."
    ),
    responses=problems(Forbidden, Invalid),
)
async def claim_next(
    caller: Taking,
    request: Request,
    said: Annotated[
        ClaimIn | None,
        Body(openapi_examples={"one": {"value": {}}, "five": {"value": {"count": 5}}}),
    ] = None,
) -> ClaimOut:
    count = said.count if said else 1
    return await taken(database_of(request), caller, count, language_of(request))


async def taken(db: Database, caller: StaffCaller, count: int, language: Language) -> ClaimOut:
    """The cases that are the caller's from now on, at most `count`."""
    directory, now = snapshot.current(), clock.now()
    async with db.transaction() as connection:
        rows = await queue.claim(connection, caller, count, directory, now)
    today = clock.civil_day(now)
    return ClaimOut(items=[queue.item(row, directory, language, today) for row in rows])


@router.get(
    "/cases/{number}",
    summary="A case",
    description=(
        "What the holder's people need to decide; who held it before sees it as it was when it left. `ETag` "
        "is the version that an act's `If-Match` must name."
    ),
    responses={200: {"headers": TAG}, **problems(*SEEN, Invalid)},
)
async def read_case(
    caller: Reader, number: Number, connection: Read, lang: Lang, settings: Configured, response: Response
) -> CaseOut:
    directory = snapshot.current()
    found = await case.find(connection, caller, number, directory)
    shown = await page.read(connection, caller, found, directory, lang, settings, Way.CASE)
    mark(response, shown.version)
    return shown


@router.get(
    "/cases/{number}/events",
    summary="The history of a case",
    description="Append-only; each event carries the hash of the one before.",
    responses=problems(*SEEN, Invalid),
)
async def read_events(caller: Reader, number: Number, connection: Read, response: Response) -> EventsOut:
    found = await case.find(connection, caller, number, snapshot.current())
    happened = await content.events(connection, caller, found, Way.HISTORY)
    response.headers["Cache-Control"] = "no-store"
    return EventsOut(number=found.number, items=[event_out(event) for event in happened])


@act(
    router,
    Act.CLAIM,
    "Take a case",
    "For half an hour, and again when asked again. A colleague's lease that is not over is respected.",
    ClaimedByOther,
)
async def claim(asked: Asked, said: Nothing = None) -> CaseOut:
    return await asked.perform(Act.CLAIM, lease(asked))


@act(router, Act.RELEASE, "Give a case back", "A head may also release a colleague's.", ClaimedByOther)
async def release(asked: Asked, said: Nothing = None) -> CaseOut:
    return await asked.perform(Act.RELEASE)


@act(router, Act.ASSIGN, "Assign a case to a colleague", "Heads. For three days, whoever has it now.")
async def assign(asked: Asked, said: Annotated[AssignIn, example(to="operator@energy")]) -> CaseOut:
    return await asked.perform(Act.ASSIGN, Assigning(said.to))


@act(
    router,
    Act.NOTE,
    "Add an internal note",
    "The applicant does not see it. Also possible on an answered case.",
)
async def note(
    asked: Asked, said: Annotated[NoteIn, example(text="Called the district; the pipe is being mended.")]
) -> CaseOut:
    return await asked.perform(Act.NOTE, Writing(said.text))


@act(
    router,
    Act.DRAFT,
    "Save one's draft",
    "One a person. With `version` a draft that another page of yours has changed since is not overwritten: "
    "409 with both texts. Without it, what is sent replaces what is there.",
    DraftConflict,
)
async def draft(
    asked: Asked,
    said: Annotated[DraftIn, example(text="Құрметті Үлгібек Сынақбаев!", language="kk", version=0)],
) -> CaseOut:
    return await asked.save_draft(said)


@act(
    router,
    Act.ANSWER,
    "Answer",
    "Where the agency asks for approval, an operator's answer waits for the head (`awaiting_approval`). An "
    "answer that is refused with 409 is kept as your draft: `draft_kept`. With `promised_until` the case "
    "stays under control until what the answer promises is done (rule A11).",
    VersionConflict,
    TermRefused,
    AttachmentUsed,
    TooManyAttachments,
)
async def answer(
    asked: Asked,
    said: Annotated[
        AnswerIn,
        example(
            outcome="satisfied",
            text="Жылу 23 қарашада қосылды.",
            language="kk",
            legal_basis="ӘРПК 76-бап",
        ),
    ],
) -> CaseOut:
    answering = Answering(said.outcome, said.text, said.language.value, said.legal_basis, said.promised_until)
    given = WithFiles(answering, said.attachments) if said.attachments else answering
    return await asked.perform(Act.ANSWER, given)


@act(
    router,
    Act.APPROVE,
    "Approve the proposed answer",
    "Heads. The answer goes out.",
    VersionConflict,
    TermRefused,
)
async def approve(asked: Asked, said: Nothing = None) -> CaseOut:
    return await asked.perform(Act.APPROVE)


@act(
    router,
    Act.SEND_BACK,
    "Send the proposed answer back",
    "Heads. Its author finds it as a draft again, with the reason.",
    VersionConflict,
)
async def send_back(
    asked: Asked, said: Annotated[ReasonIn, example(reason="Name the day when the heating returns.")]
) -> CaseOut:
    return await asked.perform(Act.SEND_BACK, Writing(said.reason))


@act(
    router,
    Act.FORWARD,
    "Forward to the competent body",
    "Within three working days by rule R10; later is possible and marked. The receiver starts its own term; "
    "one's own agency keeps seeing the case as it was. A complaint about one's own body goes to its reviewer "
    "alone (rule C03).",
    VersionConflict,
    ForwardToSelf,
    TermRefused,
)
async def forward(
    asked: Asked, said: Annotated[ForwardIn, example(to="energy", reason="Heat supply is theirs.")]
) -> CaseOut:
    return await asked.perform(Act.FORWARD, forwarding(said))


@act(
    router,
    Act.REOPEN,
    "Reopen an answered case",
    "Heads. A new term starts; the answer that was given stays counted.",
    VersionConflict,
)
async def reopen(
    asked: Asked, said: Annotated[ReasonIn, example(reason="The heating failed again the next day.")]
) -> CaseOut:
    return await asked.perform(Act.REOPEN, Writing(said.reason))


join(
    router,
    terms_api.router,
    undelivered_api.router,
    files_api.router,
    unchecked.router,
    templates_api.router,
    similar.router,
    unmaskings.router,
)

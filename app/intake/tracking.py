"""A citizen and their appeal: what became of it, and what they can still do. The access code opens it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path
from fastapi.security import APIKeyHeader

from app.appeals import numbers, repository, service
from app.appeals.access_code import opens
from app.appeals.codes import ActorKind, ContentKind, EventKind, Status
from app.appeals.commands import ActNotAllowed, Actor, AlreadyRated, Command, Done, Payload, Rating, Writing
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.edge import Lang, Read, Tx
from app.core.errors import (
    AppError,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    problems,
)
from app.core.i18n import Language, t
from app.deadlines.calendar import Calendar
from app.deadlines.complaints import complaint_until
from app.deadlines.explain import explain
from app.deadlines.ledger import compute
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.schemas import (
    ActOut,
    AgencyOut,
    AnswerOut,
    DeadlineOut,
    PartOut,
    RatingIn,
    ReceiptOut,
    StepOut,
    SupplementIn,
    TimelineOut,
    TrackingOut,
    WithdrawalIn,
)
from app.staff.access import declares
from app.staff.attempts import Throttled

router = APIRouter(prefix="/api/v1", tags=["citizens"])

_access_code = APIKeyHeader(
    name="X-Access-Code", scheme_name="Citizen", description="The code on the receipt", auto_error=False
)
GUESS = "access-code"

# What the applicant is told of; the rest is the agency's inner work.
TOLD = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.CLAIMED,
        EventKind.SUPPLEMENTED,
        EventKind.ANSWERED,
        EventKind.FORWARDED,
        EventKind.RECEIVED,
        EventKind.WITHDRAWN,
        EventKind.REOPENED,
        EventKind.RATED,
    }
)


class AppealNotFound(NotFound):
    code = "appeal_not_found"


class AccessCodeMissing(Unauthenticated):
    code = "access_code_missing"


@dataclass(frozen=True, slots=True)
class CitizenCaller:
    """Who holds the code of this appeal. `number` is in the form that the API gives."""

    appeal_id: int
    number: str


@declares("citizen")
async def citizen(
    number: Annotated[str, Path(max_length=40, examples=["JT-2026-00000123"])],
    code: Annotated[str | None, Depends(_access_code)],
    throttle: Throttled,
) -> CitizenCaller:
    """Check the code; wrong ones get slow by number and network together, so no stranger locks anyone out."""
    if not code:
        raise AccessCodeMissing
    try:
        parsed = numbers.parse(number)
    except numbers.NumberError:
        raise AppealNotFound from None
    subject = str(parsed.appeal_id)
    await throttle.check(GUESS, subject)
    if not opens(parsed.appeal_id, code[:100]):
        await throttle.failed(GUESS, subject)
        raise AppealNotFound
    return CitizenCaller(parsed.appeal_id, numbers.Number(parsed.series, parsed.year, parsed.serial).format())


Citizen = Annotated[CitizenCaller, Depends(citizen)]

NOT_OPENED = (AppealNotFound, AccessCodeMissing, TooManyRequests)


@router.get(
    "/appeals/{number}",
    summary="What became of an appeal",
    response_model=TrackingOut,
    responses=problems(*NOT_OPENED, Invalid),
)
async def track(caller: Citizen, connection: Read, lang: Lang) -> TrackingOut:
    head = await _head(connection, caller)
    events = await repository.events(connection, head["id"])
    facts = await repository.ledger(connection, head["holding_id"])
    said = await repository.contents(connection, head["id"])
    directory = snapshot.current()
    agency = _agency(directory, head["agency_id"], head["registered_on"], lang)
    open_ = head["closed_at"] is None
    steps = explain(compute(facts, directory.calendar).entries, lang)
    return TrackingOut(
        number=caller.number,
        status=head["status"],
        overdue=open_ and head["running"] and clock.today() > head["due_on"],
        agency=agency,
        registered_on=head["registered_on"],
        due_on=head["due_on"],
        deadline=DeadlineOut(due_on=head["due_on"], steps=[StepOut(**step) for step in steps]),
        timeline=timeline(events, directory, lang),
        parts=[PartOut(number=caller.number, status=head["status"], agency=agency, due_on=head["due_on"])],
        answer=answer_of(events, said, directory.calendar) if head["status"] == Status.ANSWERED else None,
    )


async def _head(connection: asyncpg.Connection, caller: CitizenCaller) -> asyncpg.Record:
    head = await repository.head(connection, caller.appeal_id)
    if head is None or numbers.format_number(head["id"], head["applicant_type"]) != caller.number:
        raise AppealNotFound
    return head


def _agency(directory: Directory, agency_id: int, on: date, lang: Language) -> AgencyOut:
    agency = directory.agency_by_id(agency_id)
    return AgencyOut(code=agency.code, name=agency.name(lang, on))


def timeline(events: Sequence[asyncpg.Record], directory: Directory, lang: Language) -> list[TimelineOut]:
    return [
        TimelineOut(at=event["at"], event=event["kind"], sentence=sentence(event, directory, lang))
        for event in events
        if event["kind"] in TOLD
    ]


def sentence(event: asyncpg.Record, directory: Directory, lang: Language) -> str:
    """An event in words, with the names that bodies had on its day."""
    data, on = event["data"], clock.civil_day(event["at"])

    def name(code: str) -> str:
        return directory.agency(code).name(lang, on)

    match event["kind"]:
        case EventKind.REGISTERED:
            return t("event.registered.with", lang, agency=name(data["agency"]))
        case EventKind.FORWARDED:
            return t("event.forwarded", lang, from_agency=name(data["from"]), to_agency=name(data["to"]))
        case EventKind.RECEIVED | EventKind.REOPENED:
            due = date.fromisoformat(data["due_on"])
            return t(f"event.{event['kind']}", lang, agency=name(data["agency"]), due_on=due)
        case kind:
            return t(f"event.{kind}", lang)


def answer_of(
    events: Sequence[asyncpg.Record], said: Sequence[repository.Said], calendar: Calendar
) -> AnswerOut | None:
    """The newest answer that was given."""
    given = [event for event in events if event["kind"] == EventKind.ANSWERED]
    if not given:
        return None
    event = given[-1]
    texts = {one.hash: one.body for one in said if one.kind == ContentKind.ANSWER}
    body: dict[str, Any] = texts.get(event["content_hash"], {})
    return AnswerOut(
        outcome=event["data"]["outcome"],
        text=body.get("text"),
        language=event["data"]["language"],
        legal_basis=body.get("legal_basis"),
        answered_at=event["at"],
        may_complain_until=complaint_until(clock.civil_day(event["at"]), calendar),
    )


@router.get(
    "/receipts/{number}",
    summary="The receipt of an appeal",
    description="Number, date and time, and who accepted it (rule R05).",
    response_model=ReceiptOut,
    responses=problems(*NOT_OPENED, Invalid),
)
async def receipt(caller: Citizen, connection: Read, lang: Lang) -> ReceiptOut:
    head = await _head(connection, caller)
    directory = snapshot.current()
    return ReceiptOut(
        number=caller.number,
        received_at=head["received_at"],
        registered_on=head["registered_on"],
        accepted_by=directory.source_by_id(head["source_id"]).name(lang),
        channel=head["channel"],
    )


CITIZEN_ACT = (*NOT_OPENED, Malformed, ActNotAllowed, TooLarge, Invalid)


@router.post(
    "/appeals/{number}/supplements",
    summary="Add to an appeal",
    status_code=201,
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT),
)
async def supplement(caller: Citizen, said: SupplementIn, connection: Tx) -> ActOut:
    return await _act(connection, caller, Act.SUPPLEMENT, Writing(said.text))


@router.post(
    "/appeals/{number}/withdrawal",
    summary="Withdraw an appeal",
    description="It does not stand in the way of filing again (rule R09).",
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT),
)
async def withdraw(caller: Citizen, said: WithdrawalIn, connection: Tx) -> ActOut:
    return await _act(connection, caller, Act.WITHDRAW, Writing(said.reason) if said.reason else None)


@router.post(
    "/appeals/{number}/rating",
    summary="Rate the answer",
    description="Once an answer.",
    status_code=201,
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT, AlreadyRated),
)
async def rate(caller: Citizen, said: RatingIn, connection: Tx) -> ActOut:
    return await _act(connection, caller, Act.RATE, Rating(said.score, said.resolved, said.comment))


async def _act(connection: asyncpg.Connection, caller: CitizenCaller, act: Act, payload: Payload) -> ActOut:
    command = Command(act, caller.appeal_id, Actor(ActorKind.CITIZEN), clock.now(), payload=payload)
    done: Done | AppError = (await service.act(connection, [command], snapshot.current()))[0]
    if isinstance(done, NotFound):
        raise AppealNotFound
    if isinstance(done, AppError):
        raise done
    return ActOut(number=caller.number, status=done.status)

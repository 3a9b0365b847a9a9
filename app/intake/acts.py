"""What an applicant can still do about their appeal: add to it, withdraw it, rate the answer, complain of it.

What is said of a number without a part concerns every open part.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
from fastapi import APIRouter, Request, Response

from app.appeals import history, repository, service
from app.appeals.codes import ActorKind, ApplicantType, Kind, Status
from app.appeals.commands import (
    ActNotAllowed,
    Actor,
    AlreadyRated,
    Command,
    Done,
    Payload,
    Rating,
    TermRefused,
    Writing,
)
from app.appeals.lifecycle import CITIZEN_ACTS, Act, allowed
from app.attachments import linking
from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import clock
from app.core.cipher import cipher
from app.core.edge import Db, Lang, Tx
from app.core.errors import AppError, Invalid, Malformed, NotFound, TooLarge, UnsupportedMedia, problems
from app.core.i18n import Language, t
from app.deadlines.complaints import may_complain
from app.deadlines.guards import Refused
from app.deadlines.ledger import compute
from app.deadlines.regimes import Stage
from app.directory import snapshot
from app.intake.api import CHANNEL, KEY_LASTS_DAYS, SOURCE, IdempotencyKey, registration_out
from app.intake.citizen import NOT_OPENED, AppealNotFound, Citizen, CitizenCaller
from app.intake.complaints import meant
from app.intake.gatherer import Gatherer
from app.intake.parts import Holding, answered_last, is_open, newest, speaking
from app.intake.register import KeyReused
from app.intake.schemas import ActOut, ComplaintIn, RatingIn, RegistrationOut, SupplementIn, WithdrawalIn
from app.intake.submission import Person, Submission

router = APIRouter(prefix="/api/v1", tags=["citizens"])

CITIZEN_ACT = (*NOT_OPENED, Malformed, ActNotAllowed, TooLarge, Invalid)


@router.post(
    "/appeals/{number}/supplements",
    summary="Add to an appeal",
    description="While a correction is waited for, this is it.",
    status_code=201,
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT, AttachmentUsed, TooManyAttachments),
)
async def supplement(caller: Citizen, said: SupplementIn, connection: Tx) -> ActOut:
    named = await linking.take(connection, said.attachments, caller.appeal_id, clock.now())
    writing = Writing(said.text, attachments=named)
    return await carry_out(connection, caller, Act.SUPPLEMENT, writing)


@router.post(
    "/appeals/{number}/withdrawal",
    summary="Withdraw an appeal",
    description="It does not stand in the way of filing again (rule R09).",
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT),
)
async def withdraw(caller: Citizen, said: WithdrawalIn, connection: Tx) -> ActOut:
    return await carry_out(connection, caller, Act.WITHDRAW, Writing(said.reason) if said.reason else None)


@router.post(
    "/appeals/{number}/rating",
    summary="Rate the answer",
    description="Once an answer; of several parts the one that is named, else the one answered last.",
    status_code=201,
    response_model=ActOut,
    responses=problems(*CITIZEN_ACT, AlreadyRated),
)
async def rate(caller: Citizen, said: RatingIn, connection: Tx) -> ActOut:
    return await carry_out(connection, caller, Act.RATE, Rating(said.score, said.resolved, said.comment))


async def carry_out(
    connection: asyncpg.Connection, caller: CitizenCaller, act: Act, payload: Payload
) -> ActOut:
    """Carry it out on the part that is named, else on each that is concerned, also those that a split made
    meanwhile. Where it is possible on none, the refusal of the newest."""
    done: dict[int, Done | AppError] = {}
    parts = await _parts(connection, caller)
    todo = [caller.part] if caller.part else [part["part"] for part in _concerned(act, parts)]
    todo = todo or [max(parts, key=lambda part: part["id"])["part"]]
    while todo:
        done |= await _commanded(connection, caller, todo, act, payload)
        parts = await _parts(connection, caller)
        todo = (
            []
            if caller.part or act is Act.RATE
            else [part["part"] for part in parts if is_open(part) and part["part"] not in done]
        )
    return _done(caller, done, [part for part in parts if part["part"] in done])


def _concerned(act: Act, parts: Sequence[Holding]) -> list[Holding]:
    if act is Act.RATE:
        answered = answered_last(parts)
        return [answered] if answered else []
    return [part for part in parts if is_open(part)]


async def _parts(connection: asyncpg.Connection, caller: CitizenCaller) -> list[asyncpg.Record]:
    rows = await repository.parts(connection, caller.appeal_id)
    if not rows or rows[0]["applicant_type"] != caller.number.applicant_type:
        raise AppealNotFound
    return newest(rows)


async def _commanded(
    connection: asyncpg.Connection, caller: CitizenCaller, parts: Sequence[int], act: Act, payload: Payload
) -> dict[int, Done | AppError]:
    command = Command(act, caller.appeal_id, Actor(ActorKind.CITIZEN), clock.now(), payload=payload)
    commands = [replace(command, part=part) for part in parts]
    answers = await service.act(connection, commands, snapshot.current())
    return dict(zip(parts, answers, strict=True))


def _done(caller: CitizenCaller, done: dict[int, Done | AppError], parts: Sequence[Holding]) -> ActOut:
    refused = [answer for answer in done.values() if isinstance(answer, AppError)]
    if len(refused) == len(done):
        raise AppealNotFound if isinstance(refused[-1], NotFound) else refused[-1]
    return ActOut(number=caller.of_part(caller.part), status=Status(speaking(parts)["status"]))


# Complaining


class TooEarly(TermRefused):
    """There is nothing to complain of yet; until then one can add to the appeal."""

    def __init__(self, refused: Refused, acts: Iterable[Act], *, running: bool) -> None:
        super().__init__(refused, acts)
        self.sentence = "complaint.too_early" if running else "complaint.too_early.suspended"

    def as_json(self, language: Language) -> dict[str, Any]:
        return super().as_json(language) | {"detail": t(self.sentence, language, **self.refused.params)}


@router.post(
    "/appeals/{number}/complaint",
    summary="Complain about the answer",
    description="Or about silence, once the due day has passed. It is registered as an appeal of its own, "
    "with a number and an access code of its own; who wrote the answer never decides on it. Name, language, "
    "topic and region are those of the appeal. A late complaint is registered too, and marked.",
    status_code=201,
    response_model=RegistrationOut,
    responses={
        200: {"description": "The same complaint again: its first answer", "model": RegistrationOut},
        **problems(*NOT_OPENED, Malformed, TermRefused, KeyReused, TooLarge, UnsupportedMedia, Invalid),
    },
)
async def complain(
    caller: Citizen,
    said: ComplaintIn,
    db: Db,
    lang: Lang,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> RegistrationOut:
    async with db.read() as connection:
        submission = await _complaint(connection, caller, said, key)
    registrar: Gatherer = request.app.state.gatherer
    registration = await registrar.register(submission)
    response.status_code = 201 if registration.created else 200
    return registration_out(registration, lang)


async def _complaint(
    connection: asyncpg.Connection, caller: CitizenCaller, said: ComplaintIn, key: str | None
) -> Submission:
    """The words are new; who complains, and in which language, is as in the appeal. Raises TooEarly."""
    now = clock.now()
    about = caller.number.format()
    taken = hashlib.sha256(f"citizen\0complaint\0{about}\0{key}".encode()).digest() if key else None
    first = await repository.applicant(connection, caller.appeal_id, taken)
    if first is None or first["applicant_type"] != caller.number.applicant_type:
        raise AppealNotFound
    await _not_early(connection, caller, now, repeated=first["repeated"])
    asked = history.canonical({"about": about, "text": said.text})
    return Submission(
        kind=Kind.COMPLAINT,
        language=first["language"],
        text=said.text,
        applicant=_person(first),
        channel=CHANNEL,
        source=_source(caller, first),
        received_at=now,
        key=taken,
        request_hash=hashlib.sha256(asked).digest() if key else None,
        key_expires_at=now + clock.days(KEY_LASTS_DAYS) if key else None,
        complaint_about=caller.number,
    )


def _source(caller: CitizenCaller, first: asyncpg.Record) -> str:
    """What is said of a test comes by the sandbox that brought it."""
    return snapshot.current().source_by_id(first["source_id"]).code if caller.number.sandbox else SOURCE


async def _not_early(
    connection: asyncpg.Connection, caller: CitizenCaller, now: datetime, *, repeated: bool
) -> None:
    on = clock.civil_day(now)
    holding = meant(await repository.holdings(connection, caller.appeal_id), caller.part, on)
    if holding is None:
        raise AppealNotFound
    term = compute(repository.facts_of(holding), snapshot.current().calendar)
    try:
        may_complain(term, on)
    except Refused as refused:
        if not repeated:
            raise TooEarly(refused, _still_possible(holding), running=term.running) from refused


def _still_possible(holding: Holding) -> list[Act]:
    stage = Stage(holding["stage"]) if holding["stage"] else None
    acts = allowed(Status(holding["status"]), closed=not is_open(holding), stage=stage)
    return sorted(acts & CITIZEN_ACTS)


def _person(first: asyncpg.Record) -> Person:
    lock = cipher()
    values = {
        name: lock.decrypt_optional(first[name], f"applicant.{name}")
        for name in ("name", "iin", "bin", "address", "phone", "email")
    }
    return Person(type=ApplicantType(first["applicant_type"]), **values)

"""A moderator's decision which fields of a listed appeal the public may read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Body, Depends, Path
from pydantic import Field

from app.appeals import numbers, reach
from app.appeals.codes import ApplicantType
from app.appeals.commands import CaseNotFound
from app.core import clock
from app.core.cipher import cipher
from app.core.edge import Read, Tx
from app.core.errors import Conflict, Forbidden, Invalid, problems
from app.core.schema import FullLine, FullText, Out, Schema
from app.directory import snapshot
from app.intake.blogs import answers
from app.intake.blogs.answers import NothingToPublish, Texts
from app.intake.blogs.posts import CHANNEL
from app.intake.open311 import repository
from app.intake.open311.models import Released
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1/open311", tags=["casework"])

Releasing = Annotated[StaffCaller, Depends(require("release-public"))]

REASON = "publication.reason"
Number = Annotated[str, Path(max_length=40, examples=["JT-2026-00000123"])]


class NotListed(Conflict):
    code = "not_listed"


class TextsIn(Schema):
    """In place of what was written; left out, that, with the applicant's own data masked."""

    title: FullLine | None = None
    question: FullText | None = None
    answer: FullText | None = None


class ReleaseIn(Schema):
    fields: Annotated[
        list[Released], Field(max_length=len(Released), description="all that is to be seen from now on")
    ]
    reason: Annotated[FullText, Field(max_length=4000)]
    texts: Annotated[
        TextsIn | None,
        Field(description="with `answer`: what is to be read, where that is not what was written"),
    ] = None


class ReleaseOut(Out):
    at: datetime
    by: str | None
    fields: list[Released]
    reason: str


class ReleasesOut(Out):
    """`fields`: what is to be seen now."""

    number: str
    fields: list[Released]
    releases: list[ReleaseOut]


WORDS = {
    "description": {
        "summary": "The text and the place",
        "value": {
            "fields": ["description", "coordinates"],
            "reason": "Мәтінде жеке деректер жоқ, орны көрсетілген жол учаскесі.",
        },
    },
    "answer": {
        "summary": "A blog's post with its answer, in words without names",
        "value": {
            "fields": ["description", "answer"],
            "reason": "Сұрақ көпке ортақ, жеке деректер алынды.",
            "texts": {"question": "Көшемізде бір аптадан бері жарық жоқ. Қашан жөнделеді?"},
        },
    },
    "nothing": {
        "summary": "Take everything back",
        "value": {"fields": [], "reason": "Мәтінде көршілердің аты-жөні бар екен."},
    },
}


@router.post(
    "/{number}/release",
    summary="Release fields of a listed appeal",
    description="Until then its text, address, attachments and place on the map stay empty in the public "
    "list (Open311). The holder's operator or head; `fields` is all that is to be seen from now on, so that "
    "an empty list takes everything back. Each decision is kept with its reason. With `description` and "
    "`answer` a blog's post stands among the public answers (`/api/v1/blog/answers`), until it is answered "
    "anew or taken back.",
    responses=problems(Forbidden, CaseNotFound, NotListed, NothingToPublish, Invalid),
)
async def release(
    caller: Releasing,
    number: Number,
    said: Annotated[ReleaseIn, Body(openapi_examples=WORDS)],
    connection: Tx,
) -> ReleasesOut:
    row = await _held(connection, caller, number)
    if not row["listed"]:
        raise NotListed
    reason = cipher().encrypt(said.reason, REASON)
    fields = [field.value for field in Released if field in said.fields]
    now = clock.now()
    await connection.fetchval(
        repository.RELEASE, row["id"], now, caller.account_id, caller.agency_id, fields, reason
    )
    await _published(connection, row, said, now)
    return await _releases(connection, row)


@router.get(
    "/{number}/release",
    summary="What was released of a listed appeal",
    description="Every decision, the oldest first.",
    responses=problems(Forbidden, CaseNotFound, NotListed, Invalid),
)
async def releases(caller: Releasing, number: Number, connection: Read) -> ReleasesOut:
    row = await _held(connection, caller, number)
    if not row["listed"]:
        raise NotListed
    return await _releases(connection, row)


async def _published(
    connection: asyncpg.Connection, row: asyncpg.Record, said: ReleaseIn, now: datetime
) -> None:
    """The public answers follow the decision. Raises Invalid, NothingToPublish."""
    if Released.ANSWER not in said.fields:
        await answers.take_back(connection, row["id"])
        return
    if row["channel"] != CHANNEL or Released.DESCRIPTION not in said.fields:
        raise Invalid.of("fields", "answer_with_its_post")
    texts = said.texts.model_dump() if said.texts else {}
    await answers.publish(connection, row["id"], Texts(**texts), now)


async def _held(connection: asyncpg.Connection, caller: StaffCaller, typed: str) -> asyncpg.Record:
    """The appeal, if the caller's agency, or for a head one under it, has it or had it last."""
    try:
        number = numbers.parse(typed)
    except numbers.NumberError:
        raise CaseNotFound from None
    row = await connection.fetchrow(repository.HOLDERS, number.appeal_id)
    if row is None or row["applicant_type"] != number.applicant_type or not _reaches(caller, row["holders"]):
        raise CaseNotFound
    return row


def _reaches(caller: StaffCaller, holders: Sequence[int]) -> bool:
    found = reach.agencies(caller.role, caller.agency_id, "release-public", snapshot.current())
    return found is None or not found.isdisjoint(holders)


async def _releases(connection: asyncpg.Connection, row: asyncpg.Record) -> ReleasesOut:
    found = [
        ReleaseOut(
            at=one["at"],
            by=one["by"],
            fields=one["fields"],
            reason=cipher().decrypt(one["reason"], REASON),
        )
        for one in await connection.fetch(repository.RELEASES, row["id"])
    ]
    return ReleasesOut(
        number=numbers.format_number(row["id"], ApplicantType(row["applicant_type"])),
        fields=found[-1].fields if found else [],
        releases=found,
    )

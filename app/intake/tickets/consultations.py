"""Calls that were answered on the spot: counted by day, and no appeals."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Body, Request, Response

from app.core import clock
from app.core.db import columns
from app.core.edge import LONG, Db, Lang, Tx
from app.core.errors import AppError, FieldError, Invalid, Malformed, TooLarge, UnsupportedMedia, problems
from app.core.stream import WrongEncoding
from app.directory.registry import Directory
from app.intake.register import KeyReused
from app.intake.tickets.callers import Desk, Writer
from app.intake.tickets.described import CONSULTATIONS, array_or_lines
from app.intake.tickets.errors import ChannelForbidden
from app.intake.tickets.lines import batch_out, read
from app.intake.tickets.schemas import BatchOut, ConsultationIn, ConsultationOut
from app.intake.tickets.ticket import check_moment

router = APIRouter(prefix="/api/v1", tags=["integrations"])

Row = tuple[Any, ...]
_COLUMNS = "external_id, at, day, channel, topic, region, language, seconds"
_ADD = f"""
INSERT INTO consultation (source_id, {_COLUMNS})
SELECT $1, {_COLUMNS}
FROM unnest($2::text[], $3::timestamptz[], $4::date[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::int[])
    AS new({_COLUMNS})
ORDER BY external_id
ON CONFLICT (source_id, external_id) DO NOTHING
RETURNING external_id
"""
_HERE = f"SELECT {_COLUMNS} FROM consultation WHERE source_id = $1 AND external_id = ANY($2::text[])"


@router.post(
    "/consultations",
    summary="Count a call",
    description=(
        "A call that was answered on the spot: it is counted, and is no appeal. Once by its `external_id`: "
        "the same again gives 200, another under the id 409. Nothing is said here of who called.\n\n"
        "`curl -H 'X-API-Key: …' -H 'Content-Type: application/json' $HOST/api/v1/consultations -d "
        '\'{"external_id": "109-call-884100", "at": "2026-11-23T09:41:00+05:00"}\'`'
    ),
    status_code=201,
    response_model=ConsultationOut,
    responses={
        200: {"description": "It was counted before", "model": ConsultationOut},
        **problems(ChannelForbidden, KeyReused, Invalid),
    },
)
async def count_call(
    caller: Writer,
    said: Annotated[ConsultationIn, Body(openapi_examples=CONSULTATIONS)],
    response: Response,
    connection: Tx,
) -> ConsultationOut:
    row = understood(said, Desk.of(caller))
    answer = (await add(connection, caller.source_id, [row]))[0]
    if isinstance(answer, AppError):
        raise answer
    response.status_code = 201 if answer else 200
    return ConsultationOut(external_id=said.external_id, at=said.at, day=row[2])


@router.post(
    "/consultations/batch",
    summary="Count up to 1,000 calls",
    description=(
        "A JSON array, or NDJSON; the answer is that of a batch of tickets.\n\n"
        "`curl -H 'X-API-Key: …' -H 'Content-Type: application/x-ndjson' "
        "$HOST/api/v1/consultations/batch --data-binary @calls.ndjson`"
    ),
    dependencies=[LONG],
    response_model=BatchOut,
    response_model_exclude_unset=True,
    openapi_extra=array_or_lines(ConsultationIn, CONSULTATIONS),
    responses=problems(Malformed, WrongEncoding, TooLarge, UnsupportedMedia, Invalid),
)
async def count_calls(caller: Writer, request: Request, lang: Lang, db: Db) -> BatchOut:
    desk = Desk.of(caller)

    def row_and_day(said: ConsultationIn) -> tuple[Row, date]:
        row = understood(said, desk)
        return row, row[2]

    lines = await read(request, ConsultationIn, row_and_day)
    todo = [line for line in lines if line.said]
    async with db.transaction() as connection:
        answers = await add(connection, caller.source_id, [line.said for line in todo if line.said])
    taken = []
    for line, answer in zip(todo, answers, strict=True):
        if isinstance(answer, AppError):
            line.problem = answer
        else:
            taken.append(line.result("created" if answer else "duplicate"))
    return batch_out(lines, taken, lang)


def understood(said: ConsultationIn, desk: Desk) -> Row:
    """The row that it is, in the order of `_COLUMNS`. Raises ChannelForbidden, Invalid."""
    desk.check_channel(said.channel)
    check_moment("at", said.at, clock.now())
    region = (said.region or desk.source.region or "").upper()
    _check_codes(said.topic, region, desk.directory)
    return (
        said.external_id,
        said.at.astimezone(UTC),
        clock.civil_day(said.at),
        said.channel,
        said.topic,
        region,
        said.language and said.language.value,
        said.seconds,
    )


def _check_codes(topic: str | None, region: str, directory: Directory) -> None:
    wrong = [
        FieldError(field, "unknown_code", {"near": ", ".join(directory.near(field, typed)) or "—"})
        for field, typed, known in (
            ("topic", topic or "", topic is None or directory.has_topic(topic)),
            ("region", region, not region or directory.has_region(region)),
        )
        if not known
    ]
    if wrong:
        raise Invalid(errors=wrong)


async def add(connection: asyncpg.Connection, source_id: int, rows: Sequence[Row]) -> list[bool | AppError]:
    """Count these calls of a source, rows in the order of `_COLUMNS`: for each whether it is new, or
    KeyReused. Of several with one id the first is the first."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row[0], row)
    found = await connection.fetch(_ADD, source_id, *columns(list(first.values()), 8))
    new = {record["external_id"] for record in found}
    stored: Mapping[str, Row] = first
    if len(new) < len(first):
        old = [id_ for id_ in first if id_ not in new]
        stored = first | {
            row["external_id"]: tuple(row) for row in await connection.fetch(_HERE, source_id, old)
        }
    answers: list[bool | AppError] = []
    for row in rows:
        same = stored[row[0]] == row
        answers.append(row[0] in new if same else KeyReused())
        new.discard(row[0])
    return answers

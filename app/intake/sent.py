"""The files of an appeal for its applicant: what they sent, and what came with an answer."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from app.appeals import repository
from app.appeals.codes import EventKind
from app.attachments import listing, serving
from app.attachments.errors import AttachmentNotFound, AttachmentNotReady, StorageUnavailable
from app.attachments.listing import Files
from app.core.db import Database
from app.core.edge import Configured, Db
from app.core.errors import Invalid, problems
from app.core.nested import Row
from app.intake.citizen import NOT_OPENED, AppealNotFound, Citizen, CitizenCaller
from app.intake.shown import ANSWERS
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["citizens"])

# Files of other events, such as an answer that waits for approval, are not the applicant's to see.
SENT = frozenset({EventKind.REGISTERED, EventKind.SUPPLEMENTED, EventKind.CORRECTED})
GIVEN = ANSWERS | SENT


async def seen(
    connection: asyncpg.Connection,
    caller: CitizenCaller,
    events: Sequence[Row],
    settings: Settings,
) -> Files:
    """What the applicant may see; nothing is asked where these events name nothing."""
    given = [event for event in events if event["kind"] in GIVEN]
    found = await listing.of_events(connection, caller.appeal_id, given)
    return Files(found, f"/api/v1/appeals/{caller.of_part(0)}/attachments", settings)


@router.get(
    "/appeals/{number}/attachments/{id}",
    summary="A file of an appeal",
    description="What was sent with the appeal or added to it, and what came with an answer: always as a "
    "download, and only once it was found to be free of viruses.",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The file", "content": {"application/octet-stream": {}}},
        **problems(*NOT_OPENED, AttachmentNotFound, AttachmentNotReady, Invalid, StorageUnavailable),
    },
)
async def read_file(
    caller: Citizen, id: Annotated[UUID, Path()], db: Db, settings: Configured
) -> StreamingResponse:
    return await file_of(caller, id, db, settings)


async def file_of(caller: CitizenCaller, id_: UUID, db: Database, settings: Settings) -> StreamingResponse:
    """Raises AppealNotFound, AttachmentNotFound, AttachmentNotReady, StorageUnavailable."""
    async with db.read() as connection:
        head = await repository.head(connection, caller.appeal_id)
        if head is None or head["applicant_type"] != caller.number.applicant_type:
            raise AppealNotFound
        events = await repository.events(connection, caller.appeal_id)
        files = await seen(connection, caller, events, settings)
    return await serving.download(listing.find(files.found.values(), id_), settings)

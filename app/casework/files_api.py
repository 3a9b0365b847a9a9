"""A file of a case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from app.attachments import listing, serving
from app.attachments.errors import AttachmentNotFound, AttachmentNotReady, StorageUnavailable
from app.casework import case, content
from app.casework.acts import Number
from app.casework.routes import SEEN
from app.core.edge import Configured, Db
from app.core.errors import Invalid, problems
from app.directory import snapshot
from app.readings.codes import Way
from app.staff.access import Reader

router = APIRouter(prefix="/api/v1", tags=["casework"])


@router.get(
    "/cases/{number}/attachments/{id}",
    summary="A file of a case",
    description="For whoever may see the case, of what happened as far as they see it: always as a download, "
    "and only once it was found to be free of viruses.",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The file", "content": {"application/octet-stream": {}}},
        **problems(*SEEN, AttachmentNotFound, AttachmentNotReady, Invalid, StorageUnavailable),
    },
)
async def read_file(
    caller: Reader, number: Number, id: Annotated[UUID, Path()], db: Db, settings: Configured
) -> StreamingResponse:
    async with db.read() as connection:
        found = await case.find(connection, caller, number, snapshot.current())
        happened = await content.events(connection, caller, found, Way.FILE)
        files = await listing.of_events(connection, found.appeal_id, happened)
    return await serving.download(listing.find(files.values(), id), settings)

"""Files in: `POST /api/v1/attachments`, as a raw body or as a form of a page."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from email.message import Message
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request

from app.attachments.errors import LARGEST, AttachmentTooLarge, AttachmentType, StorageUnavailable
from app.attachments.keeping import Keeper, Kept
from app.attachments.limits import Uploader, uploader
from app.attachments.schemas import KeptOut
from app.core import multipart, stream
from app.core.edge import Db
from app.core.errors import Invalid, Malformed, TooLarge, TooManyRequests, problems
from app.staff.errors import KeyExpired, KeyInvalid, SessionOver, TokenExpired, TokenInvalid

router = APIRouter(prefix="/api/v1", tags=["citizens"])

UPLOADS = "/attachments"
# A form is a little longer than its file.
BODY_LIMITS = {f"{router.prefix}{UPLOADS}": LARGEST + 262_144}
# So long may a sender be silent, in seconds, and so long may it take.
SILENT, WHOLE = 30, 900
FILE = {"schema": {"type": "string", "format": "binary"}}
FORM = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
}


@router.post(
    UPLOADS,
    summary="Upload a file",
    description=(
        "Before an appeal, ticket, supplement or answer names it in `attachments`, by the `id` given here; "
        "what nothing names within twelve hours is removed. Either the file itself as the body, its name in "
        "`Content-Disposition`, or a form (`multipart/form-data`) with one file. At most 20 MB; what it is "
        "is told by its content, and its name must fit. It is given out once it was looked at for viruses."
        "\n\n`curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' -H 'Content-Disposition: "
        'attachment; filename="photo.jpg"\' $HOST/api/v1/attachments`\n\n'
        "`curl -F file=@photo.jpg $HOST/api/v1/attachments`"
    ),
    status_code=201,
    response_model=KeptOut,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": FILE, multipart.FORM: FORM}}
    },
    responses=problems(
        Malformed,
        KeyInvalid,
        KeyExpired,
        TokenInvalid,
        TokenExpired,
        SessionOver,
        TooLarge,
        AttachmentTooLarge,
        AttachmentType,
        Invalid,
        TooManyRequests,
        StorageUnavailable,
    ),
)
async def upload(
    _: Annotated[Uploader, Depends(uploader)],
    db: Db,
    request: Request,
    disposition: Annotated[
        str | None,
        Header(
            alias="Content-Disposition",
            description="of a raw body: its name",
            examples=['attachment; filename="photo.jpg"'],
        ),
    ] = None,
) -> KeptOut:
    keeper: Keeper = request.app.state.keeper
    try:
        async with asyncio.timeout(WHOLE):
            if multipart.is_form(request):
                return await _from_form(keeper, db, request)
            declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            body = in_time(stream.received(request))
            return kept_out(await keeper.keep(db, body, name=filename(disposition), declared_type=declared))
    except TimeoutError:
        raise Malformed from None


async def _from_form(keeper: Keeper, db: Db, request: Request) -> KeptOut:
    """The one file of a form; whatever else is in it is passed over."""
    kept: Kept | None = None
    async for part in multipart.parts(request):
        if part.filename is None:
            continue
        if kept is not None:
            raise Invalid.of("file", "one_file")
        kept = await keeper.keep(db, in_time(part), name=part.filename, declared_type=part.type)
    if kept is None:
        raise Invalid.of("file", "missing")
    return kept_out(kept)


async def in_time(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Raises TimeoutError when nothing comes for too long."""
    waiting = aiter(pieces)
    while (piece := await asyncio.wait_for(anext(waiting, None), SILENT)) is not None:
        yield piece


def filename(disposition: str | None) -> str | None:
    """The name in a Content-Disposition header, in whichever of its forms."""
    if not disposition:
        return None
    message = Message()
    try:
        # The server hands headers over as Latin-1, which gives back the bytes that were sent.
        message["Content-Disposition"] = disposition.encode("latin-1").decode()
    except UnicodeError:
        return None
    found = message.get_filename()
    return str(found) if found else None


def kept_out(kept: Kept) -> KeptOut:
    return KeptOut(id=kept.id, name=kept.name, size=kept.size, type=kept.type, state=kept.state)

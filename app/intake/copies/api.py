"""`GET /api/v1/appeals/{number}/export`, and what the page gives too."""

from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.attachments.errors import StorageUnavailable
from app.attachments.listing import Attached
from app.attachments.serving import content, disposition
from app.attachments.storage import storage_of
from app.core.db import Database
from app.core.edge import LONG, Configured, Db, Lang
from app.core.errors import Invalid, problems
from app.core.i18n import Language
from app.core.zipped import MEDIA_TYPE, Member, zipped
from app.intake.citizen import NOT_OPENED, Citizen, CitizenCaller
from app.intake.copies.gathering import Gathered, gather
from app.intake.copies.words import in_words
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["citizens"])


@router.get(
    "/appeals/{number}/export",
    summary="A copy of everything held on an appeal",
    description="A ZIP for the author: `copy.json`, and the same in words (`copy.txt`), with what is kept of "
    "you, your texts and the answers, what happened, which bodies read it on which days, and what you were "
    "told; and the files, once they were found to be free of viruses. Always of the whole appeal. Officials' "
    "names, drafts and working notes are not in it.",
    response_class=StreamingResponse,
    dependencies=[LONG],
    responses={
        200: {"description": "The archive", "content": {MEDIA_TYPE: {}}},
        **problems(*NOT_OPENED, Invalid, StorageUnavailable),
    },
)
async def export(caller: Citizen, db: Db, lang: Lang, settings: Configured) -> StreamingResponse:
    return await archive(caller, db, lang, settings)


async def archive(
    caller: CitizenCaller, db: Database, lang: Language, settings: Settings
) -> StreamingResponse:
    """Everything but the files is read before it begins. Raises AppealNotFound."""
    async with db.moment() as connection:
        gathered = await gather(connection, caller, lang, settings)
    name = f"{caller.of_part(0)}.zip"
    return StreamingResponse(
        zipped(_members(gathered, lang, settings)),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": disposition(name), "Cache-Control": "no-store"},
    )


def _members(gathered: Gathered, lang: Language, settings: Settings) -> Iterator[Member]:
    now = gathered.copy.made_at
    words = in_words(gathered.copy, lang).encode()
    yield Member("copy.txt", now, _once(words), packed=True)
    yield Member("copy.json", now, _once(gathered.copy.model_dump_json(indent=1).encode()), packed=True)
    for name, one in gathered.files.items():
        yield Member(name, one.since, _file(one, settings))


def _file(one: Attached, settings: Settings) -> AsyncIterator[bytes]:
    assert one.address is not None
    return content(storage_of(settings), one.address)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data

"""Giving a file out: as a download, never as something that a browser runs, and whole or not at all."""

import hmac
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from app.attachments.errors import AttachmentNotReady, StorageUnavailable
from app.attachments.keeping import ADDRESS, PURPOSE
from app.attachments.listing import Attached, served
from app.attachments.storage import NoObject, Storage, StorageFailed, storage_of
from app.core import sealed
from app.core.cipher import CipherError, cipher
from app.settings import Settings

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


async def content(storage: Storage, address: bytes) -> AsyncIterator[bytes]:
    """What lies under an address, opened. The last piece comes only when the whole is what it was.

    Raises NoObject, StorageFailed, CipherError.
    """
    seen = hmac.new(cipher().lasting(ADDRESS), digestmod="sha256")
    held = b""
    async for frame in sealed.opened(storage.read(address), cipher(), PURPOSE):
        if held:
            yield held
        held = frame
        seen.update(frame)
    if not hmac.compare_digest(seen.digest(), address):
        raise CipherError("another content lies at this address")
    yield held


async def download(attached: Attached, settings: Settings) -> StreamingResponse:
    """Raises AttachmentNotReady, StorageUnavailable."""
    if attached.address is None or not served(attached, settings):
        raise AttachmentNotReady(attached.state_in_words())
    pieces = content(storage_of(settings), attached.address)
    try:
        first = await anext(pieces)
    except (NoObject, StorageFailed, CipherError) as error:
        raise StorageUnavailable from error
    return StreamingResponse(
        _all(first, pieces),
        media_type=attached.type,
        headers=HEADERS
        | {"Content-Length": str(attached.size), "Content-Disposition": disposition(attached.name or "file")},
    )


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What breaks now breaks the connection: the length that was promised is not reached."""
    yield first
    async for piece in rest:
        yield piece


def disposition(name: str) -> str:
    """RFC 6266, with the name in UTF-8 as RFC 8187 has it and something plain for old programs."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

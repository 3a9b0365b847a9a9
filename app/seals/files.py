"""Are the files that came along, or were given with an answer, what the events say? Each is read whole."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg

from app.attachments import serving
from app.attachments.storage import NoObject, Storage, StorageFailed
from app.core.cipher import CipherError
from app.core.db import Database
from app.seals.findings import Finding

PIECE = 500

# Of one that was fetched the event says where it was, for it was not here yet; it was not to expire either.
_KEPT = """
SELECT id, address, salt, hash, expires_at > created_at AS uploaded FROM attachment
WHERE appeal_id IS NOT NULL AND address IS NOT NULL AND id > $1 ORDER BY id LIMIT $2
"""


async def wrong(db: Database, storage: Storage) -> AsyncIterator[Finding]:
    after = UUID(int=0)
    while True:
        async with db.read() as connection:
            piece = await connection.fetch(_KEPT, after, PIECE)
        if not piece:
            return
        for row in piece:
            code = await _wrong(storage, row)
            if code:
                yield Finding("attachment", row["id"], code)
        after = piece[-1]["id"]


async def _wrong(storage: Storage, row: asyncpg.Record) -> str | None:
    told = hashlib.sha256(row["salt"])
    try:
        async for data in serving.content(storage, row["address"]):
            told.update(data)
    except (NoObject, StorageFailed):
        return "file_lost"
    except CipherError:
        return "file"
    return "file" if row["uploaded"] and told.digest() != row["hash"] else None

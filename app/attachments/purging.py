"""What is forgotten: uploads that nothing named in time, the files of an appeal that is erased, and then the
contents that nothing refers to any more.

A content that was sent again a short while ago is left alone: who sends it has its row first, then the
object, then what refers to it. So none is removed under the hands of another who keeps the same.
"""

from datetime import datetime, timedelta

import asyncpg

from app.attachments.keeping import Keeper
from app.core import clock
from app.core.db import Database

# Much longer than anybody needs from the row of a content to what refers to it.
LEFT_ALONE = timedelta(hours=1)
PIECE = 200

_FORGET = """
DELETE FROM attachment WHERE id IN (
    SELECT id FROM attachment WHERE appeal_id IS NULL AND expires_at < $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
_ERASE = "DELETE FROM attachment WHERE appeal_id = $1"
# One at a time: its row is locked until its object is gone, and who keeps the same content waits for that.
_UNUSED = """
SELECT address FROM stored_object o
WHERE touched_at < $1 AND NOT EXISTS (SELECT FROM attachment a WHERE a.address = o.address)
LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_REMOVE = "DELETE FROM stored_object WHERE address = $1"


async def erase(connection: asyncpg.Connection, appeal_id: int) -> int:
    """Erase the files of an appeal, in the caller's transaction; gives how many.

    Names, URLs and what the events' hashes were made with are gone at the commit; a content that no other
    appeal has goes with the worker's next round, at the latest an hour after it was last sent.
    """
    return _count(await connection.execute(_ERASE, appeal_id))


async def purge(db: Database, keeper: Keeper) -> None:
    """Broken off anywhere it is done the next time. Raises StorageFailed while the storage is away."""
    keeper.tidy()
    now = clock.now()
    while await _forgotten(db, now) == PIECE:
        pass
    while await _removed(db, keeper, now - LEFT_ALONE):
        pass


async def _forgotten(db: Database, now: datetime) -> int:
    async with db.transaction() as connection:
        return _count(await connection.execute(_FORGET, now, PIECE))


async def _removed(db: Database, keeper: Keeper, before: datetime) -> bool:
    async with db.transaction() as connection:
        address = await connection.fetchval(_UNUSED, before)
        if address is None:
            return False
        await connection.execute(_REMOVE, address)
        await keeper.storage.remove(address)
        return True


def _count(done: str) -> int:
    return int(done.split()[-1])

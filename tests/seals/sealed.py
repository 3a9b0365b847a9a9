"""Sealing in the tests: other tests have transactions open on the same server, for which every seal waits."""

import asyncio

from app.core.db import Database
from app.seals import sealing
from app.seals.heads_file import HeadsFile

UNSETTLED = "SELECT EXISTS (SELECT FROM event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"


async def settled(db: Database) -> None:
    """Wait until no transaction of another test is older than what is written here."""
    while True:
        async with db.read() as connection:
            if not await connection.fetchval(UNSETTLED):
                return
        await asyncio.sleep(0.02)


async def seal(db: Database, file: HeadsFile) -> int:
    """Seal all there is."""
    await settled(db)
    return await sealing.seal(db, file)

"""All connections of a process are in use: who waits is told to come again, in bounded time."""

import pytest

from app.core import db as core_db
from app.core.db import Database, DatabaseUrls
from app.core.http import UNAVAILABLE


async def test_nobody_waits_for_a_connection_without_end(
    real_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "POOL_PATIENCE", 0.1)
    db = await Database.open(real_urls, pool_size=2)
    async with db.read(), db.read():
        with pytest.raises(UNAVAILABLE):  # which is a 503 to a caller
            async with db.read():
                pass
    async with db.read() as connection:
        assert await connection.fetchval("SELECT 1") == 1, "and nothing of it is left"
    await db.close()

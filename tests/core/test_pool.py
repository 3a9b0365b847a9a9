"""All connections of a process are in use: who waits is told to come again, in bounded time."""

import pytest

from app.core import db as core_db
from app.core.db import Database, DatabaseUrls
from app.settings import Settings
from tests.support import running


async def test_who_waits_long_for_a_connection_is_told_to_come_again(
    real_urls: DatabaseUrls, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "POOL_PATIENCE", 0.1)
    db = await Database.open(real_urls, pool_size=2)
    async with running(settings, db) as client:
        async with db.read(), db.read():
            for path in ("/readyz", "/api/v1/statistics/agencies"):
                refused = await client.get(path)
                assert refused.status_code == 503, refused.text
                assert int(refused.headers["retry-after"]) > 0
            assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json() == {"status": "ready"}
    await db.close()

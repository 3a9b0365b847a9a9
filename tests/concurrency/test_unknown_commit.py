"""A commit that was waiting for its standby and is broken off: nobody is told that it worked, not at the
second try either, until the standby has it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from app.core import db as core_db
from app.core.db import DatabaseUrls
from tests.casework.people import Office
from tests.concurrency.test_registration import APPEAL, posted, rows
from tests.core.test_pool import expire
from tests.support import SERVER, app_of

# What they set is the whole server's: one must not end it while the other needs it.
pytestmark = pytest.mark.xdist_group("standby")

KEY = "the-key-of-this-message"
WAITING = """
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'SyncRep'
"""


@asynccontextmanager
async def no_standby(name: str) -> AsyncIterator[asyncpg.Connection]:
    """While this holds, commits of this one database wait for a standby that is not there."""
    admin = await asyncpg.connect(os.environ[SERVER], database=name)
    try:
        await admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
        await admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'not_there'")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.execute("SET synchronous_commit = off")
        yield admin
    finally:
        await admin.execute("SET synchronous_commit = off")
        await admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.close()


async def cancelled(admin: asyncpg.Connection, request: "asyncio.Task[httpx.Response]") -> httpx.Response:
    """The request's answer, its commit being cancelled as often as it waits."""
    while not request.done():
        await admin.fetch(WAITING)
        await asyncio.sleep(0.05)
    return request.result()


@pytest.fixture
async def admin(office: Office, real_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    async with no_standby(real_urls.owner.partition("?")[0].rpartition("/")[2]) as found:
        for db in (office.db, app_of(office.client).state.gatherer._db):
            await expire(db)  # those that are open know nothing of it
        yield found


async def test_filing_is_unknown_until_the_standby_has_it(office: Office, admin: asyncpg.Connection) -> None:
    for _ in range(2):  # the second finds the first's row, which is on no standby yet
        filing = asyncio.create_task(posted(office.client, APPEAL, KEY))
        refused = await cancelled(admin, filing)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert await rows(office) == 1
    await admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
    await admin.execute("SELECT pg_reload_conf()")
    assert (await posted(office.client, APPEAL, KEY)).status_code == 200
    assert await rows(office) == 1


async def test_a_commit_does_not_wait_for_ever(
    office: Office, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "COMMIT_WITHIN", 0.2)
    assert (await posted(office.client, APPEAL)).status_code == 503

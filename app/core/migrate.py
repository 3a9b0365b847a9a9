"""Bringing a database to the present schema, and telling whether it is there."""

import asyncio
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from app.core.db import DatabaseProblem, DatabaseUrls, check_server
from app.core.hosts import Hosts

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).parent.parent.parent
INI = ROOT / "alembic.ini"
LOCKED = "55P03"
LOCK_TIMEOUT = "3s"
PATIENCE = 120.0
"""Seconds during which a table that somebody holds is asked for again."""
PAUSE = 1.0


def config(owner_url: str) -> "Config":
    from alembic.config import Config

    found = Config(str(INI))
    found.attributes["owner_url"] = owner_url
    found.attributes["lock_timeout"] = LOCK_TIMEOUT
    return found


def upgrade(urls: DatabaseUrls, say: Callable[[str], None] = lambda line: None) -> None:
    """Migrate to the newest revision as the owner. Call it outside of a running event loop.

    Everything goes on meanwhile. A migration waits three seconds for a table and lets others go before it
    is tried again. Raises DatabaseProblem when the server cannot be reached, is older than PostgreSQL 18,
    or a table is held for two minutes; what was done until then is kept.
    """
    # A web process asks for the revision alone: it is spared Alembic, a tenth of a start.
    from alembic import command
    from sqlalchemy.exc import DBAPIError

    asyncio.run(_check(urls.owner))
    end = time.monotonic() + PATIENCE
    while True:
        try:
            command.upgrade(config(urls.owner), "head")
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCKED:
                raise
            if time.monotonic() > end:
                raise DatabaseProblem(HELD) from error
        say("database: a migration waits for a table that somebody holds; trying again")
        time.sleep(PAUSE)


HELD = (
    "a migration needs a table that somebody has held for two minutes; what was done until then is kept. "
    "End the transaction (SELECT pid, xact_start, query FROM pg_stat_activity WHERE xact_start IS NOT NULL "
    "ORDER BY xact_start) and migrate again"
)


async def _check(url: str) -> None:
    try:
        connection = await Hosts(url).connect()
    except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
        raise DatabaseProblem(f"the database cannot be reached: {error}") from error
    try:
        await check_server(connection)
    finally:
        await connection.close()


@cache
def head() -> str:
    """The revision that this code needs: revisions are named by the numbers of their files."""
    return max(path.name.partition("_")[0] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


async def is_current(connection: asyncpg.Connection) -> bool:
    """Whether the database stands at this code's revision, or further: while a new version is rolled out, the
    version before works on the new schema."""
    try:
        return str(await connection.fetchval("SELECT version_num FROM alembic_version") or "") >= head()
    except asyncpg.UndefinedTableError:
        return False

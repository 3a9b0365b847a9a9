"""Bringing a database to the present schema, and telling whether it is there."""

import asyncio
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


def config(owner_url: str) -> "Config":
    from alembic.config import Config

    found = Config(str(INI))
    found.attributes["owner_url"] = owner_url
    return found


def upgrade(urls: DatabaseUrls) -> None:
    """Migrate to the newest revision as the owner. Call it outside of a running event loop.

    Raises DatabaseProblem when the server cannot be reached or is older than PostgreSQL 18.
    """
    # A web process asks for the revision alone: it is spared Alembic, a tenth of a start.
    from alembic import command

    asyncio.run(_check(urls.owner))
    command.upgrade(config(urls.owner), "head")


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
    """Whether the database stands at this code's revision."""
    try:
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == head())
    except asyncpg.UndefinedTableError:
        return False

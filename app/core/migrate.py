"""Bringing a database to the present schema, and telling whether it is there."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.core.db import DatabaseProblem, DatabaseUrls, check_server

INI = Path(__file__).parent.parent.parent / "alembic.ini"


def config(owner_url: str) -> Config:
    found = Config(str(INI))
    found.attributes["owner_url"] = owner_url
    return found


def upgrade(urls: DatabaseUrls) -> None:
    """Migrate to the newest revision as the owner. Call it outside of a running event loop.

    Raises DatabaseProblem when the server cannot be reached or is older than PostgreSQL 18.
    """
    asyncio.run(_check(urls.owner))
    command.upgrade(config(urls.owner), "head")


async def _check(url: str) -> None:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseProblem(f"the database cannot be reached: {error}") from error
    try:
        await check_server(connection)
    finally:
        await connection.close()


def head() -> str:
    """The revision that this code needs."""
    found = ScriptDirectory.from_config(Config(str(INI))).get_current_head()
    assert found, "there is no migration"
    return found


async def is_current(connection: asyncpg.Connection) -> bool:
    """Whether the database stands at this code's revision."""
    try:
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == head())
    except asyncpg.UndefinedTableError:
        return False

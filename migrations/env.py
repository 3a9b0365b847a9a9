"""Alembic's entry: migrations run as the owner, over asyncpg, under one lock (two never run at once).

Each is a transaction of its own, so that no lock of one is held until the last is done, and waits only so
long for a table: whoever comes behind it waits as long. What is broken off goes on where it was.
"""

import asyncio

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.core.columns import Encrypted, Xid8
from app.core.db import DatabaseUrls
from app.core.hosts import Hosts
from app.settings import get_settings
from app.tables import METADATA

MIGRATION_LOCK = 7_305_117
LOCK_TIMEOUT = context.config.attributes.get("lock_timeout", "3s")


def _owner_url() -> str:
    given = context.config.attributes.get("owner_url")
    return str(given) if given else DatabaseUrls.of(get_settings().database_url).owner


def _render(kind: str, item: object, autogen: AutogenContext) -> str | bool:
    """Migrations name no code of ours: encrypted columns are bytea, xid8 is a plain user type."""
    if kind == "type" and isinstance(item, Encrypted):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, Xid8):
        autogen.imports.add("from app.core.columns import Xid8")
        return "Xid8()"
    return False


def _compare_type(
    _context: object, _inspected: object, _column: object, inspected_type: object, metadata_type: object
) -> bool | None:
    return False if isinstance(metadata_type, Xid8) else None


def _configure(**where: object) -> None:
    context.configure(
        target_metadata=METADATA,
        compare_type=_compare_type,
        compare_server_default=True,
        render_item=_render,
        transaction_per_migration=True,
        **where,
    )


def _migrate(connection: Connection) -> None:
    _configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def _alone(connection: AsyncConnection) -> None:
    """Asked for again and again: an index that another makes waits for whoever waits within a statement."""
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}):
        await connection.commit()
        await asyncio.sleep(0.2)


async def _run() -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=Hosts(_owner_url()).connect, poolclass=NullPool
    )
    async with engine.connect() as connection:  # whose end frees the lock
        await _alone(connection)
        await connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        await connection.commit()
        await connection.run_sync(_migrate)
        await connection.commit()


def _print() -> None:
    """The statements, to be looked at; nothing is run."""
    _configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _print()
elif given := context.config.attributes.get("connection"):
    _migrate(given)
else:
    asyncio.run(_run())

"""Migrating while everything goes on: nobody waits for long behind a migration that waits for a table."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from app.core import migrate
from app.core.db import DatabaseProblem, DatabaseUrls
from tests.intake.tickets.centre import WAITS

MORE = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None

def upgrade() -> None:
    {does}
"""
INDEX = """with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix_at ON event (at)")"""


@pytest.fixture
def more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three migrations after ours: a table, a column of one that is in use, an index beside who works."""
    root = migrate.ROOT
    shutil.copy(root / "alembic.ini", tmp_path)
    shutil.copytree(
        root / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = migrate.head()
    for revision, does in (
        ("9997", 'op.execute("CREATE TABLE first (id bigint)")'),
        ("9998", 'op.execute("ALTER TABLE event ADD COLUMN mood text")'),
        ("9999", INDEX),
    ):
        text = MORE.format(revision=revision, before=before, does=does)
        (tmp_path / "migrations" / "versions" / f"{revision}_more.py").write_text(text)
        before = revision
    monkeypatch.setattr(migrate, "INI", tmp_path / "alembic.ini")
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(migrate, "PAUSE", 0.05)


@pytest.mark.usefixtures("more")
async def test_a_migration_waits_for_a_table_and_others_do_not_wait_for_it(
    real_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    holder, other = await asyncpg.connect(real_urls.owner), await asyncpg.connect(real_urls.owner)
    async with holder.transaction():
        await holder.execute("LOCK TABLE event IN ROW EXCLUSIVE MODE")  # as somebody who writes
        with monkeypatch.context() as patience:
            patience.setattr(migrate, "PATIENCE", 0.0)
            with pytest.raises(DatabaseProblem, match="held"):
                await asyncio.to_thread(migrate.upgrade, real_urls, said.append)
        assert await other.fetchval("SELECT version_num FROM alembic_version") == "9997", (
            "what was done is kept"
        )
        assert await migrate.is_current(other), "and is none of this code's business"
        migrating = asyncio.create_task(asyncio.to_thread(migrate.upgrade, real_urls, said.append))
        for _ in range(WAITS):
            await other.fetchval(
                "SELECT count(*) FROM event", timeout=30
            )  # behind who waits, but not for long
            if said:
                break
            await asyncio.sleep(0.01)
        assert said
        assert not migrating.done()
    await migrating
    assert await other.fetchval("SELECT version_num FROM alembic_version") == "9999"
    assert await other.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_at'::regclass")
    await holder.close()
    await other.close()


async def test_an_older_schema_is_not_current(real_urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(real_urls.owner)
    assert await migrate.is_current(connection)
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert not await migrate.is_current(connection)
    await connection.execute("DROP TABLE alembic_version")
    assert not await migrate.is_current(connection)
    await connection.close()

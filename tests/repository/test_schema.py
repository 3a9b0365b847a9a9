"""Rules of the tables and their migrations."""

import asyncio
import warnings
from collections.abc import Iterator

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime, ForeignKeyConstraint, Table, UniqueConstraint
from sqlmodel import SQLModel

from app.core import migrate
from app.core.db import DatabaseUrls
from app.tables import METADATA

# Channels are never deleted or renamed; an index on their code would cost every registration.
NOT_WORTH_ONE = {"appeal.channel"}


def test_there_is_one_newest_migration() -> None:
    assert ScriptDirectory.from_config(Config(str(migrate.INI))).get_heads() == [migrate.head()]


async def test_the_migrations_make_exactly_the_tables(worker_urls: DatabaseUrls) -> None:
    def check() -> None:
        with warnings.catch_warnings():
            # SQLAlchemy has no name for this type of PostgreSQL; the columns of it are ours (Xid8).
            warnings.filterwarnings("ignore", "Did not recognize type 'xid8'")
            command.check(migrate.config(worker_urls.owner))

    await asyncio.to_thread(check)


def indexes(table: Table) -> Iterator[list[str]]:
    """The columns of every index of a table, those behind its keys among them."""
    yield [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        yield [getattr(column, "name", "") for column in index.expressions]


def foreign_keys(table: Table) -> Iterator[ForeignKeyConstraint]:
    yield from (found for found in table.constraints if isinstance(found, ForeignKeyConstraint))


def test_every_foreign_key_has_an_index_that_begins_with_it() -> None:
    found = {
        f"{table.name}.{'+'.join(key.column_keys)}"
        for table in METADATA.tables.values()
        for key in foreign_keys(table)
        if not any(columns[: len(key.column_keys)] == key.column_keys for columns in indexes(table))
    }
    assert found == NOT_WORTH_ONE


def test_every_moment_knows_its_zone() -> None:
    found = [
        str(column)
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, DateTime) and not column.type.timezone
    ]
    assert not found


def test_no_relationship_between_classes() -> None:
    """What belongs together is asked for by one statement, never loaded behind a reader's back."""
    classes: list[type[SQLModel]] = list(SQLModel.__subclasses__())
    while classes:
        cls = classes.pop()
        classes += cls.__subclasses__()
        assert not getattr(cls, "__sqlmodel_relationships__", None), cls

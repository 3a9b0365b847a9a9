"""A row in every table with encrypted columns, by the tables' own description, so that none is forgotten."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import Column, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Boolean, Date, DateTime, Integer, LargeBinary, SmallInteger, Time

from app.core.cipher import cipher
from app.core.columns import Encrypted, SearchHash, Words
from app.keys import rows
from app.tables import METADATA

_ENOUGH = datetime(2026, 11, 23, tzinfo=UTC)


async def unchecked(owner: asyncpg.Connection) -> None:
    """A database of the test's own, in which a row may say anything and belong to nothing."""
    await owner.execute("SET session_replication_role = replica")
    for row in await owner.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint "
        "WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    ):
        await owner.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']}")


async def fill(owner: asyncpg.Connection, words: str) -> None:
    """Write a row into each that has none; what is encrypted holds `words`."""
    for table in rows.tables(METADATA):
        if await owner.fetchval(f"SELECT EXISTS (SELECT FROM {table.name})"):
            continue
        columns = [one for one in METADATA.tables[table.name].columns if not one.identity]
        names, values = [one.name for one in columns], [_value(one, words) for one in columns]
        bound = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        await owner.execute(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({bound})", *values)


def _value(column: Column[Any], words: str) -> Any:
    type_ = column.type
    if isinstance(type_, Encrypted):
        said = f'{{"text": "{words}"}}' if column.name == "body" else words
        return cipher().encrypt(said, type_.column)
    if isinstance(type_, SearchHash):
        return cipher().search_hash(type_.normal(words), type_.column)
    if isinstance(type_, Words):
        return [1, 2]
    return _plain(type_)


def _plain(type_: Any) -> Any:
    for kinds, value in (
        ((Uuid,), uuid4()),
        ((ARRAY,), []),
        ((JSONB,), {}),
        ((Boolean,), False),
        ((DateTime,), _ENOUGH),
        ((Date,), _ENOUGH.date()),
        ((Time,), _ENOUGH.time()),
        ((LargeBinary,), b"\x01"),
        ((Integer, SmallInteger), 7),
    ):
        if isinstance(type_, kinds):
            return value
    return "x"

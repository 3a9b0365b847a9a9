"""Which columns are encrypted, and under which key what stands in them; and writing it again under the
newest.

All of it follows from the tables' own description, so that no column is forgotten. A row is written whole, in
one statement: its encrypted columns, and the hashes and words by which it is found. So the key that a value
names is the key of the row's hashes too.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import postgresql

from app.core.cipher import KEY_ID_LENGTH, CipherError, cipher
from app.core.columns import Encrypted, SearchHash, Words
from app.core.db import Database, columns

AT_ONCE = 100
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_KEY_OF = f"substring({{}} FROM 1 FOR {KEY_ID_LENGTH})"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table with encrypted columns."""

    name: str
    key: Sequence[Column[Any]]
    encrypted: Mapping[str, Encrypted]
    derived: Mapping[str, SearchHash | Words]

    @classmethod
    def of(cls, table: Table) -> "Sealed":
        types = {column.name: column.type for column in table.columns}
        return cls(
            table.name,
            list(table.primary_key.columns),
            {name: type_ for name, type_ in types.items() if isinstance(type_, Encrypted)},
            {name: type_ for name, type_ in types.items() if isinstance(type_, SearchHash | Words)},
        )

    @property
    def _key(self) -> str:
        return ", ".join(column.name for column in self.key)

    @property
    def _old(self) -> str:
        """Whether a row holds a value that is not of the key $1."""
        return " OR ".join(f"{_KEY_OF.format(name)} <> $1" for name in self.encrypted)

    def counted(self) -> str:
        """How many values there are of each key."""
        values = ", ".join(f"({_KEY_OF.format(name)})" for name in self.encrypted)
        return (
            f"SELECT value.of AS key, count(*) FROM {self.name} "
            f"CROSS JOIN LATERAL (VALUES {values}) AS value(of) WHERE value.of IS NOT NULL GROUP BY value.of"
        )

    def old(self) -> str:
        return f"SELECT count(*) FROM {self.name} WHERE {self._old}"

    def some(self, *, after: bool) -> str:
        """The next rows in the order of their keys; what somebody works on is passed over."""
        names = [*(column.name for column in self.key), *self.encrypted, *self.derived]
        bound = ", ".join(f"${n}" for n in range(3, 3 + len(self.key)))
        beyond = f"AND ({self._key}) > ({bound})" if after else ""
        return (
            f"SELECT {', '.join(names)} FROM {self.name} WHERE ({self._old}) {beyond} "
            f"ORDER BY {self._key} LIMIT $2 FOR UPDATE SKIP LOCKED"
        )

    def write(self) -> str:
        keys = [(column.name, column.type.compile(dialect=_DIALECT)) for column in self.key]
        written = [*((name, "bytea") for name in self.encrypted), *self._derived_types()]
        names = [name for name, _ in (*keys, *written)]
        arrays = ", ".join(
            f"${n}::{'text' if type_.endswith('[]') else type_}[]"
            for n, (_, type_) in enumerate((*keys, *written), start=1)
        )
        sets = ", ".join(
            f"{name} = new.{name}{'::' + type_ if type_.endswith('[]') else ''}" for name, type_ in written
        )
        same = " AND ".join(f"t.{name} = new.{name}" for name, _ in keys)
        return (
            f"UPDATE {self.name} AS t SET {sets} FROM unnest({arrays}) AS new({', '.join(names)}) "
            f"WHERE {same}"
        )

    def _derived_types(self) -> list[tuple[str, str]]:
        return [
            (name, "bigint[]" if isinstance(type_, Words) else "bytea")
            for name, type_ in self.derived.items()
        ]

    def again(self, row: asyncpg.Record) -> list[Any]:
        """The row as the newest key writes it. Raises CipherError where a value cannot be read."""
        lock = cipher()
        said = {
            name: lock.decrypt_optional(row[name], type_.column) for name, type_ in self.encrypted.items()
        }
        return [
            *(row[column.name] for column in self.key),
            *(lock.encrypt_optional(said[name], type_.column) for name, type_ in self.encrypted.items()),
            *(self._made(name, type_, row, said) for name, type_ in self.derived.items()),
        ]

    def _made(
        self, name: str, type_: SearchHash | Words, row: asyncpg.Record, said: Mapping[str, str | None]
    ) -> bytes | str | None:
        """What was found by nothing stays so."""
        if row[name] is None:
            return None
        made = type_.made_of(said)
        return f"{{{','.join(map(str, made))}}}" if isinstance(made, list) else made


def tables(described: MetaData) -> list[Sealed]:
    """`described`: all tables of the service."""
    found = [Sealed.of(table) for table in described.sorted_tables]
    return [table for table in found if table.encrypted]


async def write_again(db: Database, table: Sealed) -> AsyncIterator[tuple[int, int]]:
    """Once through the table, some rows at a time, each in a transaction of its own.

    Gives for each how many rows were written, and how many cannot be read with any secret that is known.
    Broken off anywhere it goes on where it was: what is written is of the newest key.
    """
    last: list[Any] = []
    while True:
        async with db.transaction() as connection:
            select = table.some(after=bool(last))
            rows = await connection.fetch(select, cipher().key_ids[0], AT_ONCE, *last)
            if not rows:
                return
            new = [written for row in rows if (written := _again(table, row))]
            if new:
                await connection.execute(table.write(), *columns(new, len(new[0])))
        last = [rows[-1][column.name] for column in table.key]
        yield len(new), len(rows) - len(new)


def _again(table: Sealed, row: asyncpg.Record) -> list[Any] | None:
    try:
        return table.again(row)
    except CipherError:
        return None

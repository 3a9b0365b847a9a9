"""How far a change of the secret is, and going on with it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from app.attachments.keeping import PURPOSE, Keeper
from app.core.cipher import cipher, key_id
from app.core.db import Database, DatabaseUrls
from app.keys import files, rows
from app.keys.rows import Sealed
from app.seals import keys as seal_keys

Progress = Callable[[int, int], None]
PAUSE = 1.0
"""Seconds until what somebody worked on is looked at again."""


@dataclass(slots=True)
class State:
    """How many values and files there are of each known secret, the newest first. `unknown`: of none of
    them."""

    values: list[int]
    files: list[int]
    unknown: Counter[str] = field(default_factory=Counter)
    unlooked: int = 0
    """Files of which only the file itself says it."""
    signs: bool = True
    """Whether the last seal is of the newest secret, or there is none."""

    @property
    def done(self) -> bool:
        """Whether the newest secret is all that is needed."""
        old = sum(self.values[1:]) + sum(self.files[1:]) + self.unlooked
        return not old and not self.unknown and self.signs


@dataclass(slots=True)
class Done:
    written: int = 0
    unreadable: int = 0


@asynccontextmanager
async def as_owner(db: Database) -> AsyncIterator[Database]:
    """What the app writes once it may not write again: this is the owner's work, as migrations are."""
    assert db.urls is not None
    owner = await Database.open(DatabaseUrls(owner=db.urls.owner, app=db.urls.owner), pool_size=2)
    try:
        yield owner
    finally:
        await owner.close()


async def state(db: Database, tables: Sequence[Sealed]) -> State:
    contents, sealed = cipher().key_ids, [key_id(key) for key in cipher().keys(PURPOSE)]
    found = State([0] * len(contents), [0] * len(sealed))
    async with db.read() as connection:
        for table in tables:
            for row in await connection.fetch(table.counted()):
                _count(found, found.values, contents, row, table.name)
        for row in await connection.fetch(files.COUNTED):
            if row["key"] is None:
                found.unlooked += row["count"]
            else:
                _count(found, found.files, sealed, row, "stored_object")
        found.signs = await seal_keys.sealed_by_newest(connection)
    return found


def _count(found: State, counts: list[int], known: list[bytes], row: asyncpg.Record, name: str) -> None:
    if row["key"] in known:
        counts[known.index(row["key"])] += row["count"]
    else:
        found.unknown[f"{name}, key {row['key'].hex()}"] += row["count"]


async def rotate(db: Database, tables: Sequence[Sealed], keeper: Keeper, progress: Progress) -> Done:
    """Write everything again that is not of the newest secret, in small steps beside everybody's work.

    It may be killed at any moment and begun again: what is done stays done. What somebody works on is passed
    over and comes later; what can be read with no known secret is counted and stays. Raises what the database
    raises.
    """
    told = _Told(progress, await _left(db, tables))
    while True:
        unreadable = await _round(db, tables, keeper, told)
        if await _left(db, tables) <= unreadable:
            return Done(told.written, unreadable)
        await asyncio.sleep(PAUSE)


@dataclass(slots=True)
class _Told:
    progress: Progress
    all: int
    written: int = 0

    def more(self, count: int) -> None:
        """What others write meanwhile can make it more than there was at the beginning."""
        self.written += count
        self.progress(self.written, max(self.all, self.written))


async def _round(db: Database, tables: Sequence[Sealed], keeper: Keeper, told: _Told) -> int:
    """Once through all tables and files: how many rows and files cannot be read."""
    unreadable, last = 0, b""
    for table in tables:
        async for written, bad in rows.write_again(db, table):
            unreadable += bad
            told.more(written)
    while sealed := await files.seal_next(db, keeper, last):
        last, good = sealed
        unreadable += not good
        told.more(int(good))
    return unreadable


async def _left(db: Database, tables: Sequence[Sealed]) -> int:
    newest = cipher().key_ids[0]
    async with db.read() as connection:
        found = [await connection.fetchval(table.old(), newest) for table in tables]
        found.append(await connection.fetchval(files.OLD, files.newest()))
    return sum(found)

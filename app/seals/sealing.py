"""The worker's part: every minute, what is new is sealed, and the heads are written outside too.

Events come in the order of their transactions, and only those that nothing can come before any more: one that
commits late is in a later seal, and none is left out. The number of a seal is its place in the chain: of two
workers at once the second finds it taken and has nothing to do.
"""

import asyncio
import errno
import logging
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

import asyncpg

from app.core import clock, metrics
from app.core.db import Database
from app.seals import heads, keys, rows, tree
from app.seals.heads import Head
from app.seals.heads_file import HeadsFile, Signed
from app.seals.rows import BEGINNING, Place
from app.settings import get_settings

log = logging.getLogger("listening_state.seals")

Result = TypeVar("Result")

MOST = 5_000
"""Events in a seal, so that memory is bounded; more are sealed by the next one."""
PIECE = 500

_LAST = """
SELECT number, at, hash, upto_xid::text::bigint AS xid, upto_id AS id,
       upto_xid >= pg_snapshot_xmax(pg_current_snapshot()) AS ahead
FROM seal ORDER BY number DESC LIMIT 1
"""
_ADD = """
INSERT INTO seal (number, at, upto_xid, upto_id, head, hash, signature, key_id, leaves)
VALUES ($1, $2, $3::text::xid8, $4, $5, $6, $7, $8, $9)
ON CONFLICT (number) DO NOTHING RETURNING number
"""
_HEADS = "SELECT head, signature FROM seal WHERE number > $1 ORDER BY number LIMIT $2"


class AheadOfTime(Exception):
    """The last seal holds transactions that this server has not had yet: it was restored."""


class FileDisagrees(Exception):
    """The file of heads does not end with a head that the database has."""


class FileUnwritable(Exception):
    """Heads are in the database and not outside it yet: they wait, and are added later."""


async def seal(db: Database, file: HeadsFile) -> int:
    """Seal all that is settled; gives the number of new seals. Raises AheadOfTime, FileDisagrees,
    FileUnwritable.

    Broken off anywhere it goes on the next time: a seal is one transaction, and the file follows it.
    """
    done = 0
    while await _seal_one(db):
        done += 1
    await complete(db, file)
    return done


async def seal_new(db: Database) -> None:
    await seal(db, _file())


@lru_cache(maxsize=1)
def _file() -> HeadsFile:
    return HeadsFile.of(get_settings())


async def last_seal(connection: asyncpg.Connection) -> asyncpg.Record | None:
    """Raises AheadOfTime: what is written now would be numbered as if it had been written before it."""
    last = await connection.fetchrow(_LAST)
    if last and last["ahead"]:
        raise AheadOfTime(
            "the transactions are numbered anew: see 'Backup and restore' in docs/operations.md"
        )
    return last


async def _seal_one(db: Database) -> bool:
    async with db.transaction() as connection:
        last = await last_seal(connection)
        after = rows.place(last) if last else BEGINNING
        events = await rows.settled(connection, after, MOST)
        if not events:
            return False
        upto = rows.place(events[-1])
        leaves = [leaf.hash for leaf in await rows.leaves(connection, events, after, upto)]
        return await _add(connection, last, upto, leaves)


async def _add(
    connection: asyncpg.Connection, last: asyncpg.Record | None, upto: Place, leaves: list[bytes]
) -> bool:
    key = await keys.in_use(connection)
    head = Head(
        number=last["number"] + 1 if last else 1,
        at=max(clock.now(), last["at"]) if last else clock.now(),  # clocks of two machines may differ
        previous=last["hash"] if last else None,
        root=tree.root(leaves),
        size=len(leaves),
        upto=upto,
        key=key.id,
    )
    text = head.text()
    added = await connection.fetchval(
        _ADD,
        head.number,
        head.at,
        str(upto[0]),
        upto[1],
        text,
        heads.head_hash(text),
        heads.sign(key.private, text),
        key.id,
        b"".join(leaves),
    )
    return added is not None


async def complete(db: Database, file: HeadsFile) -> None:
    """Add to the file what it does not have yet, and count what waits for it. Raises FileUnwritable,
    FileDisagrees, and NotAHead for a last line that is none: then nothing is added, for nobody shall
    overwrite what may be a proof."""
    try:
        await _complete(db, file)
    except FileUnwritable:
        metrics.HEADS_WAITING.set(await _waiting(db, file))
        raise
    metrics.HEADS_WAITING.set(0)


async def _waiting(db: Database, file: HeadsFile) -> int:
    """All of them, where it cannot be read either."""
    try:
        last = await asyncio.to_thread(file.last)
    except OSError:
        last = None
    async with db.read() as connection:
        newest: int = await connection.fetchval("SELECT coalesce(max(number), 0) FROM seal")
    return newest - (last.number if last else 0)


async def _on_disk(file: HeadsFile, work: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        why = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise FileUnwritable(
            f"{file.path} cannot be written ({why}); sealing goes on, and its heads wait: "
            "see 'Seals' in docs/operations.md"
        ) from error


async def _complete(db: Database, file: HeadsFile) -> None:
    last = await _on_disk(file, file.last)
    if last:
        async with db.read() as connection:
            known = await connection.fetchval("SELECT head FROM seal WHERE number = $1", last.number)
        if known != last.head:
            raise FileDisagrees(
                f"{file.path} ends with seal {last.number}, which the database has not, or has otherwise: "
                "see 'Seals' in docs/operations.md"
            )
    done = last.number if last else 0
    while True:
        async with db.read() as connection:
            found = await connection.fetch(_HEADS, done, PIECE)
        if not found:
            return
        new = [Signed(row["head"], row["signature"]) for row in found]
        if not done and new[-1].number > 1:
            log.warning("%s was not there or empty: it is written anew from the first head on", file.path)
        await _on_disk(file, partial(file.append, new))
        done = new[-1].number

"""`listening-state verify`: a walk over the tables of record, a piece at a time, that names what was changed.

First the heads, then seal by seal the rows under them with what hangs on each event, then what is not sealed
yet, and at the end what no event speaks of and what cases and figures say. It reads beside whoever works.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncpg

from app.attachments.storage import Storage
from app.core.db import Database
from app.seals import chain, contents, files, rows, sealed_rows, strays
from app.seals.contents import Erased
from app.seals.findings import Finding
from app.seals.heads import Head, NotAHead
from app.seals.heads_file import HeadsFile
from app.seals.rows import BEGINNING, Place
from app.seals.sealing import MOST

Progress = Callable[[int, int], None]
Recount = Callable[[Database, Progress], Awaitable[Sequence[str]]]

_SEALS = """
SELECT number, upto_xid::text::bigint AS xid, upto_id AS id, head, leaves FROM seal
WHERE number > $1 ORDER BY number LIMIT 1
"""
_BEFORE = """
SELECT number, upto_xid::text::bigint AS xid, upto_id AS id FROM seal WHERE at < $1
ORDER BY number DESC LIMIT 1
"""
_SIZES = """
SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM appeal) + (SELECT count(*) FROM content)
       + (SELECT count(*) FROM ledger) + (SELECT count(*) FROM holding)
"""
_PREVIOUS = """
SELECT e.id, e.previous IS NOT DISTINCT FROM (
    SELECT p.hash FROM event p WHERE p.appeal_id = e.appeal_id AND p.part = e.part AND p.id < e.id
    ORDER BY p.id DESC LIMIT 1) AS follows
FROM event e WHERE e.id = ANY ($1::bigint[]) ORDER BY e.xid, e.id
"""


@dataclass
class Walk:
    """One verification. `outside`: files of heads to compare with. `since`: look only at what was sealed from
    then on, and not at what no event speaks of. `recount`: the figures, a line for each difference."""

    db: Database
    outside: Sequence[Path]
    progress: Progress
    since: datetime | None = None
    recount: Recount | None = None
    storage: Storage | None = None
    seals: int = 0
    events: int = 0
    newest: datetime | None = None
    unsealed: int = 0
    oldest_unsealed: datetime | None = None
    erased: Erased = field(default_factory=Erased)
    _done: int = 0
    _total: int = 0

    async def findings(self) -> AsyncIterator[Finding]:
        """What is wrong, in the order of the walk; ends early only when it is not asked for more."""
        async with self.db.read() as connection:
            self._total = await connection.fetchval(_SIZES)
        parts = [chain.broken(self.db), *(chain.outside(self.db, HeadsFile(path)) for path in self.outside)]
        parts += [self._sealed()]
        if self.since is None:
            tables = [strays.unspoken(self.db, table, self._on) for table in strays.SPOKEN_OF]
            parts += [*tables, strays.files(self.db), strays.holdings(self.db, self._on)]
        if self.storage:
            parts.append(files.wrong(self.db, self.storage))
        if self.recount:
            parts.append(self._figures(self.recount))
        for part in parts:
            async for found in part:
                yield found

    def _on(self, count: int) -> None:
        self._done += count
        self.progress(min(self._done, self._total), self._total)

    async def _sealed(self) -> AsyncIterator[Finding]:
        number, after = await self._begin()
        while True:
            async with self.db.read() as connection:
                seal = await connection.fetchrow(_SEALS, number)
                if seal is None:
                    break
                async for found in self._of_seal(connection, seal, after):
                    yield found
            number, after = seal["number"], rows.place(seal)
            self.seals += 1
        async for found in self._unsealed(after):
            yield found

    async def _begin(self) -> tuple[int, Place]:
        if self.since is None:
            return 0, BEGINNING
        async with self.db.read() as connection:
            before = await connection.fetchrow(_BEFORE, self.since)
        return (before["number"], rows.place(before)) if before else (0, BEGINNING)

    async def _of_seal(
        self, connection: asyncpg.Connection, seal: asyncpg.Record, after: Place
    ) -> AsyncIterator[Finding]:
        events = await rows.between(connection, after, rows.place(seal), 2 * MOST)
        for found in sealed_rows.changed_events(events):
            yield found
        try:
            head = Head.read(seal["head"])
        except NotAHead:
            return  # the heads were looked at before
        self.newest = head.at
        leaves = await rows.leaves(connection, events, after, rows.place(seal))
        for found in sealed_rows.of_seal(head, seal["leaves"], leaves):
            yield found
        async for found in contents.wrong(connection, events, self.erased):
            yield found
        self.events += len(events)
        self._on(len(events))

    async def _unsealed(self, after: Place) -> AsyncIterator[Finding]:
        """What is newer than the last seal: nothing but the chain of each part holds it."""
        while True:
            async with self.db.read() as connection:
                events = await rows.following(connection, after, MOST)
                if not events:
                    return
                for found in sealed_rows.changed_events(events):
                    yield found
                for row in await connection.fetch(_PREVIOUS, [event["id"] for event in events]):
                    if not row["follows"]:
                        yield Finding("event", row["id"], "chain")
                async for found in contents.wrong(connection, events, self.erased):
                    yield found
            oldest = min(event["at"] for event in events)
            self.oldest_unsealed = min(self.oldest_unsealed or oldest, oldest)
            self.unsealed += len(events)
            after = rows.place(events[-1])
            self._on(len(events))

    async def _figures(self, recount: Recount) -> AsyncIterator[Finding]:
        for line in await recount(self.db, self.progress):
            table = "holding" if ": holding " in line else "counter_delta"
            yield Finding(table, line.partition(":")[0], "figures", {"line": line.partition(": ")[2]})

"""Bringing a register along: chunk by chunk, each chunk one transaction (clerk.py).

So the same command goes on where a killed one stopped. Some chunks are under way at once: while the database
writes one, the next is made ready. What is refused is told in the order of the file.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from app.intake.registers.clerk import Clerk, Fate, Fates, Settled
from app.intake.registers.flaws import AnyFlaw, Unusable
from app.intake.registers.seen import Seen
from app.intake.registers.table import Line, Table

CHUNK = 500
# Chunks of a clerk that are read ahead and that are being written.
READ, WRITTEN = 1, 3

Progress = Callable[[int, int], None]
Refusal = Callable[[Line, Sequence[AnyFlaw]], None]
Chunk = Sequence[Line]


@dataclass(slots=True)
class Summary:
    """`stopped`: where the file could not be read any further."""

    rows: int = 0
    brought: int = 0
    closed: int = 0
    there: int = 0
    refused: int = 0
    stopped: Unusable | None = None

    def count(self, one: Settled) -> None:
        self.rows += 1
        self.brought += one.fate is Fate.BROUGHT
        self.closed += one.closed
        self.there += one.fate is Fate.THERE
        self.refused += one.fate is Fate.REFUSED


@dataclass
class Importing:
    """`refuse` is told of each refused row."""

    table: Table
    clerks: Sequence[Clerk]
    refuse: Refusal
    progress: Progress
    summary: Summary = field(default_factory=Summary)

    def __post_init__(self) -> None:
        self._read: deque[tuple[Clerk, Chunk, asyncio.Task[Mapping[int, str]]]] = deque()
        self._settled: deque[tuple[Chunk, asyncio.Task[Fates]]] = deque()

    async def run(self) -> Summary:
        clerks = cycle(self.clerks)
        try:
            with Seen() as seen:
                for chunk in self._chunks():
                    clerk = next(clerks)
                    self._read.append((clerk, chunk, asyncio.create_task(clerk.read(chunk))))
                    await self._go_on(seen, READ * len(self.clerks))
                await self._go_on(seen, 0)
        finally:
            await self._finish()
        return self.summary

    async def _go_on(self, seen: Seen, ahead: int) -> None:
        """Settle what was read, in the order of the file, until no more than `ahead` chunks wait for it."""
        while len(self._read) > ahead:
            clerk, chunk, reading = self._read.popleft()
            twice = {}
            for place, number in (await reading).items():
                if (first := seen.before(number, place)) is not None:
                    twice[place] = first
            if len(self._settled) == WRITTEN * len(self.clerks):
                await self._tell()
            self._settled.append((chunk, asyncio.create_task(clerk.settle(chunk[0].place, twice))))
            await asyncio.sleep(0)  # so that it begins

    async def _finish(self) -> None:
        """Also where something went wrong: what was begun is told."""
        for _, _, reading in self._read:
            reading.cancel()
        while self._settled:
            await self._tell()

    async def _tell(self) -> None:
        """Of the earliest chunk that is under way."""
        chunk, settling = self._settled.popleft()
        fates = await settling
        for line in chunk:
            fate = fates[line.place]
            self.summary.count(fate)
            if fate.flaws:
                self.refuse(line, fate.flaws)
        self.progress(*self.table.position())

    def _chunks(self) -> Iterator[Chunk]:
        """Also what was read before the file could be read no further."""
        chunk: list[Line] = []
        try:
            for line in self.table.lines():
                chunk.append(line)
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
        except Unusable as error:
            self.summary.stopped = error
        if chunk:
            yield chunk

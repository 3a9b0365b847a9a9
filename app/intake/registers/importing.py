"""Bringing a register along: chunk by chunk through `register` and `act`, each chunk one transaction.

A row whose number is there already, as it was brought before, is passed over; so the same command goes on
where a killed one stopped. Some chunks are under way at once: while the database writes one, the next is made
ready. What is refused is told in the order of the file.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import asyncpg

from app.appeals import record
from app.appeals.commands import Command, ForwardToSelf
from app.appeals.service import act
from app.core.db import Database
from app.core.errors import AppError
from app.directory.registry import Directory
from app.intake.register import KeyReused, look, register
from app.intake.registers.entry import Entry, Reader
from app.intake.registers.flaws import Answered, AnyFlaw, Flaw, RowRefused, Unusable
from app.intake.registers.seen import Seen
from app.intake.registers.table import Line, Table
from app.intake.submission import Registration

CHUNK = 500
LANES = 3

Progress = Callable[[int, int], None]
Refusal = Callable[[Line, Sequence[AnyFlaw]], None]


class Fate(StrEnum):
    BROUGHT = "brought"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Settled:
    line: Line
    fate: Fate
    closed: bool = False
    flaws: tuple[AnyFlaw, ...] = ()


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


class _Undone(Exception):
    """Rows of a chunk were refused after others had been written: the chunk is written again without them."""

    def __init__(self, refused: Mapping[int, AnyFlaw]) -> None:
        super().__init__()
        self.refused = refused


@dataclass
class Importing:
    """`refuse` is told of each refused row."""

    db: Database
    directory: Directory
    table: Table
    reader: Reader
    refuse: Refusal
    progress: Progress
    dry_run: bool = False
    summary: Summary = field(default_factory=Summary)

    async def run(self) -> Summary:
        settle = self._examined if self.dry_run else self._brought
        pending: deque[asyncio.Task[list[Settled]]] = deque()
        with Seen() as seen:
            try:
                for chunk in self._chunks():
                    entries, settled = self._entries(chunk, seen)
                    if len(pending) == LANES:
                        self._tell(await pending.popleft())
                    pending.append(asyncio.create_task(_in_order(chunk, settled, settle(entries))))
                    await asyncio.sleep(0)  # so that it begins
            finally:
                while pending:
                    self._tell(await pending.popleft())
        return self.summary

    def _tell(self, settled: Iterable[Settled]) -> None:
        for one in settled:
            self.summary.count(one)
            if one.flaws:
                self.refuse(one.line, one.flaws)
        self.progress(*self.table.position())

    def _chunks(self) -> Iterator[list[Line]]:
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

    def _entries(self, chunk: Sequence[Line], seen: Seen) -> tuple[list[Entry], dict[int, Settled]]:
        entries, settled = [], {}
        for line in chunk:
            try:
                entry = self.reader.entry(line)
                first = seen.before(entry.submission.external_id or "", line.place)
                if first is not None:
                    raise RowRefused([self._of("number", "number_twice", row=first)])
                entries.append(entry)
            except RowRefused as error:
                settled[line.place] = Settled(line, Fate.REFUSED, flaws=error.flaws)
        return entries, settled

    def _of(self, name: str, code: str, **params: object) -> Flaw:
        return Flaw(code, self.reader.mapping.column_of(name), params)

    # what happens to the rows that can be read

    async def _brought(self, entries: Sequence[Entry]) -> list[Settled]:
        """Written, whatever can be. What the database itself refuses is looked for row by row."""
        left = list(entries)
        settled: list[Settled] = []
        while left:
            try:
                return settled + await self._write(left)
            except _Undone as undone:
                settled += [
                    _refused(entry, [undone.refused[n]])
                    for n, entry in enumerate(left)
                    if n in undone.refused
                ]
                left = [entry for n, entry in enumerate(left) if n not in undone.refused]
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError) as error:
                if len(left) == 1:
                    problem = f"{type(error).__name__} {error}"[:200]
                    return [*settled, _refused(left[0], [Flaw("impossible", "", {"problem": problem})])]
                half = len(left) // 2
                return settled + await self._brought(left[:half]) + await self._brought(left[half:])
        return settled

    async def _write(self, entries: Sequence[Entry]) -> list[Settled]:
        async with self.db.transaction() as connection:
            answers = await register(connection, [entry.submission for entry in entries], self.directory)
            await self._end(connection, entries, answers)
        return [self._settled(entry, answer) for entry, answer in zip(entries, answers, strict=True)]

    async def _end(
        self,
        connection: asyncpg.Connection,
        entries: Sequence[Entry],
        answers: Sequence[Registration | AppError],
    ) -> None:
        """The acts that close what was closed. Raises _Undone: no row stays registered and open instead."""
        commands: list[Command] = []
        owners: list[int] = []
        for place, (entry, answer) in enumerate(zip(entries, answers, strict=True)):
            if entry.ending and isinstance(answer, Registration) and answer.created:
                closing = entry.ending.commands(answer.appeal_id)
                commands += closing
                owners += [place] * len(closing)
        done = await act(connection, commands, self.directory) if commands else []
        refused: dict[int, AnyFlaw] = {}
        for place, one in zip(owners, done, strict=True):
            if isinstance(one, AppError):
                refused.setdefault(place, Answered(one, self.reader.mapping.column_of("ending")))
        if refused:
            raise _Undone(refused)

    def _settled(self, entry: Entry, answer: Registration | AppError) -> Settled:
        if isinstance(answer, Registration):
            fate = Fate.BROUGHT if answer.created else Fate.THERE
            return Settled(entry.line, fate, closed=answer.created and entry.ending is not None)
        return _refused(entry, self._flaws(answer))

    def _flaws(self, error: AppError) -> list[AnyFlaw]:
        if isinstance(error, KeyReused):
            return [self._of("number", "there_otherwise")]
        mapping = self.reader.mapping
        if error.errors:
            return [Answered(one, mapping.column_of(one.field)) for one in error.errors]
        column = mapping.column_of("addressee") if error.code == "unknown_addressee" else ""
        return [Answered(error, column)]

    # without writing anything

    async def _examined(self, entries: Sequence[Entry]) -> list[Settled]:
        async with self.db.read() as connection:
            keys = [entry.submission.key or b"" for entry in entries]
            known = {
                key: row["request_hash"] for key, row in (await record.already(connection, keys)).items()
            }
        return [self._foreseen(entry, known) for entry in entries]

    def _foreseen(self, entry: Entry, known: Mapping[bytes, bytes]) -> Settled:
        said = entry.submission
        before = known.get(said.key or b"")
        if before is not None:
            if before != said.request_hash:
                return _refused(entry, [self._of("number", "there_otherwise")])
            return Settled(entry.line, Fate.THERE)
        try:
            holder = look(said, self.directory).agency
        except AppError as error:
            return _refused(entry, self._flaws(error))
        if entry.ending and entry.ending.goes_to == holder:
            return _refused(entry, [Answered(ForwardToSelf(), self.reader.mapping.column_of("ending"))])
        return Settled(entry.line, Fate.BROUGHT, closed=entry.ending is not None)


def _refused(entry: Entry, flaws: Iterable[AnyFlaw]) -> Settled:
    return Settled(entry.line, Fate.REFUSED, flaws=tuple(flaws))


async def _in_order(
    chunk: Iterable[Line], refused: Mapping[int, Settled], others: Awaitable[list[Settled]]
) -> list[Settled]:
    settled = {**refused, **{one.line.place: one for one in await others}}
    return [settled[line.place] for line in chunk]

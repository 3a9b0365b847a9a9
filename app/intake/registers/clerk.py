"""What becomes of a chunk of rows: read, registered and closed by `register` and `act`, in one transaction.

A row whose number is there already, as it was brought before, is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import asyncpg

from app.appeals import record
from app.appeals.commands import Command, ForwardToSelf
from app.appeals.service import act
from app.core.db import Database
from app.core.errors import AppError
from app.directory.registry import Directory
from app.intake.register import KeyReused, look, register
from app.intake.registers.entry import Entry, Reader
from app.intake.registers.flaws import Answered, AnyFlaw, Flaw, RowRefused
from app.intake.registers.table import Line
from app.intake.submission import Registration


class Fate(StrEnum):
    BROUGHT = "brought"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Settled:
    fate: Fate
    closed: bool = False
    flaws: tuple[AnyFlaw, ...] = ()


# What is said of most rows is said once for all of them.
BROUGHT, CLOSED, THERE = Settled(Fate.BROUGHT), Settled(Fate.BROUGHT, closed=True), Settled(Fate.THERE)

Fates = dict[int, Settled]
"""By the place of the row."""


class Clerk(Protocol):
    """Brings chunks in, each in two steps, so that the numbers can be compared with those of earlier rows."""

    async def read(self, lines: Sequence[Line]) -> Mapping[int, str]:
        """The register's own numbers of the rows that can be read, by place."""

    async def settle(self, first: int, twice: Mapping[int, int]) -> Fates:
        """What becomes of each row of the chunk that was read and begins at `first`. `twice`: the places of
        those whose number an earlier row of the file has, and the place of that one."""


class _Undone(Exception):
    """Rows of a chunk were refused after others had been written: the chunk is written again without them."""

    def __init__(self, refused: Mapping[int, AnyFlaw]) -> None:
        super().__init__()
        self.refused = refused


class Here:
    """The clerk that works in this process."""

    def __init__(self, db: Database, directory: Directory, reader: Reader, *, dry_run: bool = False) -> None:
        self.db, self.directory, self.reader = db, directory, reader
        self._decide = self._examined if dry_run else self._brought
        self._read: dict[int, dict[int, Entry | Settled]] = {}

    async def read(self, lines: Sequence[Line]) -> Mapping[int, str]:
        rows = self._read[lines[0].place] = {line.place: self._row(line) for line in lines}
        return {
            place: row.submission.external_id or "" for place, row in rows.items() if isinstance(row, Entry)
        }

    def _row(self, line: Line) -> Entry | Settled:
        try:
            return self.reader.entry(line)
        except RowRefused as error:
            return _refused(error.flaws)

    async def settle(self, first: int, twice: Mapping[int, int]) -> Fates:
        rows = self._read.pop(first)
        rows |= {
            place: _refused([self._of("number", "number_twice", row=other)]) for place, other in twice.items()
        }
        entries = [row for row in rows.values() if isinstance(row, Entry)]
        told = {place: row for place, row in rows.items() if isinstance(row, Settled)}
        return told | await self._decide(entries)

    def _of(self, name: str, code: str, **params: object) -> Flaw:
        return Flaw(code, self.reader.mapping.column_of(name), params)

    # what happens to the rows that can be read

    async def _brought(self, entries: Sequence[Entry]) -> Fates:
        """Written, whatever can be. What the database itself refuses is looked for row by row."""
        left = list(entries)
        fates: Fates = {}
        while left:
            try:
                return fates | await self._write(left)
            except _Undone as undone:
                fates |= {place: _refused([flaw]) for place, flaw in undone.refused.items()}
                left = [entry for entry in left if entry.line.place not in undone.refused]
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError) as error:
                if len(left) == 1:
                    problem = f"{type(error).__name__} {error}"[:200]
                    flaw = Flaw("impossible", "", {"problem": problem})
                    return fates | {left[0].line.place: _refused([flaw])}
                half = len(left) // 2
                return fates | await self._brought(left[:half]) | await self._brought(left[half:])
        return fates

    async def _write(self, entries: Sequence[Entry]) -> Fates:
        async with self.db.transaction() as connection:
            answers = await register(connection, [entry.submission for entry in entries], self.directory)
            await self._end(connection, entries, answers)
        return {
            entry.line.place: self._settled(entry, answer)
            for entry, answer in zip(entries, answers, strict=True)
        }

    async def _end(
        self,
        connection: asyncpg.Connection,
        entries: Sequence[Entry],
        answers: Sequence[Registration | AppError],
    ) -> None:
        """The acts that close what was closed. Raises _Undone: no row stays registered and open instead."""
        commands: list[Command] = []
        owners: list[int] = []
        for entry, answer in zip(entries, answers, strict=True):
            if entry.ending and isinstance(answer, Registration) and answer.created:
                closing = entry.ending.commands(answer.appeal_id)
                commands += closing
                owners += [entry.line.place] * len(closing)
        done = await act(connection, commands, self.directory) if commands else []
        refused: dict[int, AnyFlaw] = {}
        for place, one in zip(owners, done, strict=True):
            if isinstance(one, AppError):
                refused.setdefault(place, Answered(one, self.reader.mapping.column_of("ending")))
        if refused:
            raise _Undone(refused)

    def _settled(self, entry: Entry, answer: Registration | AppError) -> Settled:
        if isinstance(answer, Registration):
            return _brought(entry) if answer.created else THERE
        return _refused(self._flaws(answer))

    def _flaws(self, error: AppError) -> list[AnyFlaw]:
        if isinstance(error, KeyReused):
            return [self._of("number", "there_otherwise")]
        mapping = self.reader.mapping
        if error.errors:
            return [Answered(one, mapping.column_of(one.field)) for one in error.errors]
        column = mapping.column_of("addressee") if error.code == "unknown_addressee" else ""
        return [Answered(error, column)]

    # without writing anything

    async def _examined(self, entries: Sequence[Entry]) -> Fates:
        async with self.db.read() as connection:
            keys = [entry.submission.key or b"" for entry in entries]
            known = {
                key: row["request_hash"] for key, row in (await record.already(connection, keys)).items()
            }
        return {entry.line.place: self._foreseen(entry, known) for entry in entries}

    def _foreseen(self, entry: Entry, known: Mapping[bytes, bytes]) -> Settled:
        said = entry.submission
        before = known.get(said.key or b"")
        if before is not None:
            if before != said.request_hash:
                return _refused([self._of("number", "there_otherwise")])
            return THERE
        try:
            holder = look(said, self.directory).agency
        except AppError as error:
            return _refused(self._flaws(error))
        if entry.ending and entry.ending.goes_to == holder:
            return _refused([Answered(ForwardToSelf(), self.reader.mapping.column_of("ending"))])
        return _brought(entry)


def _brought(entry: Entry) -> Settled:
    return CLOSED if entry.ending else BROUGHT


def _refused(flaws: Iterable[AnyFlaw]) -> Settled:
    return Settled(Fate.REFUSED, flaws=tuple(flaws))

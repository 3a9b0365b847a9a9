"""Clerks that are processes of their own: one Python can use one core only, and most of the work is Python's.

A process does one thing after the other; while the database writes for it, the others go on. It ends with the
process that it works for, however that one ends, and what it had not committed is undone by the database.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from app.core import cipher, lasting
from app.core.db import Database, DatabaseUrls
from app.core.lifeline import die_with_parent
from app.directory import snapshot
from app.intake.registers import mapping
from app.intake.registers.clerk import Fates, Here
from app.intake.registers.entry import Reader
from app.intake.registers.table import Line


@dataclass(frozen=True, slots=True)
class Task:
    """What every clerk is told. `secrets`: the master secrets; `by`: the file of the mapping."""

    urls: DatabaseUrls
    secrets: Sequence[str]
    by: Path
    header: Sequence[str]
    dry_run: bool = False


class Elsewhere:
    """The clerk that works in a process of its own."""

    def __init__(self, process: ProcessPoolExecutor) -> None:
        self._process = process

    async def read(self, lines: Sequence[Line]) -> Mapping[int, str]:
        return await asyncio.get_running_loop().run_in_executor(self._process, _read, lines)

    async def settle(self, first: int, twice: Mapping[int, int]) -> Fates:
        return await asyncio.get_running_loop().run_in_executor(self._process, _settle, first, twice)


@asynccontextmanager
async def clerks(count: int, task: Task) -> AsyncIterator[list[Elsewhere]]:
    """`count` processes that bring a register in, ready for it, until the block ends."""
    with ExitStack() as held:
        processes = [ProcessPoolExecutor(1, get_context("spawn"), _begin, (task,)) for _ in range(count)]
        for process in processes:
            held.callback(_end, process)
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(process, _ready) for process in processes))
        yield [Elsewhere(process) for process in processes]


def _end(process: ProcessPoolExecutor) -> None:
    """Before Python 3.11.5 whoever was writing to a process when it died waits for ever that it reads on, for
    its end of the pipe is open here, too (gh-94777)."""
    waiting = getattr(process, "_call_queue", None)
    if waiting is not None and process._broken:
        waiting._reader.close()
    process.shutdown(cancel_futures=True)


# in the process


class _Desk:
    """What one process works with."""

    def __init__(self, task: Task) -> None:
        self.loop = asyncio.new_event_loop()
        self.clerk = self.loop.run_until_complete(self._opened(task))

    async def _opened(self, task: Task) -> Here:
        db = await Database.open(task.urls, pool_size=1)
        await lasting.remember(db)
        directory = await snapshot.refresh(db)
        reader = Reader(mapping.load(task.by), task.header, directory)
        return Here(db, directory, reader, dry_run=task.dry_run)


_desk: list[_Desk] = []


def _begin(task: Task) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    cipher.use(cipher.Cipher(task.secrets))
    _desk[:] = [_Desk(task)]
    gc.freeze()  # what is loaded by now stays: nobody need look through it for every chunk


def _ready() -> None:
    """Answered once the process has begun."""


def _read(lines: Sequence[Line]) -> Mapping[int, str]:
    return _desk[0].loop.run_until_complete(_desk[0].clerk.read(lines))


def _settle(first: int, twice: Mapping[int, int]) -> Fates:
    return _desk[0].loop.run_until_complete(_desk[0].clerk.settle(first, twice))

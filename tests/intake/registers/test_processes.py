"""Several processes that bring in one register: the same as one, in the same order, and one of them dies."""

import os
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from app.core.db import Database, DatabaseUrls
from app.intake.registers import mapping, processes, table
from app.intake.registers.importing import CHUNK
from app.intake.registers.processes import Elsewhere, Task
from app.oversight.cli import verified
from tests.intake.registers.brought import MAPPING, brought, clerks_of, closed, number_of, row, with_rows
from tests.support import SECRET

GOOD = 2 * CHUNK


@asynccontextmanager
async def two_clerks(urls: DatabaseUrls, file: Path) -> AsyncIterator[list[Elsewhere]]:
    with table.open_table(file, mapping.load(MAPPING)) as found:
        task = Task(urls, SECRET, MAPPING, found.header)
    async with processes.clerks(2, task) as clerks:
        yield clerks


async def test_they_do_what_one_does_and_one_that_dies_loses_nothing(
    real_urls: DatabaseUrls, real_db: Database, tmp_path: Path
) -> None:
    """The numbers of rows are compared across processes: a refused row does not take its number."""
    rows = [row(number=str(n)) for n in range(GOOD)]
    rows += [row(number="x", received="01.01.1900"), row(number="x"), row(number="7")]
    rows += [row(number="y", to="nobody at all")]
    file = with_rows(tmp_path, *rows)
    foreseen = await brought(real_db, file, dry_run=True)
    async with two_clerks(real_urls, file) as clerks:
        told = await brought(real_db, file, clerks=clerks)
        assert told.sentences == foreseen.sentences
        assert list(told.flaws.items()) == [
            (GOOD + 2, [("Поступило", "too_early")]),
            (GOOD + 4, [("№", "number_twice")]),
            (GOOD + 5, [("Исполнитель", "unknown_addressee")]),
        ]
        assert (told.summary.brought, told.summary.refused) == (GOOD + 1, 3)
        assert await number_of(real_db) == await closed(real_db) == GOOD + 1
        assert not await verified(real_db, lambda done, all_: None)
        more = with_rows(tmp_path, *(row(number=f"more-{n}") for n in range(2 * GOOD)))
        clerks_of(os.getpid())[0].kill()
        with pytest.raises(BrokenProcessPool):
            await brought(real_db, more, clerks=clerks)
    assert await number_of(real_db) == await closed(real_db)
    again = await brought(real_db, more)
    assert again.summary.brought + again.summary.there == 2 * GOOD
    assert await number_of(real_db) == 3 * GOOD + 1


@pytest.mark.timeout(60)
def test_one_that_dies_while_it_is_written_to_is_let_go() -> None:
    process = ProcessPoolExecutor(1, get_context("spawn"))
    process.submit(abs, 1).result()
    asleep = process.submit(time.sleep, 60)
    process.submit(len, b"x" * 5_000_000)  # more than lies in a pipe
    time.sleep(0.5)
    (killed,) = process._processes
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        asleep.result()
    processes._end(process)

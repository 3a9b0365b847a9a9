"""`python -m bench sizes`: how long the statistics take at several sizes of the record."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from app.core.db import Database, DatabaseUrls
from app.core.embedded_postgres import Cluster
from bench import figures, service
from bench.made.cli import analyzed, differences, rolled_up, say, told
from bench.made.country import YEARS, Plan, make
from bench.made.questions import Question, milliseconds, questions, reads

LAST = date(2026, 10, 31)
BAR, RATIO = 25.0, 3.0
WHOLE = "made"
"""Lies in a kept folder once its record is whole."""


@click.command("sizes")
@click.option(
    "--appeals", "sizes", type=click.IntRange(800, 50_000_000), multiple=True, default=(10_000, 1_000_000)
)
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the records here, and find them."
)
def sizes(sizes: Sequence[int], processes: int, keep: Path | None) -> None:
    """Make a record of each size, one after the other, and ask the same questions of it.

    In a database of its own with fsync, in a temporary folder (TMPDIR says where; some 4 kB an appeal) that
    is removed afterwards, or in one that is kept. The bar is 25 ms, and three times as long with the last
    size as with the first.
    """
    took = []
    for appeals in sizes:
        with record(appeals, processes, keep) as cluster:
            took.append(asyncio.run(_asked(cluster.urls())))
    click.echo(report(sizes, took))


@contextmanager
def record(appeals: int, processes: int, keep: Path | None, years: int = YEARS) -> Iterator[Cluster]:
    """A record of this size, made unless it is kept already; what was broken off is made anew."""
    with (
        _kept(keep / f"{appeals}-{years}") if keep else service.own_folder() as folder,
        service.database(folder, say=lambda line: None) as (cluster, urls),
    ):
        if not (folder / WHOLE).exists():
            _made(Plan(appeals, LAST, years=years), processes, urls)
            (folder / WHOLE).touch()
        yield cluster


@contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    if not (folder / WHOLE).exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # root's database runs as another user
    yield folder


def _made(plan: Plan, processes: int, urls: DatabaseUrls) -> None:
    begun = time.monotonic()
    make(plan, urls, service.SECRET, processes=processes, progress=told)
    made, then = time.monotonic() - begun, time.monotonic()
    asyncio.run(rolled_up(urls))
    asyncio.run(analyzed(urls))
    say(f"bench: {plan.appeals} appeals in {made:.0f} s, rolled up in {time.monotonic() - then:.0f} s")
    for line in asyncio.run(differences(urls, 3, 1)):
        say(f"bench: {line}")


async def _asked(urls: DatabaseUrls) -> dict[str, float]:
    db = await Database.open(urls, pool_size=1)
    try:
        async with db.read() as connection:
            found = {}
            for asked in questions(LAST):
                found[asked.name] = await milliseconds(connection, asked, LAST)
                tables = sorted({one.table for one in await reads(connection, asked, LAST)})
                say(f"bench: {asked.name}: {found[asked.name]:.1f} ms of {', '.join(tables)}")
            return found
    finally:
        await db.close()


def report(sizes: Sequence[int], took: Sequence[dict[str, float]]) -> str:
    head = ("ms, median", *(f"{size:,} appeals" for size in sizes), "last / first")
    lines = [
        (
            _name(asked),
            *(f"{of_size[asked.name]:.1f}" for of_size in took),
            f"{took[-1][asked.name] / took[0][asked.name]:.1f}",
        )
        for asked in questions(LAST)
    ]
    said = f"The bar of what is not marked *: {BAR:.0f} ms, {RATIO:.0f} times; of the rest a second."
    return f"{figures.table(head, lines)}\n\n{said}"


def _name(asked: Question) -> str:
    return asked.name if asked.quick else f"{asked.name} *"

"""`python -m bench generate`: fills an empty record, for measuring and for trying things at size."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

import asyncpg
import click

from app.core import cipher, clock, migrate
from app.core.db import Database, DatabaseUrls, prepare
from app.core.embedded_postgres import open_cluster
from app.directory.load import load_directory
from app.oversight import cells, checking, recount
from app.settings import Settings, get_settings
from bench.made.country import Plan, make

WRITTEN = ("appeal", "applicant", "content", "holding", "event", "ledger", "counter_delta")
ROLLUPS = tuple(rollup.table for rollup in cells.ROLLUPS)


def say(line: str) -> None:
    click.echo(line, err=True)


@click.command("generate")
@click.option("--appeals", type=click.IntRange(8, 50_000_000), required=True)
@click.option(
    "--last", type=click.DateTime(["%Y-%m-%d"]), help="The last day of the eight years. [yesterday]"
)
@click.option("--seed", default=1, show_default=True, help="The same gives the same appeals.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True)
@click.option("--verify", "agencies", default=5, show_default=True, help="So many agencies, drawn by chance.")
def generate(appeals: int, last: datetime | None, seed: int, processes: int, agencies: int) -> None:
    """Make appeals with eight years of life, in bulk: for measuring, never beside real ones.

    Into the database of the settings (LS_DATABASE_URL, else the embedded one in LS_DATA_DIR), whose record
    must be empty. Terms, routes, numbers, acts and counters are those of the service's own rules. Some 4 kB
    of disk an appeal.
    """
    settings = get_settings()
    plan = Plan(appeals, last.date() if last else clock.today() - timedelta(days=1), seed)
    with opened(settings) as urls:
        if asyncio.run(_begun(urls)):
            say("bench: there are appeals in this record: they are made in an empty one only")
            sys.exit(2)
        cipher.use(cipher.Cipher(settings.secrets()))
        begun = time.monotonic()
        made = make(plan, urls, settings.secrets()[0], processes=processes, progress=told)
        took = time.monotonic() - begun
        say(f"bench: {made} appeals in {took:.0f} s, {made / took:.0f} a second")
        asyncio.run(rolled_up(urls))
        asyncio.run(analyzed(urls))
        found = asyncio.run(differences(urls, agencies, seed))
        for line in found:
            say(f"bench: {line}")
        sys.exit(1 if found else 0)


@contextmanager
def opened(settings: Settings) -> Iterator[DatabaseUrls]:
    """Migrated and with the reference data."""
    if settings.database_url:
        urls = DatabaseUrls.by(settings)
        asyncio.run(_directory(urls))
        yield urls
        return
    with open_cluster(settings.data_dir, attach=True, say=say) as cluster:
        migrate.upgrade(cluster.urls())
        asyncio.run(_directory(cluster.urls()))
        yield cluster.urls()


async def _directory(urls: DatabaseUrls) -> None:
    db = await Database.open(urls, pool_size=2)
    await load_directory(db)
    await db.close()


async def _begun(urls: DatabaseUrls) -> bool:
    owner = await asyncpg.connect(urls.owner)
    try:
        return bool(await owner.fetchval("SELECT EXISTS (SELECT FROM appeal)"))
    finally:
        await owner.close()


async def rolled_up(urls: DatabaseUrls) -> None:
    """As `stats rebuild` does it. While nobody reads, all may be said to be folded before it is."""
    db = await Database.open(urls, pool_size=4)
    async with db.transaction() as connection:
        await connection.execute("UPDATE folding SET below = pg_snapshot_xmin(pg_current_snapshot())")
    await checking.rolled_up_anew(db, lambda done, whole: None)
    await db.close()


async def analyzed(urls: DatabaseUrls) -> None:
    """So that plans are made for what is there."""
    owner = await asyncpg.connect(urls.owner)
    for table in (*WRITTEN, *ROLLUPS):
        await owner.execute(f"VACUUM (ANALYZE) {table}")
    await owner.close()


async def differences(urls: DatabaseUrls, count: int, seed: int) -> list[str]:
    """Of some agencies, drawn by chance: where counters or holdings are not what the events say."""
    owner = await asyncpg.connect(urls.owner)
    await prepare(owner)
    try:
        agencies = list(await recount.counted_agencies(owner))
        found: list[str] = []
        for agency in Random(seed).sample(agencies, min(count, len(agencies))):
            found += [f"{agency['code']}: {one}" for one in await recount.differences(owner, agency["id"])]
            strays: Sequence[int] = await recount.astray(owner, agency["id"])
            found += [f"{agency['code']}: holding {one} is not as its events say" for one in strays]
        return found
    finally:
        await owner.close()


_shown = [-1]


def told(done: int, whole: int) -> None:
    share = 100 * done // whole
    if share // 5 != _shown[0] // 5 and share != _shown[0]:
        say(f"bench: {share} % made")
        _shown[0] = share

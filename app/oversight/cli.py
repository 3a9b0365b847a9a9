"""`listening-state stats …`: are the figures what the events say?"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import click

from app.core.db import Database
from app.oversight import recount

Opened = Callable[[], AbstractAsyncContextManager[Database]]
Progress = Callable[[str, int, int], None]


def commands(opened: Opened, progress: Progress) -> list[click.Group]:
    """The group to add to the main command. `opened` gives the service's database for one command;
    `progress` is told what is being done, how much of it is done, and of how much."""
    stats = click.Group("stats", help="The counters that statistics are read from.")

    @stats.command("verify")
    def verify() -> None:
        """Recount everything from the events, report every difference, and exit with 1 if there is one."""
        found = asyncio.run(_verified(opened, progress))
        for line in found:
            click.echo(line)
        if found:
            raise SystemExit(1)
        click.echo("The counters are what the events say.")

    return [stats]


async def _verified(opened: Opened, progress: Progress) -> list[str]:
    async with opened() as db:
        return await verified(db, progress)


async def verified(db: Database, progress: Progress) -> list[str]:
    """A line for each difference between the counters, the holdings and the events."""
    found: list[str] = []
    async with db.read() as connection:
        agencies = await recount.counted_agencies(connection)
        for place, agency in enumerate(agencies, start=1):
            id_, code = agency["id"], agency["code"]
            found += [f"{code}: {line}" for line in await recount.differences(connection, id_)]
            strays = await recount.astray(connection, id_)
            found += [f"{code}: holding {stray} is not as its events say" for stray in strays]
            progress("recounting from the events", place, len(agencies))
    return found

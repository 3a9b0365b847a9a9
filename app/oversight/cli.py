"""`listening-state stats …`: are the figures what the events say?

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress

if TYPE_CHECKING:
    from app.core.db import Database


def commands(on_database: OnDatabase, progress: Progress) -> list[click.Group]:
    """The group to add to the main command. `progress(done, all)` is told how far the work is."""
    stats = click.Group("stats", help="The counters that statistics are read from.")

    @stats.command("verify")
    def verify() -> None:
        """Recount everything from the events, report every difference, and exit with 1 if there is one."""
        found = on_database(lambda db: verified(db, progress))
        for line in found:
            click.echo(line)
        if found:
            raise SystemExit(1)
        click.echo("The counters are what the events say.")

    return [stats]


async def verified(db: "Database", progress: Progress) -> list[str]:
    """A line for each difference between the counters, the holdings and the events."""
    from app.oversight import recount

    found: list[str] = []
    async with db.read() as connection:
        agencies = await recount.counted_agencies(connection)
        for place, agency in enumerate(agencies, start=1):
            id_, code = agency["id"], agency["code"]
            found += [f"{code}: {line}" for line in await recount.differences(connection, id_)]
            strays = await recount.astray(connection, id_)
            found += [f"{code}: holding {stray} is not as its events say" for stray in strays]
            progress(place, len(agencies))
    return found

"""`listening-state stats …`: are the figures what the events say? `… index close`: keep a period's index.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress

if TYPE_CHECKING:
    from app.core.db import Database


def commands(on_database: OnDatabase, progress: Progress) -> list[click.Group]:
    """The group to add to the main command. `progress(done, all)` is told how far the work is."""
    stats = click.Group("stats", help="The counters and rollups that statistics are read from.")

    @stats.command("verify")
    def verify() -> None:
        """Recount everything from the events, report every difference, and exit with 1 if there is one."""
        found = on_database(lambda db: verified(db, progress))
        for line in found:
            click.echo(line)
        if found:
            raise SystemExit(1)
        click.echo("The counters are what the events say, and the rollups what the counters say.")

    @stats.command("rebuild")
    def rebuild() -> None:
        """Make the counters what the events say, and the rollups anew; while everything goes on.

        Prints a line for each counter that was corrected. It may be broken off and begun again.
        """
        for line in on_database(lambda db: rebuilt(db, progress)):
            click.echo(f"corrected: {line}")
        click.echo("The rollups are made anew.")

    return [stats, _index(on_database)]


def _index(on_database: OnDatabase) -> click.Group:
    index = click.Group("index", help="The index of bodies, and the periods that are kept as they were.")

    @index.command("close")
    @click.option("--period", help="Only this month, quarter or year: 2026-07, 2026-Q3, 2026.")
    @click.option("--dry-run", is_flag=True, help="Say what would be kept, and keep nothing.")
    def close(period: str | None, dry_run: bool) -> None:
        """Close what is due now. The worker does it by itself, once the figures have stood still."""
        from app.oversight.index.closing import close_now

        lines = on_database(lambda db: close_now(db, period, keeping=not dry_run))
        for line in lines or ["Nothing is due."]:
            click.echo(line)

    return index


async def verified(db: "Database", progress: Progress) -> list[str]:
    from app.oversight import checking

    return await checking.verified(db, progress)


async def rebuilt(db: "Database", progress: Progress) -> list[str]:
    from app.oversight import checking

    return await checking.rebuilt(db, progress)

"""`listening-state retention due`: which appeals would be erased now.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase

if TYPE_CHECKING:
    from app.core.db import Database


def commands(on_database: OnDatabase) -> list[click.Group]:
    """The group to add to the main command."""
    retention = click.Group("retention", help="How long what was written is kept.")

    @retention.command("due")
    def due() -> None:
        """Show what the worker would erase now; change nothing.

        A line for each appeal that has been kept for its term: its number, and the day on which the last of
        it was closed. Receptions are counted.
        """
        count = on_database(_show)
        click.echo(f"{count} appeals have been kept for their term.")

    return [retention]


async def _show(db: "Database") -> int:
    from app.core import clock
    from app.retention import erasing

    click.echo(f"kept for its term: what was closed before {erasing.before(clock.today())}")
    count = 0
    async for found in erasing.due(db):
        for one in found:
            click.echo(f"{one.number} {one.closed_on}")
        count += len(found)
    click.echo(f"receptions that have been kept for their term: {await erasing.receptions_due(db)}")
    return count

"""`listening-state tour`: where to look, once the demo is loaded.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase

if TYPE_CHECKING:
    from app.core.db import Database
    from app.demo.tour import Sight


def commands(on_database: OnDatabase) -> list[click.Command]:
    """The command to add to the main one."""

    @click.command("tour")
    def tour() -> None:
        """List an appeal of every kind that the demo's last weeks show, with its access code."""
        found = on_database(_sights)
        for sight in found:
            shown = f"{sight.name:<36}", sight.number, sight.access_code, f"{sight.status:<19}", sight.agency
            click.echo("  ".join(shown))
        if not found:
            click.echo("The demo is not loaded.")

    return [tour]


async def _sights(db: "Database") -> "Sequence[Sight]":
    from app.demo.tour import sights
    from app.directory import snapshot

    await snapshot.refresh(db)
    async with db.read() as connection:
        return await sights(connection, snapshot.current())

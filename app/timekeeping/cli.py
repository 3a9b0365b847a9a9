"""`listening-state deadlines …`: do open terms end when the calendar and the rules say so?

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress

if TYPE_CHECKING:
    from app.core.db import Database
    from app.timekeeping.moves import Move


def commands(on_database: OnDatabase, progress: Progress) -> list[click.Group]:
    """The group to add to the main command. `progress(done, all)` is told how far the work is."""
    deadlines = click.Group("deadlines", help="The due days of open cases.")

    @deadlines.command("moves")
    def moves() -> None:
        """Show what would move by the rules of this installation and the orders announced; change nothing.

        A line for each open case that is held to another day than they give: its number, the day it is held
        to, the day they give. To be run with a new version before its worker is started, which then moves
        them and tells the applicants. Beside a worker that has done its work there is nothing to show.
        """
        looked_at, moved = on_database(lambda db: show_moves(db, progress, click.echo))
        click.echo(f"{moved} of {looked_at} open cases would move.")

    return [deadlines]


async def show_moves(db: "Database", progress: Progress, say: Callable[[str], None]) -> tuple[int, int]:
    """How many open cases there are, and how many of them would move, each said in a line."""
    from app.deadlines.calendar import Calendar
    from app.timekeeping import repository
    from app.timekeeping.moves import Reckoner

    async with db.read() as connection:
        reckoner = Reckoner(Calendar(await repository.overrides(connection)))
    looked_at, moved = 0, 0
    async for batch in repository.batches(db, None):
        moves = reckoner.moves(batch.holdings)
        for move in moves:
            say(_line(move))
        looked_at, moved = looked_at + len(batch.holdings), moved + len(moves)
        progress(batch.looked_at, batch.total)
    return looked_at, moved


def _line(move: "Move") -> str:
    from app.appeals.codes import ApplicantType
    from app.appeals.numbers import format_number

    held = move.holding
    number = format_number(held.appeal_id, ApplicantType(held.applicant_type), held.part)
    return f"{number} {move.before} {move.after}"

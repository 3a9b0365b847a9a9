"""`listening-state keys …`: which secrets are needed, and writing everything again under the newest.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from app.core.db import Database
    from app.keys.rotating import Done, State


def commands(
    on_database: OnDatabase, progress: Progress, described: Callable[[], "MetaData"]
) -> list[click.Group]:
    """The group to add to the main command. `progress(done, all)` is told how far the work is; `described`:
    all tables of the service."""
    keys = click.Group(
        "keys", help="The secret that personal data is encrypted with, and another in its place."
    )

    @keys.command("status")
    def status() -> None:
        """Say how much is still of an older secret, and whether that may be taken away.

        Exits with 1 while an older one is needed. Reads every table with personal data: minutes, for
        millions.
        """
        found = on_database(lambda db: _state(db, described()))
        for line in _told(found):
            click.echo(line)
        raise SystemExit(0 if found.done else 1)

    @keys.command("rotate")
    def rotate() -> None:
        """Write everything again that is of an older secret, beside everybody's work.

        May be broken off at any moment and begun again. Set LS_SECRET_KEY to the new secret and
        LS_SECRET_KEYS_KNOWN to the one before it, for every process, first (docs/operations.md, 'The
        secret').
        """
        done = on_database(lambda db: _rotated(db, described(), progress))
        click.echo(f"{done.written} rows and files were written again.")
        if done.unreadable:
            click.echo(
                f"{done.unreadable} cannot be read with any secret that is known: `keys status` says where."
            )
            raise SystemExit(1)

    return [keys]


async def _state(db: "Database", described: "MetaData") -> "State":
    from app.keys import rotating, rows

    async with rotating.as_owner(db) as owner:
        return await rotating.state(owner, rows.tables(described))


async def _rotated(db: "Database", described: "MetaData", progress: Progress) -> "Done":
    from app.attachments.keeping import Keeper
    from app.keys import rotating, rows
    from app.settings import get_settings

    async with rotating.as_owner(db) as owner:
        return await rotating.rotate(owner, rows.tables(described), Keeper.of(get_settings()), progress)


def _told(found: "State") -> Iterator[str]:
    for place, (values, files) in enumerate(zip(found.values, found.files, strict=True)):
        name = "the newest secret" if place == 0 else f"the secret before it, {place}"
        yield f"of {name}: {values} values, {files} files"
    if found.unlooked:
        yield f"not looked at yet: {found.unlooked} files"
    for where, count in sorted(found.unknown.items()):
        yield f"of a secret that is not known here: {count} in {where}"
    if not found.signs:
        yield "the last seal is of an older secret: the next one comes within a minute of the next event"
    older = len(found.values) > 1
    if not found.done:
        yield "`listening-state keys rotate` writes again what is not of the newest."
    elif older:
        yield "Nothing needs an older secret: LS_SECRET_KEYS_KNOWN may be emptied."
    else:
        yield "Everything is of the secret."

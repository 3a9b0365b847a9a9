"""`listening-state feed …`: platforms that only publish, and are read.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from app.core.db import Database

_LIST = """
SELECT f.id, s.code AS source, f.blog, f.every, f.result, f.code, f.failures, f.read_at, f.next_at,
       f.ended_at, f.url
FROM feed f JOIN source s ON s.id = f.source_id ORDER BY f.id
"""
_ADD = """
INSERT INTO feed (source_id, blog, url, every, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT DO NOTHING RETURNING id
"""
_END = "UPDATE feed SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id"
_NOW = "UPDATE feed SET next_at = $2, failures = 0 WHERE id = $1 AND ended_at IS NULL RETURNING id"
Number = click.IntRange(1, 2**63 - 1)


def commands(on_database: OnDatabase) -> list[click.Group]:
    """The group to add to the main command."""
    feed = click.Group("feed", help="Blog platforms that only publish, read by their Atom or RSS.")

    @feed.command("add")
    @click.argument("source")
    @click.argument("url")
    @click.option("--blog", required=True, help="Whose blog it is: its code.")
    @click.option("--every", type=click.IntRange(1, 1440), default=15, show_default=True, help="Minutes.")
    def add_(source: str, url: str, blog: str, every: int) -> None:
        """Read the feed at URL from now on, as posts that SOURCE brings."""
        click.echo(f"feed {on_database(lambda db: add(db, source, url, blog, every))}")

    @feed.command("list")
    def list_() -> None:
        """Show every feed and how it went last."""
        for row in on_database(listed):
            click.echo("  ".join(_shown(row)))

    @feed.command("read")
    @click.argument("number", type=Number)
    def read_(number: int) -> None:
        """Let the worker read feed NUMBER now, not at its time."""
        on_database(lambda db: change(db, _NOW, number))

    @feed.command("end")
    @click.argument("number", type=Number)
    def end_(number: int) -> None:
        """Read feed NUMBER no more. What was read stays."""
        on_database(lambda db: change(db, _END, number))

    return [feed]


def _shown(row: "asyncpg.Record") -> list[str]:
    when = f"{row['read_at']:%Y-%m-%d %H:%M}" if row["read_at"] else "-"
    then = "ended" if row["ended_at"] else f"next {row['next_at']:%Y-%m-%d %H:%M}"
    result = " ".join(str(row[name]) for name in ("result", "code") if row[name]) or "not read yet"
    return [
        f"{row['id']:>4}",
        f"{row['source']} {row['blog']}",
        f"every {row['every']} min",
        f"{when} {result}, {row['failures']} failures, {then}",
        row["url"],
    ]


async def add(db: "Database", source: str, url: str, blog: str, every: int) -> int:
    """Its number. Raises ClickException for what there is not, and for an address that is never called."""
    from app.core import clock
    from app.core.outbound import AddressRefused, Allowed, check_url
    from app.directory import snapshot
    from app.intake.blogs.posts import CHANNEL
    from app.settings import get_settings

    directory = await snapshot.refresh(db)
    if source not in {known.code for known in directory.sources()}:
        raise click.ClickException(f"there is no source {source}")
    if CHANNEL not in directory.source(source).channels:
        raise click.ClickException(f"{source} has no channel {CHANNEL}")
    if not directory.has_blog(blog):
        near = ", ".join(directory.near("blog", blog)) or "-"
        raise click.ClickException(f"there is no blog {blog}; near it: {near}")
    try:
        check_url(url, Allowed.of(get_settings().outbound_allow))
    except AddressRefused as refused:
        raise click.ClickException(f"{url} is never called ({refused.code})") from None
    async with db.transaction() as connection:
        number: int | None = await connection.fetchval(
            _ADD, directory.source(source).id, blog, url, every, clock.now()
        )
    if number is None:
        raise click.ClickException(f"{source} has this feed already")
    return number


async def listed(db: "Database") -> "Sequence[asyncpg.Record]":
    async with db.read() as connection:
        found: Sequence[asyncpg.Record] = await connection.fetch(_LIST)
        return found


async def change(db: "Database", statement: str, number: int) -> None:
    from app.core import clock

    async with db.transaction() as connection:
        if await connection.fetchval(statement, number, clock.now()) is None:
            raise click.ClickException(f"there is no feed {number} that is read")

"""`listening-state mailbox`: the mailboxes that are read, from the command line.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.core.commands import OnDatabase

if TYPE_CHECKING:
    import asyncpg

    from app.core.db import Database

Result = TypeVar("Result")


def commands(on_database: OnDatabase) -> list[click.Group]:
    """The group to add to the main command."""
    group = click.Group("mailbox", help="Mailboxes whose e-mails become appeals.")
    _adding(group, on_database)
    _looking(group, on_database)
    _changing(group, on_database)
    return [group]


def _adding(group: click.Group, on_database: OnDatabase) -> None:
    @group.command("add")
    @click.argument("code")
    @click.option("--address", required=True, help="What people write to.")
    @click.option("--url", required=True, help="imaps://host, starttls://host, or imap://host inside.")
    @click.option("--user", "username", required=True, help="The user on the server.")
    @click.option("--source", default="email", show_default=True, help="The source that it belongs to.")
    @click.option("--agency", help="Whose mailbox it is: what comes by it goes there.")
    @click.option("--folder", default="INBOX", show_default=True)
    @click.option("--marking", type=click.Choice(["move", "flag"]), default="move", show_default=True)
    @click.option("--registered-folder", default="Registered", show_default=True)
    @click.option("--refused-folder", default="Refused", show_default=True)
    @click.option("--automatic-folder", default="Automatic", show_default=True)
    @click.option("--auth-server", help="Whose Authentication-Results are believed.")
    @click.option("--everything", is_flag=True, help="Also what lies there already.")
    def add(**given: Any) -> None:
        """Read a mailbox from now on. The password is asked for, or read from a pipe.

        What is dealt with is moved to the folders, or (--marking flag) keeps its place and gets the keyword
        Registered, Refused or Automatic. Try it with `mailbox test CODE`.
        """
        from app.intake.mail import boxes
        from app.intake.mail.models import Marking

        given["marking"] = Marking(given["marking"])
        new = boxes.NewMailbox(**given, password=_password())
        _told(on_database, lambda db: boxes.add(db, new))
        click.echo(f"{new.code} is read from now on.")


def _looking(group: click.Group, on_database: OnDatabase) -> None:
    @group.command("list")
    def list_() -> None:
        """Every mailbox: how it stands, and what came of today's e-mails."""
        for row in _told(on_database, _listed):
            click.echo(_line(row))

    @group.command("test")
    @click.argument("code")
    def test(code: str) -> None:
        """Sign in and look into the folder; nothing is changed there."""
        from app.intake.mail.server import MailProblem

        try:
            state = _told(on_database, lambda db: _tried(db, code))
        except MailProblem as problem:
            raise click.ClickException(f"{code}: {problem.code} (see docs/operations.md)") from problem
        click.echo(f"{code}: {state.messages} e-mails in the folder")
        if not state.writable:
            raise click.ClickException(f"{code}: read_only, what is dealt with could not be marked")


def _changing(group: click.Group, on_database: OnDatabase) -> None:
    @group.command("password")
    @click.argument("code")
    def password(code: str) -> None:
        """Set another password; it is asked for, or read from a pipe."""
        from app.intake.mail import boxes

        new = _password()
        _told(on_database, lambda db: boxes.set_password(db, code, new))
        click.echo("The password is changed.")

    @group.command("stop")
    @click.argument("code")
    def stop(code: str) -> None:
        """Read it no more, until `start`; nothing is lost meanwhile."""
        from app.intake.mail import boxes

        _told(on_database, lambda db: boxes.change(db, code, boxes.Change.STOP))

    @group.command("start")
    @click.argument("code")
    def start(code: str) -> None:
        """Read it again, from where it was left."""
        from app.intake.mail import boxes

        _told(on_database, lambda db: boxes.change(db, code, boxes.Change.START))


async def _listed(db: "Database") -> "list[asyncpg.Record]":
    from app.core import clock
    from app.intake.mail import repository

    async with db.read() as connection:
        return list(await repository.listed(connection, clock.today()))


def _line(row: "asyncpg.Record") -> str:
    state = row["last_error"] or ("ok" if row["last_ok_at"] else "not visited yet")
    today = ", ".join(f"{count} {result}" for result, count in sorted((row["today"] or {}).items()))
    parts = [
        row["code"],
        row["address"],
        row["agency"] or "-",
        state if row["active"] else "stopped",
        f"last read {row['last_ok_at']:%Y-%m-%d %H:%M} UTC" if row["last_ok_at"] else "",
        f"today {today}" if today else "",
    ]
    return "  ".join(filter(None, parts))


async def _tried(db: "Database", code: str) -> Any:
    from app.core.outbound import Allowed
    from app.intake.mail import boxes, repository
    from app.intake.mail.visits import access
    from app.settings import get_settings

    settings = get_settings()
    async with db.read() as connection:
        row = await repository.of_code(connection, code)
    if row is None:
        raise boxes.BoxProblem(f"there is no mailbox {code}")
    return await boxes.tried(access(row), Allowed.of(settings.outbound_allow), settings.mail_timeout)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True))
    return sys.stdin.readline().rstrip("\r\n")


def _told(on_database: OnDatabase, work: "Callable[[Database], Awaitable[Result]]") -> Result:
    """Do the work; what is wrong with what was asked is told in one line."""
    from app.intake.mail.boxes import BoxProblem

    try:
        return on_database(work)
    except BoxProblem as problem:
        raise click.ClickException(str(problem)) from problem

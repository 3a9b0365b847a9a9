"""`listening-state staff …` and `client …`: people and keys from the command line.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from app.staff.permissions import Role, Scope

if TYPE_CHECKING:
    import asyncpg

    from app.core.db import Database

Result = TypeVar("Result")

_CLIENTS = """
SELECT c.id, s.code AS source, c.channels, c.name, x.client_id IS NOT NULL AS signs, c.active, c.expires_at,
       c.last_used_on
FROM api_client c JOIN source s ON s.id = c.source_id LEFT JOIN client_secret x ON x.client_id = c.id
ORDER BY c.id
"""


class OnDatabase(Protocol):
    """Opens the service's database, does the work on it, and closes it; raises what the work raises."""

    def __call__(self, work: "Callable[[Database], Awaitable[Result]]", /) -> Result: ...


class SandboxOf(Protocol):
    """The code of the sandbox of a source, made if need be; None when there is no such source."""

    def __call__(self, db: "Database", source: str, /) -> Awaitable[str | None]: ...


def commands(on_database: OnDatabase, sandbox_of: SandboxOf) -> list[click.Group]:
    """The groups to add to the main command."""
    return [_staff_group(on_database), _client_group(on_database, sandbox_of)]


def _staff_group(on_database: OnDatabase) -> click.Group:
    staff = click.Group("staff", help="People who work on appeals.")

    @staff.command("create")
    @click.argument("login")
    @click.option("--name", required=True, help="The person's name.")
    @click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
    @click.option("--agency", required=True, help="The agency's code.")
    @_positions
    def create(login: str, name: str, role: str, agency: str, **position: str) -> None:
        """Make an account, such as LOGIN operator@energy. The password is asked for, or read from a pipe."""
        password, is_ = _password(), _by_language(position)
        _told(on_database, lambda db: create_account(db, login, name, Role(role), agency, password, is_))
        click.echo(f"{login.strip().lower()} can sign in.")

    @staff.command("password")
    @click.argument("login")
    def password(login: str) -> None:
        """Set a new password and sign the person out everywhere."""
        new = _password()
        _told(on_database, lambda db: set_password(db, login, new))
        click.echo("The password is changed.")

    @staff.command("totp")
    @click.argument("login")
    @click.option("--forget", is_flag=True, required=True, help="Take the telephone away.")
    def totp(login: str, forget: bool) -> None:
        """For a telephone that is lost: the next sign-in sets up another one. Also signs out everywhere."""
        _told(on_database, lambda db: forget_totp(db, login))
        click.echo("The second factor is taken away.")

    @staff.command("position")
    @click.argument("login")
    @_positions
    def position(login: str, **position: str) -> None:
        """Say anew what the person is, as the receipts of appeals name it."""
        _told(on_database, lambda db: set_position(db, login, _by_language(position)))
        click.echo("The position is changed.")

    return staff


def _positions(command: Callable[..., None]) -> Callable[..., None]:
    """What the person is, in each language; what a language lacks is said in Kazakh."""
    for option, language in (
        ("--position-en", "English"),
        ("--position-ru", "Russian"),
        ("--position", "Kazakh"),
    ):
        command = click.option(option, default="", help=f"What the person is, in {language}.")(command)
    return command


def _by_language(options: Mapping[str, str]) -> dict[str, str]:
    return {"kk": options["position"], "ru": options["position_ru"], "en": options["position_en"]}


def _client_group(on_database: OnDatabase, sandbox_of: SandboxOf) -> click.Group:
    client = click.Group("client", help="Programs that send appeals.")

    @client.command("create")
    @click.argument("source")
    @click.option("--name", required=True, help="What the client is called in lists.")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        type=click.Choice([scope.value for scope in Scope]),
        default=[Scope.TICKETS_WRITE.value, Scope.TICKETS_READ.value],
        show_default=True,
    )
    @click.option("--channel", "channels", multiple=True, help="Default: all channels of the source.")
    @click.option(
        "--limit", type=click.IntRange(1), default=600, show_default=True, help="Requests a minute."
    )
    @click.option(
        "--sandbox", is_flag=True, help="A test key: what it sends reaches no ministry and no statistics."
    )
    def create(
        source: str, name: str, scopes: tuple[str, ...], channels: tuple[str, ...], limit: int, sandbox: bool
    ) -> None:
        """Make a key for a SOURCE. It is shown once and kept as a hash."""

        async def make(db: "Database") -> str:
            code = await sandbox_of(db, source) or source if sandbox else source
            return await create_client(db, code, name, scopes, channels, limit)

        click.echo(_told(on_database, make))

    @client.command("list")
    def list_() -> None:
        """Show every client: its number, source, channels, whether it has a secret to sign with, the last day
        that its key was used, until when it is good, its name."""
        for row in on_database(clients):
            signs = "signs" if row["signs"] else "-"
            channels, used = ",".join(row["channels"]), row["last_used_on"] or "never"
            end = f"{row['expires_at']:%Y-%m-%dT%H:%MZ}" if row["expires_at"] else "-"
            until = end if row["active"] else "closed"
            told = (row["source"], channels, signs, str(used), until, row["name"])
            click.echo(f"{row['id']:>5}  {'  '.join(told)}")

    _add_keys(client, on_database)
    return client


def _add_keys(client: click.Group, on_database: OnDatabase) -> None:
    """What is done with the keys and the secret of a client that there is."""

    @client.command("rotate")
    @click.argument("client_id", type=click.IntRange(1, 2**63 - 1), metavar="NUMBER")
    @click.option("--at-once", is_flag=True, help="The key before is no good any more: it leaked.")
    def rotate(client_id: int, at_once: bool) -> None:
        """Make another key for a client. It is shown once; the one before stays good for a day."""
        click.echo(_told(on_database, lambda db: _on_key(db, "rotate", client_id, at_once=at_once)))

    @client.command("expire")
    @click.argument("client_id", type=click.IntRange(1, 2**63 - 1), metavar="NUMBER")
    @click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The last day of its keys.")
    @click.option("--never", is_flag=True, help="Its keys have no end.")
    def expire(client_id: int, day: datetime | None, never: bool) -> None:
        """Say until when a client's keys are good."""
        if (day is None) is not never:
            raise click.UsageError("give --on YYYY-MM-DD or --never")
        _told(on_database, lambda db: end_keys(db, client_id, day.date() if day else None))
        click.echo(f"The keys are good {f'until the end of {day:%Y-%m-%d}' if day else 'without an end'}.")

    @client.command("close")
    @click.argument("client_id", type=click.IntRange(1, 2**63 - 1), metavar="NUMBER")
    @click.option("--open", "opened", is_flag=True, help="Open it again.")
    def close(client_id: int, opened: bool) -> None:
        """Refuse a client's keys from now on."""
        _told(on_database, lambda db: _on_key(db, "set_active", client_id, active=opened))
        click.echo("The client is open." if opened else "The client is closed.")

    @client.command("secret")
    @click.argument("client_id", type=click.IntRange(1, 2**63 - 1), metavar="NUMBER")
    @click.option("--at-once", is_flag=True, help="The secret before is no good any more: it leaked.")
    def secret(client_id: int, at_once: bool) -> None:
        """Make the secret that a client signs its posts with. It is shown once; the one before stays good for
        a day. `client list` shows the NUMBER."""
        click.echo(_told(on_database, lambda db: new_secret(db, client_id, at_once=at_once)))


async def create_account(
    db: "Database",
    login: str,
    name: str,
    role: Role,
    agency: str,
    password: str,
    position: Mapping[str, str] | None = None,
) -> None:
    """`agency`: its code. Raises ClickException when there is none."""
    from app.staff import service

    # Nobody works in the sandbox.
    row = await _one(db, "SELECT id FROM agency WHERE code = $1 AND code <> 'sandbox'", agency)
    if row is None:
        raise click.ClickException(f"there is no agency {agency}")
    await service.create_account(db, login, name, role, row["id"], password, position)


async def set_position(db: "Database", login: str, position: Mapping[str, str]) -> None:
    """Raises ClickException when there is no such login."""
    from app.staff import service

    if not await service.set_position(db, login, position):
        raise click.ClickException(f"there is no login {login}")


async def forget_totp(db: "Database", login: str) -> None:
    """Raises ClickException when the login has no second factor."""
    from app.staff import service

    if not await service.forget_totp(db, login):
        raise click.ClickException(f"{login} has no second factor")


async def set_password(db: "Database", login: str, password: str) -> None:
    """Raises ClickException when there is no such login."""
    from app.staff import service

    if not await service.set_password(db, login, password):
        raise click.ClickException(f"there is no login {login}")


async def create_client(
    db: "Database", source: str, name: str, scopes: Sequence[str], channels: Sequence[str], limit: int = 600
) -> str:
    """The key. Raises ClickException when there is no such source or it has no such channel."""
    from app.staff import service

    row = await _one(db, "SELECT id, channels FROM source WHERE code = $1", source)
    if row is None:
        raise click.ClickException(f"there is no source {source}")
    strange = set(channels) - set(row["channels"])
    if strange:
        raise click.ClickException(f"{source} has no channel {', '.join(sorted(strange))}")
    return await service.create_client(
        db,
        row["id"],
        name,
        [Scope(scope) for scope in scopes],
        channels or row["channels"],
        requests_per_minute=limit,
    )


async def clients(db: "Database") -> "Sequence[asyncpg.Record]":
    async with db.read() as connection:
        found: Sequence[asyncpg.Record] = await connection.fetch(_CLIENTS)
        return found


async def end_keys(db: "Database", client_id: int, day: date | None) -> None:
    """`day`: the last one in Kazakhstan. Raises ClickException when there is no such client."""
    from app.staff import keys

    await _on_key(db, "end_on", client_id, at=keys.end_of(day) if day else None)


async def _on_key(db: "Database", what: str, client_id: int, **how: Any) -> Any:
    """A function of `keys`. Raises ClickException when there is no such client."""
    from app.staff import keys
    from app.staff.errors import ClientNotFound

    async with db.transaction() as connection:
        try:
            return await getattr(keys, what)(connection, client_id, **how)
        except ClientNotFound:
            raise click.ClickException(f"there is no client {client_id}") from None


async def new_secret(db: "Database", client_id: int, *, at_once: bool) -> str:
    """The secret. Raises ClickException when there is no such client."""
    from app.core import clock
    from app.staff import signing

    async with db.transaction() as connection:
        if not await connection.fetchval("SELECT true FROM api_client WHERE id = $1", client_id):
            raise click.ClickException(f"there is no client {client_id}")
        made, _ = await signing.put(connection, client_id, clock.now(), at_once=at_once)
    return made


async def _one(db: "Database", query: str, code: str) -> "asyncpg.Record | None":
    async with db.read() as connection:
        return await connection.fetchrow(query, code)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _told(on_database: OnDatabase, work: "Callable[[Database], Awaitable[Result]]") -> Result:
    """Do the work; what a caller may be told is told in one line."""
    from app.core.errors import AppError

    try:
        return on_database(work)
    except AppError as error:
        told = error.as_json("en")
        fields = [f"{one['field']}: {one['message']}" for one in told.get("errors", [])]
        raise click.ClickException("; ".join(fields) or told["detail"]) from error

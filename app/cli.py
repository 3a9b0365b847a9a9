"""`listening-state`: serve, worker, demo, migrate, and `run`, which does all of it for the demo."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click
from pydantic import ValidationError

from app import listening
from app.core.embedded_postgres import Cluster, open_cluster
from app.demo import cli as demo_cli
from app.intake.blogs import cli as feeds_cli
from app.intake.mail import cli as mail_cli
from app.intake.registers import cli as registers_cli
from app.keys import cli as keys_cli
from app.oversight import cli as oversight_cli
from app.retention import cli as retention_cli
from app.seals import cli as seals_cli
from app.settings import Settings, get_settings
from app.staff import cli as staff_cli
from app.supervise import Service, supervise
from app.timekeeping import cli as timekeeping_cli

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from app.core.db import Database, DatabaseUrls

Result = TypeVar("Result")

NAME = "listening-state"
PORT_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Opened:
    """`cluster` is None when LS_DATABASE_URL names a server."""

    urls: "DatabaseUrls"
    cluster: Cluster | None


def say(line: str) -> None:
    """What is being done or went wrong, to standard error. On a full disk it is lost: who keeps others
    running goes on."""
    over_progress = "\r\x1b[K" if sys.stderr.isatty() else ""
    with suppress(OSError):
        click.echo(f"{over_progress}{line}", err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="listening-state", prog_name=NAME)
def cli() -> None:
    """Citizens' appeals to the state: received, routed, answered in time, and counted exactly.

    Settings come from the environment (LS_...). Without LS_DATABASE_URL every command uses the embedded
    PostgreSQL in LS_DATA_DIR: it attaches to one that runs, or runs it as long as it needs it.
    """


@cli.command()
def run() -> None:
    """Serve the demo: database, web and worker together."""
    settings = get_settings()
    with _database(settings, attach=False) as opened:
        _check_port(settings, opened.cluster)
        _prepare(opened.urls)
        more = {"LS_EXPECT_DEMO": "1"}
        services = [_web(settings, opened.urls, more), _worker(settings, opened.urls)]
        _until_stopped(services, opened, settings, demo=True)


@cli.command()
@click.option("--host", help="Address to listen on. [LS_HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. [LS_PORT, 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes. [LS_WORKERS, 2]")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the web side.

    Migrates first when the database is the embedded one; another server's is brought up to date by `migrate`.
    """
    given = {"host": host, "port": port, "workers": workers}
    settings = get_settings().model_copy(
        update={key: value for key, value in given.items() if value is not None}
    )
    with _database(settings) as opened:
        _check_port(settings, opened.cluster)
        web = _web(settings, opened.urls, {})
        if opened.cluster is None:
            _become(web)
        _prepare(opened.urls)
        _until_stopped([web], opened, settings)


@cli.command()
def worker() -> None:
    """Do the periodic work; run as many as you like."""
    settings = get_settings()
    if settings.has_server:
        _work(settings)
        return
    with _database(settings) as opened:
        _prepare(opened.urls)
        _until_stopped([_worker(settings, opened.urls)], opened, settings)


@cli.command()
def migrate() -> None:
    """Bring the database to this version: its tables, then the reference data."""
    with _database(get_settings()) as opened:
        _prepare(opened.urls)
    say("the database is at this version")


@cli.command()
def demo() -> None:
    """Load the demo: the published figures of 2021 and some living weeks. A second time changes nothing."""
    settings = get_settings()
    with _database(settings) as opened:
        if opened.cluster:
            _prepare(opened.urls)
        asyncio.run(_load_demo(settings, opened.urls))


@contextmanager
def _database(settings: Settings, *, attach: bool = True) -> Iterator[Opened]:
    from app.core.db import DatabaseUrls

    if settings.has_server:
        yield Opened(DatabaseUrls.by(settings), None)
        return
    with open_cluster(settings.data_dir, attach=attach, say=say) as cluster:
        try:
            yield Opened(cluster.urls(), cluster)
        finally:
            _ignore_further_signals()


def _prepare(urls: "DatabaseUrls") -> None:
    from app.core.migrate import upgrade

    upgrade(urls, say)
    asyncio.run(_load_directory(urls))


async def _load_directory(urls: "DatabaseUrls") -> None:
    from app.core.db import Database
    from app.directory.load import load_directory
    from app.oversight.index.definition import versions
    from app.oversight.stated.load import load_stated

    versions()  # a wrong file is said now
    db = await Database.open(urls, pool_size=2)
    try:
        for line in (await load_directory(db)).said:
            say(line)
        await load_stated(db)
    finally:
        await db.close()


def _until_stopped(
    services: Sequence[Service], opened: Opened, settings: Settings, *, demo: bool = False
) -> None:
    served = any(service.name == "web" for service in services)
    meanwhile = _open_for_business(settings, opened.urls, demo=demo) if served else None
    asyncio.run(supervise(services, cluster=opened.cluster, say=say, meanwhile=meanwhile))


async def _open_for_business(settings: Settings, urls: "DatabaseUrls", *, demo: bool) -> None:
    """Say where the web side answers, once it does; load the demo meanwhile."""
    if not demo:
        await _announce(settings)
        return
    announcing = asyncio.create_task(_announce(settings))
    try:
        await _load_demo(settings, urls)
        await announcing
    finally:
        announcing.cancel()
    say(f"ready: {listening.address(settings)} serves the demo; Ctrl-C stops it")


async def _announce(settings: Settings) -> None:
    await listening.answers(settings)
    say(f"listening on {listening.address(settings)}")


async def _load_demo(settings: Settings, urls: "DatabaseUrls") -> None:
    """The password is shown before the loading begins: with a kill a new one would be lost unseen."""
    from app.core import cipher, lasting
    from app.core.db import Database
    from app.demo.accounts import ensure_clients, ensure_people, ensure_secret
    from app.demo.load import load_demo
    from app.demo.texts import Texts
    from app.directory import snapshot

    cipher.use(cipher.Cipher(settings.secrets()))
    db = await Database.open(urls, pool_size=settings.pool_size)
    try:
        await lasting.remember(db)
        directory = await snapshot.refresh(db)
        _show_people(await ensure_people(db, directory, Texts.load(), settings))
        keys = await ensure_clients(db, directory, settings)
        for name, key in keys.items():
            click.echo(f"API key of the {name}: {key}")
        click.echo(f"signing secret of the blog: {await ensure_secret(db, keys['blog'])}")
        await load_demo(db, settings, Progress("loading the demo"))
    finally:
        await db.close()


def _show_people(password: str | None) -> None:
    click.echo("people: operator@<agency>, head@<agency>, controller@administration, admin@administration")
    click.echo(f"their password: {password or 'as shown at the first start; LS_DEMO_PASSWORD sets another'}")


class Progress:
    """Shows long work: a line that changes on a terminal, elsewhere a line at every tenth."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._shown = ""

    def __call__(self, done: int, total: int) -> None:
        share = 100 * done // total if total else 100
        terminal = sys.stderr.isatty()
        line = f"{self._doing}: {share if terminal else share // 10 * 10} %"
        if line != self._shown:
            click.echo(f"\r\x1b[K{line}" if terminal else line, err=True, nl=not terminal or done >= total)
            self._shown = line


def _web(settings: Settings, urls: "DatabaseUrls", more: dict[str, str]) -> Service:
    own = {
        "LS_HOST": settings.host,
        "LS_PORT": str(settings.port),
        "LS_WORKERS": str(settings.workers),
    }
    return Service("web", ["app.web.uvicorn"], _environment(settings, urls.of_web()) | own | more)


def _worker(settings: Settings, urls: "DatabaseUrls") -> Service:
    return Service("worker", ["app.cli", "worker"], _environment(settings, urls))


def _environment(settings: Settings, urls: "DatabaseUrls") -> dict[str, str]:
    """A child's: what this process was given, and where the database is."""
    return {**os.environ, **urls.environment(), "LS_DATA_DIR": str(settings.data_dir.absolute())}


def _become(service: Service) -> NoReturn:
    """Without a database to look after, this process turns into the service."""
    from app.supervise import ROOT

    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-m", *service.arguments], dict(service.environment))


def _work(settings: Settings) -> None:
    from app.core import cipher, log, metrics, tracing
    from app.core.clocks import Clocks
    from app.core.db import DatabaseUrls
    from app.worker import work

    log.setup(settings.log)
    tracing.setup(settings.otlp_url, "worker")
    clocks = Clocks()
    if settings.worker_metrics:
        metrics.serve(settings.worker_metrics, clocks.problem)
    cipher.use(cipher.Cipher(settings.secrets()))
    urls = DatabaseUrls.by(settings)
    asyncio.run(work(urls, clocks, pool_size=settings.pool_size))
    tracing.end()


def _check_port(settings: Settings, cluster: Cluster | None) -> None:
    """The web side of a parent that was killed a moment ago is given time to end."""
    listening.check(settings, patience=PORT_PATIENCE if cluster and cluster.taken_over else 0)


def _ignore_further_signals() -> None:
    """The database is being stopped: a second Ctrl-C must not leave it running."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _explained(error: Exception) -> str:
    """One line: the sentence of an error of ours, the name and first line of any other."""
    if isinstance(error, ValidationError):
        return "; ".join(_setting_problem(item["loc"], item["msg"]) for item in error.errors())
    first = str(error).partition("\n")[0]
    if type(error).__module__.startswith("app."):
        return first
    return f"unexpected {type(error).__name__}: {first} (LS_DEBUG=1 shows where)"


def _setting_problem(place: Sequence[int | str], message: str) -> str:
    name = "_".join(str(part) for part in place).upper()
    return f"LS_{name}: {message}" if name else message.removeprefix("Value error, ")


def _on_database(work: "Callable[[Database], Awaitable[Result]]") -> "Result":
    """Do some work on the database as the app, for one command."""
    settings = get_settings()
    with _database(settings) as opened:
        if opened.cluster:
            _prepare(opened.urls)
        return asyncio.run(_worked(settings, opened.urls, work))


async def _worked(
    settings: Settings, urls: "DatabaseUrls", work: "Callable[[Database], Awaitable[Result]]"
) -> "Result":
    from app.core import cipher, lasting
    from app.core.db import Database

    cipher.use(cipher.Cipher(settings.secrets()))
    db = await Database.open(urls, pool_size=4)
    try:
        await lasting.remember(db)
        return await work(db)
    finally:
        await db.close()


async def _sandbox_of(db: "Database", source: str) -> str | None:
    from app.directory.sandboxes import sandbox_of

    return await sandbox_of(db, source)


@cli.command("restored")
@click.option("--spare", type=click.IntRange(0), help="Numbers to leave out. [1000000]")
def after_restore(spare: int | None) -> None:
    """Once after a restore, before serving: no number or id is given a second time, all sign in anew."""
    from app.restored import work

    shown = Progress("leaving out transactions")
    for line in _on_database(lambda db: work(db, get_settings(), spare, shown)):
        click.echo(line)


@cli.command()
def access() -> None:
    """Print docs/access.md: who may do what, and who may call each route."""
    from app.main import assemble
    from app.web.access_page import document

    click.echo(document(assemble()), nl=False)


def _tables() -> "MetaData":
    from app.tables import METADATA

    return METADATA


for group in (
    *seals_cli.commands(_on_database, Progress("looking at the record"), oversight_cli.verified),
    *staff_cli.commands(_on_database, _sandbox_of),
    *demo_cli.commands(_on_database),
    *oversight_cli.commands(_on_database, Progress("recounting from the events")),
    *keys_cli.commands(_on_database, Progress("writing again with the newest secret"), _tables),
    *timekeeping_cli.commands(_on_database, Progress("looking at open cases")),
    *retention_cli.commands(_on_database),
    *mail_cli.commands(_on_database),
    *feeds_cli.commands(_on_database),
    *registers_cli.commands(_on_database, Progress("reading the register")),
):
    cli.add_command(group)


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, _leave)
    try:
        cli(prog_name=NAME)
    except Exception as error:
        if os.environ.get("LS_DEBUG"):
            raise
        say(f"{NAME}: {_explained(error)}")
        sys.exit(1)


if __name__ == "__main__":
    main()

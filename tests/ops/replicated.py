"""A primary and servers that follow it, as `pg_basebackup` makes them, in folders of the test's own."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from app.core import migrate
from app.core.db import Database, DatabaseUrls
from app.core.embedded_config import ADMIN, DATABASE, PORT, configure, socket_folder
from app.core.embedded_place import find_place
from app.core.embedded_postgres import Cluster, open_cluster
from app.core.embedded_server import Server, start
from app.directory.load import load_directory

QUICK = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "shared_buffers": "32MB",
}
# What it says of each statement is how a test knows that the statement ran here. What is replayed comes
# first, so that a reading in its way is broken off at once.
FOLLOWING = {
    "log_statement": "all",
    "max_standby_streaming_delay": "0",
    "wal_retrieve_retry_interval": "100ms",
}


def quiet(_: str) -> None:
    """Nobody listens."""


class Follower:
    """A copy of another server that goes on following it, until it is stopped or promoted. `of`: the folder
    of that one's socket."""

    def __init__(self, folder: Path, of: str) -> None:
        folder.mkdir(mode=0o755)
        self.place = find_place(folder, quiet)
        self._of = of
        self._server: Server | None = None
        self.socket_dir = ""

    def copy(self) -> None:
        binaries, account = self.place.binaries, self.place.account
        pgdata = self.place.pgdata
        pgdata.mkdir(mode=0o700)
        subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", str(pgdata.parent)], check=True)
        where = ("-h", self._of, "-p", str(PORT), "-U", ADMIN)
        done = account.run(binaries / "pg_basebackup", *where, "-c", "fast", "--no-sync", "-D", pgdata)
        assert done.returncode == 0, done.stdout
        (pgdata / "standby.signal").touch()
        self.socket_dir = str(socket_folder(self.place, ""))
        configure(self.place, self.socket_dir, {**QUICK, **FOLLOWING, "primary_conninfo": self._source()})

    def _source(self) -> str:
        return f"host={self._of} port={PORT} user={ADMIN}"

    def start(self) -> None:
        self._server = start(self.place, quiet)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self._server:
            self._server._signal(how)
            assert self._server._ended(30, quiet, "")
            self._server = None

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={quote(self.socket_dir)}&port={PORT}"

    def said(self) -> str:
        return self.place.log.read_text(encoding="utf-8", errors="replace")


async def until(reached: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await reached():
                return
            await asyncio.sleep(0.02)


class Pair:
    def __init__(self, folder: Path, primary: Cluster, follower: Follower) -> None:
        self.folder = folder
        self.primary = primary
        self.follower = follower

    @property
    def urls(self) -> DatabaseUrls:
        return self.primary.urls()

    async def on_primary(self, statement: str) -> Any:
        return await _asked(self.primary.url(ADMIN), statement)

    async def on_replica(self, statement: str) -> Any:
        return await _asked(self.follower.url(ADMIN), statement)

    async def caught_up(self) -> None:
        """Until the replica has what the primary has now."""
        place = await self.on_primary("SELECT pg_current_wal_lsn()::text")
        await until(lambda: self.on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{place}'"))


async def _asked(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@contextmanager
def following(folder: Path, of: str) -> Iterator[Follower]:
    follower = Follower(folder, of)
    follower.copy()
    follower.start()
    try:
        yield follower
    finally:
        with suppress(AssertionError):
            follower.stop(signal.SIGQUIT)


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    """With the schema and the directory, one following the other."""
    (folder / "primary").mkdir(mode=0o755)
    with open_cluster(folder / "primary", settings=QUICK, say=quiet) as primary:
        await asyncio.to_thread(migrate.upgrade, primary.urls())
        db = await Database.open(primary.urls(), pool_size=2)
        await load_directory(db)
        await db.close()
        with following(folder / "replica", primary.socket_dir) as follower:
            yield Pair(folder, primary, follower)

"""What the tests stand on: the test server's databases, and the app running over one of them."""

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from asyncpg.transaction import Transaction
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.db import Database, DatabaseUrls, Login, prepare
from app.core.embedded_postgres import open_cluster
from app.core.limited import limiting
from app.core.pool import Suits
from app.directory.load import load_directory
from app.main import Doors, assemble, equip
from app.settings import Settings
from app.staff import passwords

SERVER = "LS_TEST_SERVER"
TEMPLATE = "ls_template_test"
ROOM = 3 << 30
Jump = Callable[[timedelta], None]
SECRET = "a secret for the tests alone, of forty letters"
WITHOUT_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For a client of plain HTTP that is made again and again: to read the certificates of all authorities takes
longer than most requests."""


def in_memory() -> Path | None:
    """Where files need no disk, if there is room: most tests make a database, which is a thousand files."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM
    return shared if roomy else None


@contextmanager
def embedded() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="ls-test-", dir=in_memory()))
    folder.chmod(0o755)
    # Without autovacuum: what a test has not committed it would count as empty tables, and the plans with it.
    quick = {
        "autovacuum": "off",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_wal_size": "256MB",
        "max_connections": "200",
    }
    try:
        with open_cluster(folder, settings=quick, say=lambda line: None) as cluster:
            yield cluster.admin_url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url_of(name: str) -> str:
    """The URL of a database on the test server."""
    assert name.endswith("_test"), "tests use databases of their own"
    return urlunsplit(urlsplit(os.environ[SERVER])._replace(path=f"/{name}"))


def urls_of(name: str) -> DatabaseUrls:
    return DatabaseUrls.of(url_of(name))


async def _execute(*statements: str) -> None:
    connection = await asyncpg.connect(os.environ[SERVER])
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def recreate(name: str, template: str = "template1") -> None:
    await _execute(
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy",
    )


async def load_reference_data(name: str) -> None:
    db = await Database.open(urls_of(name), pool_size=2)
    await load_directory(db)
    await db.close()


@asynccontextmanager
async def cloned(name: str) -> AsyncIterator[DatabaseUrls]:
    """A database like the template, dropped at the end."""
    await recreate(name, TEMPLATE)
    try:
        yield urls_of(name)
    finally:
        await _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


WIDE = "SELECT set_config('app.scope', 'all', true)"
AS_WORKER = f"SET LOCAL ROLE {Login.WORKER.role}; {WIDE}"


class OneConnection:
    """A pool of one connection whose transaction is never committed; one task at a time, and it may nest.

    Who acquires acts as whoever the connection is, or by `as_` as who is to see less.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._acting = AS_WORKER

    @asynccontextmanager
    async def acquire(
        self, suits: Suits | None = None, *, acting: str = AS_WORKER
    ) -> AsyncIterator[asyncpg.Connection]:
        task = asyncio.current_task()
        if self._holder is task:
            async with self._as(acting):
                yield self._connection
            return
        async with self._lock:
            self._holder = task
            try:
                await self._act(acting)
                yield self._connection
            finally:
                self._holder = None

    @asynccontextmanager
    async def _as(self, acting: str) -> AsyncIterator[None]:
        """Inside of what somebody else has begun."""
        before = self._acting
        await self._act(acting)
        try:
            yield
        finally:
            with suppress(asyncpg.InFailedSQLTransactionError):
                await self._act(before)

    async def _act(self, acting: str) -> None:
        if acting != self._acting:
            self._acting = acting
            await self._connection.execute(acting)

    def as_(self, login: Login) -> "Acting":
        return Acting(self, login)

    async def close(self) -> None:
        """The fixture closes it."""


class Kept:
    """One connection to a database for test after test: what a new one learns of tables and statements takes
    longer than most tests do. Statements are planned once, for any parameters: planning each time took as
    long as running them."""

    def __init__(self, urls: DatabaseUrls) -> None:
        self._urls = urls
        self._connection: asyncpg.Connection | None = None

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[asyncpg.Connection]:
        """What is done in the block is undone, and so is what was set on the connection."""
        connection = await self._open()
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await self._clear(connection, transaction)

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None:
            url, role = self._urls.door(Login.WORKER)
            settings = {"role": role or "", "timezone": "UTC", "plan_cache_mode": "force_generic_plan"}
            self._connection = await asyncpg.connect(url, server_settings=settings)
            await prepare(self._connection)
        return self._connection

    async def _clear(self, connection: asyncpg.Connection, transaction: Transaction) -> None:
        try:
            await transaction.rollback()
            await connection.reset()
            connection._query_loggers.clear()  # type: ignore[attr-defined]
        except BaseException:  # a test that left it unusable, or was stopped: the next one has another
            self._connection = None
            connection.terminate()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


@dataclass(frozen=True)
class Acting:
    """The one connection, as somebody else."""

    pool: OneConnection
    login: Login

    def acquire(self, suits: Suits | None = None) -> AbstractAsyncContextManager[asyncpg.Connection]:
        seen = limiting() if self.login is Login.WEB else WIDE
        return self.pool.acquire(acting=f"SET LOCAL ROLE {self.login.role}; {seen}")

    async def close(self) -> None:
        """The fixture closes it."""


@asynccontextmanager
async def doors_of(db: Database) -> AsyncIterator[Doors]:
    """How requests come to what `db` has in the worker's sight."""
    if db.urls:
        doors = Doors(
            await Database.open(db.urls, Login.WEB), await Database.open(db.urls, Login.INTAKE, pool_size=4)
        )
        yield doors
        await doors.close()
        return
    pool = db._pool
    assert isinstance(pool, OneConnection)
    yield Doors(Database(pool.as_(Login.WEB), limited=True), Database(pool.as_(Login.INTAKE)))


OWN_HASHER = passwords._HASHER
"""The service's, whose cost is meant: with it signing in takes longer than the rest of most tests."""


def cheap_passwords() -> None:
    passwords._HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


_idle: list[FastAPI] = []


@asynccontextmanager
async def running(settings: Settings, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The app with its lifespan, and a client on it that sees errors as a caller does.

    An app that nobody uses any more is equipped anew: a route is made ready at its first request, which takes
    longer than most tests.
    """
    async with doors_of(db) as doors:
        app = equip(_idle.pop() if _idle else assemble(), settings, doors)
        async with app.router.lifespan_context(app), client_of(app) as client:
            yield client
    _idle.append(app)


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept-language": "en"})


def app_of(client: httpx.AsyncClient) -> FastAPI:
    app: FastAPI = client._transport.app  # type: ignore[attr-defined]
    return app


def asked(statements: Sequence[str]) -> list[str]:
    """Those that ask for something: without what begins and ends a transaction and says who is asking."""
    frame = ("SAVEPOINT", "RELEASE", "SET LOCAL ROLE", "BEGIN", "COMMIT")
    return [statement for statement in statements if not statement.startswith(frame)]

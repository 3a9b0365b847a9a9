"""The tests' PostgreSQL: a real server, made once, with a template database built by the migrations.

LS_DATABASE_URL names any other server (a role that may create databases); else an embedded cluster is
started for the run, without fsync. Every process of the run gets a database cloned from the template.
"""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app.core import cipher, clock, migrate
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseUrls, prepare
from app.directory import snapshot
from app.settings import Settings
from tests.support import (
    SECRET,
    SERVER,
    TEMPLATE,
    Jump,
    Kept,
    OneConnection,
    app_of,
    cheap_passwords,
    cloned,
    embedded,
    load_reference_data,
    recreate,
    running,
    urls_of,
)

hypothesis_settings.register_profile(
    "ci", max_examples=50, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("dev", max_examples=25, deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "dev")

_run = ExitStack()

# Until the tests are collected nearly all that is made stays: looking for garbage finds none and takes long.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Once a run, before the processes of pytest-xdist start: the server and its template database."""
    cipher.use(Cipher([SECRET]))
    cheap_passwords()
    if SERVER in os.environ:
        return
    _run.callback(_remove_sockets_but, _sockets())
    os.environ[SERVER] = os.environ.get("LS_DATABASE_URL") or _run.enter_context(embedded())
    _run.callback(os.environ.pop, SERVER)
    asyncio.run(recreate(TEMPLATE))
    migrate.upgrade(urls_of(TEMPLATE))
    asyncio.run(load_reference_data(TEMPLATE))


def _sockets() -> set[Path]:
    """The folders of databases' sockets, of whatever run."""
    return set(Path(tempfile.gettempdir()).glob(f"ls-{'[0-9a-f]' * 12}"))


def _remove_sockets_but(before: set[Path]) -> None:
    """Those that killed databases have left behind; a young one may be that of a run that is starting."""
    for folder in _sockets() - before:
        with suppress(OSError):
            if folder.stat().st_mtime < time.time() - 60:
                folder.rmdir()


PAGES = "tests/web/browser/"
# What waits most begins first: it leaves the machine to the others.
LONG = (
    *(PAGES, "tests/bench/", "tests/ops/", "tests/staff/oidc/", "tests/seals/test_heads_file"),
    *("tests/oversight/test_stateful", "tests/fuzz/", "tests/intake/registers/", "tests/sandbox/test_apart"),
)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks at the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that no process waits for the other at the end; one browser and one site for
    all pages that are looked at."""
    items.sort(key=lambda item: (not item.nodeid.startswith(LONG), not item.nodeid.startswith(LONG[0])))
    for item in items:
        if item.nodeid.startswith(PAGES):
            item.add_marker(pytest.mark.xdist_group("browser"))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    _run.close()


@pytest.fixture(scope="session")
async def worker_urls(worker_id: str) -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_{worker_id}_test") as urls:
        yield urls


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, demo_password="a demo password for tests")


@pytest.fixture(scope="session")
async def one_connection(worker_urls: DatabaseUrls) -> AsyncIterator[Kept]:
    found = Kept(worker_urls)
    yield found
    await found.close()


@pytest.fixture
async def db(one_connection: Kept) -> AsyncIterator[Database]:
    """A database as the worker sees it, on one connection; whatever a test does is undone. An app over it
    acts as the web side (`running`)."""
    async with one_connection.undone() as connection:
        database = Database(OneConnection(connection))
        await snapshot.refresh(database)
        yield database


@pytest.fixture
async def real_urls() -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_{uuid4().hex[:12]}_test") as urls:
        yield urls


@pytest.fixture
async def real_db(real_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """A database of the test's own, with a real pool and real commits."""
    database = await Database.open(real_urls, pool_size=20)
    await snapshot.refresh(database)
    yield database
    await database.close()


@pytest.fixture
async def owner(real_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """To the same database, as who may change everything."""
    connection = await asyncpg.connect(real_urls.owner)
    await prepare(connection)
    yield connection
    await connection.close()


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Put the service's one clock so far from the right time."""
    right = clock.now

    def to(away: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: right() + away)

    return to


@pytest.fixture
async def client(db: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings, db) as found:
        yield found


@pytest.fixture
def app(client: httpx.AsyncClient) -> FastAPI:
    return app_of(client)


@pytest.fixture
async def real_client(real_db: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings, real_db) as found:
        yield found

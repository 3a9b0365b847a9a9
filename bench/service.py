"""The service as it is served: a cluster with fsync in a folder of its own, and web processes on it."""

import asyncio
import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from app.core import cipher, migrate
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseUrls
from app.core.embedded_postgres import Cluster, open_cluster
from app.supervise import ROOT, Service
from app.web.office.signed_in import SIGN_IN
from bench.client import HOST
from bench.machine import cpu_of

START_PATIENCE = 60.0
SECRET = "a secret for measuring alone, of forty letters"

Say = Callable[[str], None]


class NotServed(Exception):
    """The web processes did not come up; the message is the end of what they said."""


@dataclass(frozen=True, slots=True)
class Web:
    """`ready_after`: seconds from its start until it was ready."""

    port: int
    process: psutil.Process
    ready_after: float = 0.0

    def cpu(self) -> float:
        """Seconds of CPU until now, all its processes."""
        return cpu_of(self.process)


@contextmanager
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ls-bench-"))
    folder.chmod(0o755)  # root's database runs as another user
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(
    folder: Path, *, say: Say, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Cluster, DatabaseUrls]]:
    """A cluster of our own, migrated and with the reference data; the process's cipher is set."""
    cipher.use(Cipher([SECRET]))
    if not any(folder.iterdir()):
        shutil.copytree(_made_ready(), folder, dirs_exist_ok=True)
    with _migrated(folder, settings or {}, say) as cluster:
        yield cluster, cluster.urls()


@cache
def _made_ready() -> Path:
    """The folder of such a cluster that nothing is measured on, for copies; until this process ends."""
    kept = ExitStack()
    atexit.register(kept.close)
    folder = kept.enter_context(own_folder())
    with _migrated(folder, {"fsync": "off"}, lambda line: None):
        return folder


@contextmanager
def _migrated(folder: Path, settings: Mapping[str, str], say: Say) -> Iterator[Cluster]:
    with open_cluster(folder, attach=False, settings=settings, say=say) as cluster:
        migrate.upgrade(cluster.urls())
        asyncio.run(_load_directory(cluster.urls()))
        yield cluster


async def _load_directory(urls: DatabaseUrls) -> None:
    from app.directory.load import load_directory

    db = await Database.open(urls, pool_size=2)
    await load_directory(db)
    await db.close()


@contextmanager
def web(urls: DatabaseUrls, folder: Path, *, processes: int, port: int | None = None) -> Iterator[Web]:
    """Serve as `listening-state serve` does, until the block ends; at a free port, or at that of one that has
    ended. Raises NotServed."""
    port = port or _free_port()
    environment = _environment(urls, folder) | {"LS_PORT": str(port), "LS_WORKERS": str(processes)}
    said = folder / "web.log"
    with _started(Service("web", ["app.cli", "serve"], environment), said) as started:
        found = Web(port, psutil.Process(started.pid))
        yield replace(found, ready_after=_wait(started, found, said))


@contextmanager
def worker(urls: DatabaseUrls, folder: Path) -> Iterator[psutil.Process]:
    """The worker, as `listening-state worker` runs it, until the block ends."""
    running = Service("worker", ["app.cli", "worker"], _environment(urls, folder))
    with _started(running, folder / "worker.log") as started:
        yield psutil.Process(started.pid)


@contextmanager
def _started(service: Service, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("wb") as log:
        started = subprocess.Popen(
            service.command,
            env=dict(service.environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        _end(started)


def _environment(urls: DatabaseUrls, folder: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("LS_")}
    return others | {
        **urls.environment(),
        "LS_DATA_DIR": str(folder),
        "LS_SECRET_KEY": SECRET,
        "LS_HOST": HOST,
        "LS_RATE_LIMITS": "off",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(started: subprocess.Popen[bytes], found: Web, said: Path) -> float:
    """Until it is ready and, within our patience, has nothing left to do; the seconds until it was ready."""
    begun = time.monotonic()
    ready_after, used = 0.0, -1.0
    while time.monotonic() < begun + START_PATIENCE and started.poll() is None:
        if not ready_after:
            ready_after = time.monotonic() - begun if _ready(found.port) else 0.0
            time.sleep(0.05)
            continue
        now = found.cpu()
        if now - used < 0.02:
            return ready_after
        used = now
        time.sleep(0.5)
    if ready_after and started.poll() is None:  # a busy machine: what it has left to do goes on beside
        return ready_after
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise NotServed(" | ".join(lines[-3:]) or "it said nothing")


def _ready(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _end(started: subprocess.Popen[bytes]) -> None:
    started.terminate()
    with suppress(subprocess.TimeoutExpired):
        started.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def entered(port: int, login: str, password: str) -> str:
    """The cookies of somebody who came in by the office's door."""
    with httpx.Client(base_url=f"http://{HOST}:{port}") as browser:
        token = re.search(r'name="form" value="([^"]+)"', browser.get(SIGN_IN).text)
        assert token is not None
        said = {"form": token[1], "login": login, "password": password}
        browser.post(SIGN_IN, data=said)
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def ask(url: str, statement: str) -> Any:
    """The first value that a statement gives."""

    async def asked() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(asked())

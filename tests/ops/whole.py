"""The whole service as `./run serve` and a worker have it: one parent over PostgreSQL, web and worker.

Everything lies in a folder of the test's own. Any of its processes can be shot with SIGKILL; the parent
brings it again. The server keeps what it confirms when it is killed (`synchronous_commit` is on); only the
disk is not waited for, because here no machine loses its power.
"""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Self

import psutil

from app.core.db import DatabaseUrls, Login
from app.core.embedded_config import ADMIN, DATABASE, OWNER, PORT
from app.core.embedded_server import processes_of, read_pid_file
from tests.ops.served import Served

QUICK: Mapping[str, str] = {"fsync": "off"}

PARENT = """
import asyncio, json, os
from app import cli, supervise
from app.core.embedded_postgres import open_cluster
from app.settings import get_settings

supervise.LONGEST_BACKOFF = 1.0  # whoever is shot ten times a minute is not broken
settings, more = get_settings(), json.loads(os.environ["LS_TEST_SERVER_SETTINGS"])
with open_cluster(settings.data_dir, settings=more, say=cli.say) as cluster:
    urls = cluster.urls()
    cli._prepare(urls)
    services = [cli._web(settings, urls, {}), cli._worker(settings, urls)]
    asyncio.run(supervise.supervise(services, cluster=cluster, say=cli.say))
"""


class Whole(Served):
    what = PARENT

    def __init__(self, folder: Path, settings: Mapping[str, str] = QUICK, **more: str) -> None:
        self.folder = folder
        given = json.dumps(dict(settings))
        super().__init__(None, folder, LS_RATE_LIMITS="off", LS_TEST_SERVER_SETTINGS=given, **more)

    @property
    def pgdata(self) -> Path:
        return self.folder / "postgres"

    @property
    def urls(self) -> DatabaseUrls:
        logins = {login.value: self.url_of(login.role) for login in Login}
        return DatabaseUrls.of(self.url_of(OWNER), **logins)

    @property
    def admin_url(self) -> str:
        return self.url_of(ADMIN)

    @property
    def socket(self) -> str:
        found = read_pid_file(self.pgdata)
        assert found is not None, self.said()
        return found.socket_dir

    def url_of(self, role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={self.socket}&port={PORT}"

    def web(self) -> list[psutil.Process]:
        """The process that the parent started, then those that answer."""
        return self._child("uvicorn")

    def worker(self) -> list[psutil.Process]:
        return self._child("app.cli")

    def _child(self, word: str) -> list[psutil.Process]:
        with suppress(psutil.Error):
            for child in psutil.Process(self.pid).children():
                with suppress(psutil.Error):
                    if word in " ".join(child.cmdline()):
                        return [child, *child.children(recursive=True)]
        return []

    def postmaster(self) -> list[psutil.Process]:
        found = read_pid_file(self.pgdata)
        return [process for process in processes_of(self.pgdata) if found and process.pid == found.pid]

    def backends(self, word: str) -> list[psutil.Process]:
        """The server's processes whose title holds the word: a database's name, `walwriter`, …"""
        found = []
        for postmaster in self.postmaster():
            for child in postmaster.children():
                with suppress(psutil.Error):
                    if word in " ".join(child.cmdline()):
                        found.append(child)
        return found

    def end(self) -> None:
        """Everything, at once; nothing is left."""
        left: list[psutil.Process] = []
        with suppress(psutil.Error, AssertionError):
            left = psutil.Process(self.pid).children(recursive=True)
        self.kill()
        left += processes_of(self.pgdata)
        shoot(left)
        psutil.wait_procs(left, timeout=20)

    def stop(self) -> None:
        """As an operator does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Started, and ended with all that is left of it."""
        try:
            await asyncio.to_thread(self.start)
            yield self
        finally:
            await asyncio.to_thread(self.end)


def shoot(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


@contextmanager
def open_folder(inside: Path = Path("/tmp")) -> Iterator[Path]:
    """One that the system user of a root's database may pass, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="ls-ops-", dir=inside))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

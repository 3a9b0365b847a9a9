"""The web side as a process of its own, on a port of its own, that can be killed and started again."""

import socket
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.core.db import DatabaseUrls
from tests.support import SECRET
from tests.warm import Command, without_ours

PATIENCE = 600


class Served:
    what: Sequence[str] | str = ("serve",)

    def __init__(self, urls: DatabaseUrls | None, folder: Path, **more: str) -> None:
        """Without `urls` it brings a database of its own, in the folder."""
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "web.log"
        self.environment = without_ours() | {
            "LS_DATABASE_URL": urls.owner if urls else "",
            "LS_DATA_DIR": str(folder),
            "LS_SECRET_KEY": SECRET,
            "LS_PORT": str(self.port),
            "LS_WORKERS": "1",
            **more,
        }
        self._process: Command | None = None

    def start(self) -> None:
        self._process = Command(self.what, self.environment, out=self.log)
        end = time.monotonic() + PATIENCE
        while not self._ready():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """All its processes at once, in the middle of whatever they do."""
        if self._process:
            self._process.kill()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])

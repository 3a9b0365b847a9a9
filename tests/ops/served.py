"""The web side as a process of its own, on a port of its own, that can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from app.core.db import DatabaseUrls
from tests.support import SECRET

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180


class Served:
    command: tuple[str, ...] = (sys.executable, "-m", "app.cli", "serve")

    def __init__(self, urls: DatabaseUrls | None, folder: Path, **more: str) -> None:
        """Without `urls` it brings a database of its own, in the folder."""
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "web.log"
        others = {name: value for name, value in os.environ.items() if not name.startswith("LS_")}
        self._environment = others | {
            "LS_DATABASE_URL": urls.owner if urls else "",
            "LS_DATA_DIR": str(folder),
            "LS_SECRET_KEY": SECRET,
            "LS_PORT": str(self.port),
            "LS_WORKERS": "1",
            **more,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
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
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])

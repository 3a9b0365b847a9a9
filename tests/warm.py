"""Commands of ours in processes forked from one that has imported the service already.

Each is a process of its own, with its environment, streams, signals and death; what it is spared is
importing, which is most of what a start costs. That the command line starts by itself, and the parent with
its children, is shown by tests/ops/test_cli.py and tests/ops/killed.py.
"""

import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import forkserver, get_context
from pathlib import Path
from subprocess import CompletedProcess
from typing import NoReturn

from app.supervise import Service

ROOT = Path(__file__).resolve().parents[1]

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["app.cli", "app.main", "app.worker", "uvicorn", "uvicorn.loops.uvloop"])


def begin() -> None:
    """Import it, while who calls waits for something else."""
    forkserver.ensure_running()


class Command:
    """`listening-state WORDS`, or a program of Python, running."""

    def __init__(
        self,
        what: Sequence[str] | str,
        environment: Mapping[str, str],
        *,
        out: Path,
        err: Path | None = None,
        said: str = "",
    ) -> None:
        """What it says is added to the files; `said`: what it is told on standard input."""
        streams = (str(out), str(err or out))
        self._process = _FORKS.Process(target=_run, args=(what, dict(environment), streams, said))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it has not ended"
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        """All its processes at once, in the middle of whatever they do."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()


def ran(words: Sequence[str], environment: Mapping[str, str], *, said: str = "") -> CompletedProcess[str]:
    """A command that has ended, with what it said."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = Command(words, environment, out=out, err=err, said=said).wait(120)
        return CompletedProcess(
            list(words), code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        )


def without_ours() -> dict[str, str]:
    """This process's environment without settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LS_")}


def _run(
    what: Sequence[str] | str, environment: Mapping[str, str], streams: tuple[str, str], said: str
) -> None:
    """In the new process."""
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    _put_streams(streams, said)
    if isinstance(what, str):
        exec(what, {"__name__": "__main__"})
        return
    from app import cli

    cli._become = _become
    sys.argv = [cli.NAME, *what]
    cli.main()


def _put_streams(streams: tuple[str, str], said: str) -> None:
    with tempfile.TemporaryFile() as told:
        told.write(said.encode())
        told.seek(0)
        os.dup2(told.fileno(), 0)
    for number, path in enumerate(streams, 1):
        with open(path, "ab") as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        for number in (1, 2)
    )


def _become(service: Service) -> NoReturn:
    """As `app.cli._become`, without beginning a new Python for it."""
    os.environ.update(service.environment)
    sys.argv = list(service.arguments)
    runpy.run_module(service.arguments[0], run_name="__main__")
    sys.exit()

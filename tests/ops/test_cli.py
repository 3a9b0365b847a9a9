"""The command line: help, one line for what is wrong, and a service that survives being killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.core.embedded_server import processes_of

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="ls ops ", dir="/tmp"))
    base.chmod(0o711)
    yield base / "data"
    shutil.rmtree(base, ignore_errors=True)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LS_")}
    return {**kept, **more}


def command(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("words", [[], ["run"], ["serve"], ["worker"], ["migrate"], ["demo"]])
def test_every_command_explains_itself(words: list[str]) -> None:
    said = CliRunner().invoke(cli, [*words, "--help"], prog_name="listening-state")
    assert said.exit_code == 0
    assert said.output.startswith("Usage: listening-state")


@pytest.mark.parametrize(
    ("words", "more", "line"),
    [
        (["serve"], {"LS_PORT": "99999"}, "LS_PORT: Input should be less than or equal to 65535"),
        (["serve"], {"LS_ENVIRONMENT": "production"}, "LS_SECRET_KEY is required when"),
        (["migrate"], {"LS_DATABASE_URL": "mysql://x"}, "LS_DATABASE_URL must begin with postgresql://"),
        (["migrate"], {"LS_DATABASE_URL": NOWHERE}, "the database cannot be reached"),
        (["migrate"], {"LS_DATA_DIR": str(ROOT / "pyproject.toml")}, "there is a file of that name"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], more: dict[str, str], line: str) -> None:
    said = command(*words, **more)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("listening-state: ")
    assert line in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_port_in_use_is_said_first() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = command("serve", LS_DATABASE_URL=NOWHERE, LS_PORT=port)
    assert said.returncode == 1
    assert said.stderr == (
        f"listening-state: cannot listen on 127.0.0.1 port {port} (address already in use): "
        "stop what listens there, or choose another with LS_PORT\n"
    )


def test_served_killed_served_again_and_stopped(data_dir: Path) -> None:
    port = _free_port()
    with _serving(data_dir, port) as first:
        refused = command("run", LS_DATA_DIR=str(data_dir), LS_PORT=str(port))
        assert f"process {first.pid} already runs the database" in refused.stderr
        first.kill()
        first.wait()
    with _serving(data_dir, port) as second:
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 0
    assert not list(processes_of(data_dir / "postgres"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


@contextmanager
def _serving(data_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`serve`, from when it says that it listens and is ready; stopped in the end."""
    more = {"LS_DATA_DIR": str(data_dir), "LS_PORT": str(port), "LS_WORKERS": "1"}
    arguments = [sys.executable, "-m", "app.cli", "serve"]
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment(**more), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            assert any(line.startswith("listening on") for line in process.stderr)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
                assert answer.status == 200
            yield process
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])

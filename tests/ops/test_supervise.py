"""Children that are kept running, and none that is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]

PARENT = """
import asyncio, os, sys
from app import supervise
from app.cli import say
supervise.END_WITHIN = 1.0
async def fails():
    await asyncio.sleep(float(sys.argv[2]))
    raise RuntimeError("meanwhile it failed")
service = supervise.Service("child", ["child"], {**os.environ, "PYTHONPATH": sys.argv[1]})
meanwhile = fails() if len(sys.argv) > 2 else None
asyncio.run(supervise.supervise([service], cluster=None, say=say, meanwhile=meanwhile))
"""

# Each start leaves a file named by the process id; a grandchild belongs to the same group.
CHILD = """
import os, pathlib, signal, subprocess, sys, time
here = pathlib.Path(__file__).parent
first = not list(here.glob("*.pid"))
grandchild = subprocess.Popen(["sleep", "600"])
for pid in (os.getpid(), grandchild.pid):
    (here / f"{pid}.pid").touch()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in pids(tmp_path):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def start(
    folder: Path, then: str, *arguments: str, out: int | IO[str] = subprocess.PIPE
) -> subprocess.Popen[str]:
    (folder / "child.py").write_text(CHILD + then)
    command = [sys.executable, "-c", PARENT, str(folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, text=True)


def pids(folder: Path) -> list[int]:
    return [int(path.stem) for path in folder.glob("*.pid")]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not until() and time.monotonic() < end:
        time.sleep(0.05)
    assert until()


def test_child_that_ends_is_started_again(folder: Path) -> None:
    parent = start(folder, "if first: sys.exit(3)\ntime.sleep(600)")
    wait(lambda: len(pids(folder)) == 4)
    parent.terminate()
    said, _ = parent.communicate(timeout=30)
    assert parent.returncode == 0
    assert said.splitlines() == ["child ended with 3; starting it again in 1 s", "stopping"]
    assert not any(alive(pid) for pid in pids(folder)), "not even what the first one had started"


def test_who_can_say_nothing_goes_on(folder: Path) -> None:
    with open("/dev/full", "w") as full:  # every write: no space left on device
        parent = start(folder, "if first: sys.exit(3)\ntime.sleep(600)", out=full)
    wait(lambda: len(pids(folder)) == 4)
    parent.terminate()
    assert parent.wait(30) == 0
    assert not any(alive(pid) for pid in pids(folder))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_children_end_with_the_parent(folder: Path, number: signal.Signals) -> None:
    parent = start(folder, "time.sleep(600)")
    wait(lambda: len(pids(folder)) == 2)
    parent.send_signal(number)
    parent.communicate(timeout=30)
    assert parent.returncode == 0
    wait(lambda: not any(alive(pid) for pid in pids(folder)))  # whom the system has still to take away


def test_child_that_does_not_listen_is_killed(folder: Path) -> None:
    parent = start(
        folder, "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n(here / '1.pid').touch()\ntime.sleep(600)"
    )
    wait(lambda: len(pids(folder)) == 3)
    (folder / "1.pid").unlink()
    parent.terminate()
    parent.communicate(timeout=30)
    wait(lambda: not any(alive(pid) for pid in pids(folder)))  # whom the system has still to take away


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_killed_parent_leaves_no_child(folder: Path) -> None:
    parent = start(folder, "time.sleep(600)")
    wait(lambda: len(pids(folder)) == 2)
    (child,) = [pid for pid in pids(folder) if os.getpgid(pid) == pid]
    with parent:
        parent.kill()
        wait(lambda: not alive(child))
        assert parent.stdout
        parent.stdout.close()


def test_what_fails_meanwhile_ends_everything(folder: Path) -> None:
    parent = start(folder, "time.sleep(600)", "2")
    said, _ = parent.communicate(timeout=60)
    assert parent.returncode == 1
    assert "meanwhile it failed" in said
    wait(lambda: not any(alive(pid) for pid in pids(folder)))  # whom the system has still to take away

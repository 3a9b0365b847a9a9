"""The folder that web processes count into goes when they end, and what killed ones left when one starts."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from app.core.db import DatabaseUrls
from app.core.sharing import PREFIX, sweep
from tests.ops.served import PATIENCE, Served
from tests.repository.source import ROOT

ONE = """
import sys
from app.core.sharing import SHARED, shared_counts
import os
with shared_counts():
    print(os.environ[SHARED], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where these tests look and sweep."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(f"{PREFIX}*"))


def one(folder: Path) -> "Popen[str]":
    environment = os.environ | {"TMPDIR": str(folder)}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    process = Popen(
        [sys.executable, "-c", ONE], cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, text=True
    )
    assert process.stdout
    assert Path(process.stdout.readline().strip()).parent == folder
    return process


def test_of_the_dead_and_of_nobody_else(folder: Path) -> None:
    living, killed = one(folder), one(folder)
    assert len(left(folder)) == 2
    killed.kill()
    killed.communicate()
    made_just_now = folder / f"{PREFIX}new"
    made_just_now.mkdir()
    somebody_elses = folder / "other"
    somebody_elses.mkdir()
    (folder / f"{PREFIX}link").symlink_to(somebody_elses)
    assert len(left(folder)) == 4
    sweep()
    assert len(left(folder)) == 3, "that of the one that was killed is gone"
    assert somebody_elses.is_dir()
    third = one(folder)  # which sweeps at its start: there is nothing of the dead
    assert len(left(folder)) == 4
    for process in (living, third):
        process.communicate(timeout=30)
    assert left(folder) == [f"{PREFIX}link", f"{PREFIX}new"], "and each removes its own"


def test_serve_leaves_nothing(real_urls: DatabaseUrls, folder: Path) -> None:
    """One process; of several `test_observed.py` sees it."""
    abandoned = one(folder)
    abandoned.kill()
    abandoned.communicate()
    environment = Served(real_urls, folder, TMPDIR=str(folder)).environment
    # Not from a process that has imported the library of metrics already.
    web = Popen([sys.executable, "-m", "app.web.uvicorn"], cwd=ROOT, env=environment)
    try:
        end = time.monotonic() + PATIENCE
        while not list(folder.glob(f"{PREFIX}*/*.db")):
            assert web.poll() is None
            assert time.monotonic() < end, "it counts into no folder of its own"
            time.sleep(0.1)
        assert len(left(folder)) == 1
        web.terminate()
        assert web.wait(60) == 128 + signal.SIGTERM
    finally:
        web.kill()
        web.wait()
    assert left(folder) == []

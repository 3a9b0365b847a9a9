"""The folder that the web processes of one port count into (`core/metrics.py`): made before any of them
counts, removed with the last. It knows no library of metrics, which looks for the folder when it is imported.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SHARED = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "listening-state-metrics-"
_OWNER = "owner"


@contextmanager
def shared_counts() -> Iterator[None]:
    """For the block there is such a folder, unless one was named. Those of processes that were killed go."""
    if SHARED in os.environ:
        yield
        return
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    # Held for as long as this process lives, however it ends: by it others know that it does.
    with (folder / _OWNER).open("wb") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        os.environ[SHARED] = str(folder)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove what processes of this user left that live no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Without its owner's file it has just been made. Raises OSError where it cannot be told."""
    with (folder / _OWNER).open("rb") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True

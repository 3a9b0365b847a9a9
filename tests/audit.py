"""`./run check` asks once a day, and for each new lock, whether what is installed has a known weakness.

pip-audit asks PyPI. Where that cannot be reached it is said in one line, and nothing fails.
"""

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK, KEPT = ROOT / "requirements.lock", ROOT / ".artifacts" / "audit"
NOT_DONE = "audit: not done: no advisories could be reached from here"
PATIENCE = 120


def main() -> int:
    asked = f"{date.today()} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"  # noqa: DTZ011
    if KEPT.exists() and KEPT.read_text(encoding="utf-8") == asked:
        return 0
    status, line = judged(_asked())
    sys.stdout.write(f"{line}\n")
    if status == 0:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(asked, encoding="utf-8")
    return status


def _asked() -> str:
    """What pip-audit found, as JSON; blank where it found nobody to ask."""
    command = ["-m", "pip_audit", "-r", str(LOCK), "--require-hashes", "--disable-pip", "-f", "json"]
    try:
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def judged(found: str) -> tuple[int, str]:
    """1 for a known weakness; 0, and why, where most of the packages could not be asked for."""
    try:
        packages = json.loads(found)["dependencies"]
    except (ValueError, KeyError):
        return 0, NOT_DONE
    weak = [
        f"{one['name']} {one['version']}: {', '.join(weakness['id'] for weakness in one['vulns'])}"
        for one in packages
        if one.get("vulns")
    ]
    if weak:
        return 1, "audit: known weaknesses: " + "; ".join(weak)
    looked_at = sum("skip_reason" not in one for one in packages)
    if looked_at * 2 < len(packages):
        return 0, NOT_DONE
    return 0, f"audit: {looked_at} of {len(packages)} packages asked for, no known weakness"


if __name__ == "__main__":
    sys.exit(main())

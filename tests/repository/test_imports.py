"""Who may import whom: the contracts in pyproject.toml."""

import os
import subprocess
import sys

from tests.repository.source import ROOT

LINT = "from importlinter.cli import lint_imports_command as check; check(['--no-cache', '--no-logo'])"


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout

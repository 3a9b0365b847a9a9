"""The program as a whole: that it runs without errors, never how fast."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.supervise import ROOT
from bench import machine
from bench.__main__ import main
from bench.machine import OtherLoad


def test_busy_machine_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "quiet_second", lambda: OtherLoad(others=0.4, stolen=0.0))
    said = CliRunner().invoke(main)
    assert said.exit_code == 2
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert "40.0%" in said.stderr


def test_short_run_has_no_errors() -> None:
    command = [sys.executable, "-m", "bench", "--busy", "--rounds", "1", "--seconds", "1", "--open", "2000"]
    command += ["--rows", "500"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    rows = dict(line.strip("| ").split("|", 1) for line in said.stdout.splitlines() if line.startswith("|"))
    found = {name.strip(): [cell.strip() for cell in rest.split("|")] for name, rest in rows.items()}
    assert found["errors"] == ["0", "0"]
    assert all(int(rate) > 0 for rate in found["a second, median"])
    assert all(float(seconds) > 0 for seconds in found["seconds"])
    assert found["2000 open cases move"] == ["plain SQL, the same rows", "the worker's job"]
    assert found["import of 500 rows, registered and closed"] == ["COPY of what it wrote", "import"]
    assert found["registration, pgbench"] == ["without counters", "with counters"]
    assert all(int(rate) > 0 for rate in found["registrations a second"])
    assert found["a claim and its answer"] == ["pgbench, the same statements", "HTTP, 2 processes"]
    assert all(int(rate) > 0 for rate in found["pairs a second, median"])
    assert said.stdout.count("Ratio") == 5


def test_what_people_read_is_read_without_an_error() -> None:
    command = [sys.executable, "-m", "bench", "reading", "--appeals", "800", "--open", "2000"]
    command += ["--rounds", "10", "--processes", "1"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    rows = [line.split("|") for line in said.stdout.splitlines()[2:]]
    assert len(rows) == 11
    assert all(float(median) > 0 for _, _, median, *_ in rows)
    assert ", 2,0" in said.stdout.splitlines()[0]

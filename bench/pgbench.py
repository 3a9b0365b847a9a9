"""pgbench of the statement that the service runs: the limit that registration over HTTP is held against.

The statement is the service's own, and so are the rows: they are caught on their way to the database. It runs
in the cheapest form there is, one appeal a statement, one round trip, the serial taken within it.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.core.embedded_config import DATABASE, INTAKE, PORT
from app.core.embedded_place import clean_environment, wheel_binaries
from bench.figures import Sample, Window, window

_PARAMETER = re.compile(r"\$(\d+)::(\w+)\[\]")
_LARGEST = 2**63 - 1
# Until the first transaction is done every session plans its statements; the window lies behind that.
PLANNING = 1.0
_ATTEMPTS = 3


class PgbenchFailed(Exception):
    """It ended with an error; the message is what it said."""


@dataclass(frozen=True, slots=True)
class PgbenchRun:
    """`processed` and `failed`: everything it did, what is outside of the window included. `cpu`: pgbench's
    own, seconds."""

    window: Window
    processed: int
    failed: int
    cpu: float


def script(statement: str, columns: Sequence[Sequence[Any]], fresh: Mapping[int, str]) -> str:
    """A pgbench script of a statement whose parameters `$1::type[]` are columns of rows.

    Every run takes one of the rows at random. `fresh` gives, by parameter number, the expression of a
    column that is new every time; random bigints `:a` to `:d` may be used in it.
    """

    def one(parameter: re.Match[str]) -> str:
        number, kind = int(parameter[1]), parameter[2]
        value = fresh.get(number) or _choice(columns[number - 1], kind)
        return f"ARRAY[{value}]::{kind}[]"

    sets = [rf"\set {name} random(1, {_LARGEST})" for name in "abcd"]
    choose = rf"\set variant random(1, {len(columns[0])})"
    return "\n".join([*sets, choose, f"{_PARAMETER.sub(one, statement).strip()};", ""])


def random_bytes(order: str) -> str:
    """An expression of 8 random bytes a letter, such as `abcd`."""
    return " || ".join(f"int8send(:{name})" for name in order)


def _choice(values: Sequence[Any], kind: str) -> str:
    written = [literal(value) for value in values]
    if len(set(written)) == 1:
        return written[0]
    return f"(ARRAY[{', '.join(written)}]::{kind}[])[:variant]"


def literal(value: Any) -> str:
    """An SQL literal without a colon in it: pgbench would take what follows for a variable."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a").replace("\n", "\\n")
    return f"E'{escaped}'"


def run(
    source: str,
    socket_dir: str,
    *,
    clients: int,
    settle: float,
    seconds: float,
    login: str = INTAKE,
    options: str = "",
) -> PgbenchRun:
    """Run the script as this login, with these settings of its sessions, and count for so many seconds,
    `settle` seconds after the first transaction was done. Where none was done in them it runs again: a
    machine that stood still says nothing of a limit. Raises PgbenchFailed."""
    before, processed, failed = _children_cpu(), 0, 0
    for _ in range(_ATTEMPTS):
        said, samples = _ran(source, socket_dir, clients, settle + seconds + PLANNING, login, options)
        processed, failed = processed + said[0], failed + said[1]
        begun = min((sample.done for sample in samples), default=0.0)
        seen = window(samples, begun, settle, seconds)
        if seen.took:
            return PgbenchRun(seen, processed, failed, _children_cpu() - before)
    raise PgbenchFailed(f"nothing was done in {seconds:.0f} s, {_ATTEMPTS} times: this machine stands still")


def _ran(
    source: str, socket_dir: str, clients: int, seconds: float, login: str, options: str
) -> tuple[tuple[int, int], list[Sample]]:
    """What it counted, and each transaction; `seconds` are whole ones to pgbench."""
    with tempfile.TemporaryDirectory(prefix="ls-pgbench-") as name:
        folder = Path(name)
        (folder / "script.sql").write_text(source, encoding="utf-8")
        said = subprocess.run(
            [
                *(wheel_binaries() / "pgbench", "-n", "-M", "prepared"),
                *("-c", str(clients), "-j", "2", "-T", str(round(seconds))),
                *("-f", folder / "script.sql", "-l", f"--log-prefix={folder / 'log'}"),
                *("-h", socket_dir, "-p", str(PORT), "-U", login, DATABASE),
            ],
            capture_output=True,
            text=True,
            env=clean_environment() | {"PGOPTIONS": options},
            check=False,
        )
        if said.returncode != 0:
            raise PgbenchFailed(" | ".join(said.stderr.strip().splitlines()[-3:]))
        samples = [sample for log in folder.glob("log.*") for sample in read_log(log.read_text())]
    return counts(said.stdout), samples


def _children_cpu() -> float:
    """Seconds of CPU of the children that ended."""
    times = os.times()
    return times.children_user + times.children_system


def counts(said: str) -> tuple[int, int]:
    """Transactions processed and failed, from pgbench's report."""
    found = dict(re.findall(r"^number of (.+): (\d+)", said, re.MULTILINE))
    return int(found["transactions actually processed"]), int(found["failed transactions"])


def read_log(text: str) -> Iterator[Sample]:
    """Lines of `client number microseconds script second microsecond`; `failed` has no duration."""
    for line in text.splitlines():
        _, _, took, _, second, microsecond, *_ = line.split()
        if took.isdigit():
            yield Sample(int(second) + int(microsecond) / 1e6, int(took) / 1e6)

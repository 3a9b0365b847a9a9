"""Bringing a register along beside COPY of the very rows that it wrote, on one server, round after round.

COPY goes into tables like ours, with their indexes, in one transaction: it decides, encrypts and hashes
nothing, and nobody could be asked to make its rows any faster.
"""

import asyncio
import csv
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import asyncpg
import psutil

from app.core.db import DatabaseUrls
from app.core.embedded_postgres import Cluster
from app.intake.registers import mapping, table
from app.intake.registers.flaws import AnyFlaw, said
from app.intake.registers.importing import Importing
from app.intake.registers.processes import Task, clerks
from app.intake.registers.table import Line
from bench import figures, machine, service
from bench.machine import cpu_of
from bench.service import Say

BAR = 2000
ROWS = 10_000
MAPPING = """
source = "register"
[file]
zone = "Asia/Almaty"
moments = ["%d.%m.%Y %H:%M:%S"]
[fields]
number = { column = "number" }
received = { column = "received" }
kind = "message"
channel = "call_centre"
language = { column = "language" }
text = { column = "text" }
topic = { column = "type", codes = { "1" = "transport", "2" = "utilities", "3" = "land" } }
addressee = { column = "agency" }
name = { column = "name" }
phone = { column = "phone" }
closed = { column = "closed" }
ending = { column = "status", codes = { "1" = "explained", "2" = "satisfied", "3" = "withdrawn" } }
answer = { column = "answer" }
legal_basis = "–"
"""
HEADER = (
    "number",
    "received",
    "language",
    "text",
    "type",
    "agency",
    "name",
    "phone",
    "closed",
    "status",
    "answer",
)
WRITTEN = ("intake_key", "appeal", "applicant", "content", "holding", "event", "ledger", "counter_delta")


class NotBrought(Exception):
    """A row of ours was refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds; CPU in seconds. `memory`: megabytes after the first tenth and at the end."""

    took: float
    app: float
    database: float
    memory: tuple[int, int]
    copied: float


@dataclass(frozen=True, slots=True)
class Outcome:
    rows: int
    rounds: list[Round] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.rows / statistics.median(one.took for one in self.rounds)

    @property
    def ratio(self) -> float:
        return statistics.median(one.copied / one.took for one in self.rounds)


def measure(
    cluster: Cluster, urls: DatabaseUrls, folder: Path, *, rounds: int, rows: int, say: Say
) -> Outcome:
    outcome = Outcome(rows)
    by = folder / "register.toml"
    by.write_text(MAPPING, encoding="utf-8")
    for number in range(rounds):
        file = folder / "register.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows((HEADER, *register_rows(number, rows)))
        outcome.rounds.append(asyncio.run(_round(cluster, urls, file, by)))
        done = outcome.rounds[-1]
        say(f"bench: register {number + 1} of {rounds}: {rows / done.took:.0f} rows a second")
    return outcome


def register_rows(number: int, rows: int) -> Iterator[Sequence[str]]:
    """Invented, in no order of time, all of it closed."""
    begin = datetime(2014, 1, 6, 9, tzinfo=UTC)
    text = "Көшеде жарық жоқ, тротуар бұзылған; просим отремонтировать освещение во дворе."
    for n in range(rows):
        received = begin + timedelta(minutes=n * 7919 % 3_000_000)
        closed = received + timedelta(hours=n * 31 % 900)
        at = [moment.strftime("%d.%m.%Y %H:%M:%S") for moment in (received, closed)]
        agency = ("energy", "ecology", "akimat-turkistan", "industry")[n % 4]
        said = (("kk", "ru")[n % 2], f"{text} {n}", str(1 + n % 3), agency, f"Тұрғын {n}", f"+7701{n:07}")
        yield (f"{number}-{n}", at[0], *said, at[1], str(1 + n % 20 // 9), f"Жұмыс жасалды, {n}.")


async def _round(cluster: Cluster, urls: DatabaseUrls, file: Path, by: Path) -> Round:
    owner = await asyncpg.connect(urls.owner)
    try:
        await owner.execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")
        await _checkpoint(cluster)
        took, app, database, memory = await _brought(cluster, urls, file, by)
        return Round(took, app, database, memory, await _copied(cluster, owner))
    finally:
        await owner.close()


async def _brought(
    cluster: Cluster, urls: DatabaseUrls, file: Path, by: Path
) -> tuple[float, float, float, tuple[int, int]]:
    server, marks, known = psutil.Process(cluster.pid), list[int](), mapping.load(by)
    with table.open_table(file, known) as found:
        task = Task(urls, service.SECRET, by, found.header)
        async with clerks(machine.cores(), task) as them:
            run = Importing(found, them, _unexpected, lambda done, all_: marks.append(_memory()))
            begun, app, base = time.perf_counter(), _cpu(), cpu_of(server)
            await run.run()
            took = time.perf_counter() - begun
            app, base = _cpu() - app, cpu_of(server) - base
    return took, app, base, (marks[len(marks) // 10], marks[-1])


def _ours() -> list[psutil.Process]:
    """This process and its clerks; the database is a child, too."""
    me = psutil.Process()
    return [me, *(one for one in me.children() if one.name().startswith("python"))]


def _cpu() -> float:
    times = [one.cpu_times() for one in _ours()]
    return float(sum(one.user + one.system for one in times))


def _memory() -> int:
    """Megabytes."""
    return int(sum(one.memory_info().rss for one in _ours())) >> 20


def _unexpected(line: Line, flaws: Sequence[AnyFlaw]) -> None:
    raise NotBrought(f"row {line.place}: {'; '.join(said(flaws, 'en'))}")


async def _checkpoint(cluster: Cluster) -> None:
    """Each turn begins alike: the first change of a page after a checkpoint writes the page whole."""
    admin = await asyncpg.connect(cluster.admin_url)
    await admin.execute("CHECKPOINT")
    await admin.close()


async def _copied(cluster: Cluster, owner: asyncpg.Connection) -> float:
    """Seconds that the same rows take into tables of the same shape."""
    held: dict[str, BytesIO] = {}
    for name in WRITTEN:
        held[name] = BytesIO()
        await owner.copy_from_table(name, output=held[name], format="binary")
        held[name].seek(0)
        await owner.execute(f"CREATE TABLE copied_{name} (LIKE {name} INCLUDING ALL)")
    await _checkpoint(cluster)
    begun = time.perf_counter()
    async with owner.transaction():
        for name, rows in held.items():
            await owner.copy_to_table(f"copied_{name}", source=rows, format="binary")
    took = time.perf_counter() - begun
    await owner.execute(f"DROP TABLE {', '.join(f'copied_{name}' for name in WRITTEN)}")
    return took


def report(outcome: Outcome) -> str:
    """The table, and what it says of the bar."""
    rounds, rows = outcome.rounds, outcome.rows

    def each(values: Sequence[float]) -> str:
        return f"{statistics.median(values) * 1000 / rows:.3f}"

    verdict = "over the bar" if outcome.rate >= BAR else "UNDER THE BAR"
    lines = [
        ("rows a second, median", _rate(rows, [one.copied for one in rounds]), f"{outcome.rate:.0f}"),
        (
            "rows a second, each round",
            *(
                ", ".join(f"{rows / seconds:.0f}" for seconds in column)
                for column in ([one.copied for one in rounds], [one.took for one in rounds])
            ),
        ),
        ("CPU each, app, ms", "-", each([one.app for one in rounds])),
        ("CPU each, PostgreSQL, ms", "-", each([one.database for one in rounds])),
        ("memory after a tenth, MB", "-", ", ".join(str(one.memory[0]) for one in rounds)),
        ("memory at the end, MB", "-", ", ".join(str(one.memory[1]) for one in rounds)),
    ]
    head = (f"import of {rows} rows, registered and closed", "COPY of what it wrote", "import")
    said = f"{outcome.rate:.0f} rows a second, {outcome.ratio:.2f} of COPY: {verdict} ({BAR} a second)."
    return f"{figures.table(head, lines)}\n\n{said}"


def _rate(rows: int, seconds: Sequence[float]) -> str:
    return f"{rows / statistics.median(seconds):.0f}"

"""`python -m bench day`: a national day, paced by the clock: who waits because others wait is counted."""

import asyncio
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
import uvloop

from app.core.embedded_postgres import Cluster
from bench import day_restart, machine, service
from bench.day_load import Ran, Setting, run, set_up
from bench.figures import percentile, table
from bench.made.cli import say
from bench.made.sizes import record

BAR, BAR_P99, AIM = 150, 0.200, 600
USED_UP = 0.85
"""The share of all cores above which requests wait for nothing else."""
PROCESSES = 2
_COMPARED = "UPDATE answers_read SET xid = pg_snapshot_xmin(pg_current_snapshot()), event_id = 0"
YEARS = 5
"""Of the record: whatever is older the worker would be erasing, as its term is over."""
SHOWN = 5
RATES = (150, 225, 260, 300, 400, 500, 600)


@dataclass(frozen=True, slots=True)
class Cores:
    """That each side used while it was counted."""

    web: float
    database: float
    worker: float
    own: float

    @property
    def all(self) -> float:
        return self.web + self.database + self.worker + self.own


@dataclass(frozen=True, slots=True)
class Step:
    """One rate: what became of it, and what it took."""

    rate: int
    ran: Ran
    cores: Cores

    @property
    def p99(self) -> float:
        return percentile(self.ran.all(), 0.99)

    @property
    def met(self) -> bool:
        return not self.ran.errors and self.p99 < BAR_P99


@click.command("day")
@click.option("--appeals", type=click.IntRange(800, 50_000_000), default=10_000, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the record here, and find it."
)
@click.option(
    "--rate", "rates", type=click.IntRange(1, 10_000), multiple=True, default=RATES, show_default=True
)
@click.option("--seconds", type=click.IntRange(2, 3600), default=30, show_default=True, help="Of each rate.")
@click.option(
    "--pages", type=click.IntRange(0, 5000), default=500, show_default=True, help="Operators' pages."
)
@click.option("--all", "every", is_flag=True, help="Go on after a rate that did not meet the bar.")
def day(appeals: int, keep: Path | None, rates: Sequence[int], seconds: int, pages: int, every: bool) -> None:
    """A working day at its peak: appeals and tickets, tracking, queues, cases, claims, drafts, answers and
    statistics, with operators' pages open that ask again whenever they are told of a change.

    Requests begin when the clock says, whether or not those before have been answered, and their time counts
    from then. Each rate in turn until one does not meet the bar: p99 under 200 ms and no error, at 150 a
    second; the aim is 600. Web (2 processes), worker, database and this program share the machine. At last
    the web side is started anew and all pages come back at once, with 150 requests a second beside.
    """
    steps: list[Step] = []
    herd = None
    with (
        _a_worked_record(appeals, keep) as cluster,
        service.own_folder() as folder,
        service.worker(cluster.urls(), folder) as worker,
    ):
        with service.web(cluster.urls(), folder, processes=PROCESSES) as web:
            setting = asyncio.run(set_up(cluster.urls(), web.port))
            watched = (web.process, psutil.Process(cluster.pid), worker, psutil.Process())
            for rate in rates:
                steps.append(_step(setting, watched, rate, seconds, pages))
                say(_told(steps[-1]))
                if not (steps[-1].met or every):
                    break
            left = uvloop.run(day_restart.left(setting, pages))
        if left:
            with service.web(cluster.urls(), folder, processes=PROCESSES, port=web.port):
                herd = uvloop.run(day_restart.come_back(setting, left, BAR))
    click.echo(report(steps, machine.cores()))
    click.echo(f"\n{day_restart.report(herd)}" if herd else "")


@contextmanager
def _a_worked_record(appeals: int, keep: Path | None) -> Iterator[Cluster]:
    """In which the worker has no more to do than on any day: what was answered before has been compared."""
    with record(appeals, 2, keep, YEARS) as cluster:
        service.ask(cluster.owner_url, _COMPARED)
        yield cluster


def _step(setting: Setting, watched: Sequence[psutil.Process], rate: int, seconds: int, pages: int) -> Step:
    seen: list[tuple[float, list[float]]] = []
    ran = uvloop.run(
        run(setting, rate, seconds, pages, lambda: seen.append((time.monotonic(), [*map(_used, watched)])))
    )
    (begun, before), (ended, after) = seen
    each = ((last - first) / (ended - begun) for first, last in zip(before, after, strict=True))
    return Step(rate, ran, Cores(*each))


def _used(process: psutil.Process) -> float:
    """This program's children are the others."""
    return time.process_time() if process.pid == os.getpid() else machine.cpu_of(process)


def _told(step: Step) -> str:
    ran = step.ran
    return (
        f"bench: {step.rate} a second: p99 {step.p99 * 1000:.0f} ms, {len(ran.errors)} errors, {ran.told} "
        f"changes told"
    )


def report(steps: Sequence[Step], cores: int) -> str:
    """What each rate gave, each kind of request at the highest rate that met the bar, and what gave way."""
    lines = [_rates(steps)]
    best = max((step for step in steps if step.met), key=lambda step: step.rate, default=None)
    if best:
        lines.append(_kinds(best))
    highest = f"{best.rate} a second" if best else "none"
    lines.append(f"The highest rate that met the bar: {highest} (bar {BAR}, aim {AIM}).")
    lines += [_gave_way(step, cores) for step in steps if not step.met]
    return "\n\n".join(lines)


def _gave_way(step: Step, cores: int) -> str:
    """In one line: what was used up, and who was not answered, or not in time."""
    used = step.cores
    share = f"{used.all:.2f} of {cores} cores"
    what = f"the processor ({share})" if used.all > USED_UP * cores else f"not the processor ({share})"
    missed = [f"{kind} ({why}) {times}" for (kind, why), times in Counter(step.ran.errors).most_common(SHOWN)]
    slow = [kind for kind, took in step.ran.took.items() if percentile(took, 0.99) >= BAR_P99]
    return (
        f"At {step.rate} a second what gave way was {what}; not answered: {', '.join(missed) or 'none'}; "
        f"p99 over {BAR_P99 * 1000:.0f} ms: {', '.join(slow) or 'none'}."
    )


def _rates(steps: Sequence[Step]) -> str:
    columns = [_column(step) for step in steps]
    head = ("requests a second", *(str(step.rate) for step in steps))
    return table(head, [(name, *(column[name] for column in columns)) for name in columns[0]])


def _column(step: Step) -> dict[str, str]:
    ran, took, cores = step.ran, step.ran.all(), step.cores
    whys = Counter(one.why for one in ran.errors)
    return {
        "answered a second": f"{len(took) / ran.seconds:.0f}",
        "p50, ms": f"{statistics.median(took) * 1000:.0f}",
        "p99, ms": f"{step.p99 * 1000:.0f}",
        "errors": ", ".join(f"{times} × {why}" for why, times in whys.items()) or "0",
        "pages told of a change, a second": f"{ran.told / ran.seconds:.0f}",
        "cores: web": f"{cores.web:.2f}",
        "cores: PostgreSQL": f"{cores.database:.2f}",
        "cores: worker": f"{cores.worker:.2f}",
        "cores: this program": f"{cores.own:.2f}",
        "cores: all": f"{cores.all:.2f}",
    }


def _kinds(step: Step) -> str:
    head = (f"at {step.rate} a second", "a second", "p50, ms", "p99, ms")
    rows = [
        (
            kind,
            f"{len(took) / step.ran.seconds:.1f}",
            f"{statistics.median(took) * 1000:.0f}",
            f"{percentile(took, 0.99) * 1000:.0f}",
        )
        for kind, took in step.ran.took.items()
        if took
    ]
    return table(head, rows)

"""`python -m bench day`: a national day, paced by the clock: who waits because others wait is counted."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
import uvloop

from bench import service
from bench.day_load import Ran, Setting, run, set_up
from bench.figures import percentile, table
from bench.machine import cpu_of
from bench.made.cli import say
from bench.made.sizes import record

BAR, BAR_P99, AIM = 150, 0.200, 600
PROCESSES = 2
SHOWN = 5
RATES = (150, 225, 300, 400, 500, 600)


@dataclass(frozen=True, slots=True)
class Step:
    """One rate: what became of it, and the cores that each side used."""

    rate: int
    ran: Ran
    app: float
    database: float
    worker: float
    own: float

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
    second; the aim is 600. Web (2 processes), worker, database and this program share the machine.
    """
    steps: list[Step] = []
    with (
        record(appeals, 2, keep) as cluster,
        service.own_folder() as folder,
        service.web(cluster.urls(), folder, processes=PROCESSES) as web,
        service.worker(cluster.urls(), folder) as worker,
    ):
        setting = asyncio.run(set_up(cluster.urls(), web.port))
        watched = (web.process, psutil.Process(cluster.pid), worker)
        for rate in rates:
            steps.append(_step(setting, watched, rate, seconds, pages))
            say(_told(steps[-1]))
            if not (steps[-1].met or every):
                break
    click.echo(report(steps))


def _step(setting: Setting, watched: Sequence[psutil.Process], rate: int, seconds: int, pages: int) -> Step:
    before = [cpu_of(one) for one in watched]
    begun, own = time.monotonic(), time.process_time()
    ran = uvloop.run(run(setting, rate, seconds, pages))
    took = time.monotonic() - begun
    app, database, worker = ((cpu_of(one) - used) / took for one, used in zip(watched, before, strict=True))
    return Step(rate, ran, app, database, worker, (time.process_time() - own) / took)


def _told(step: Step) -> str:
    ran = step.ran
    return (
        f"bench: {step.rate} a second: p99 {step.p99 * 1000:.0f} ms, {len(ran.errors)} errors, {ran.told} "
        f"changes told"
    )


def report(steps: Sequence[Step]) -> str:
    """What each rate gave, each kind of request at the last rate that met the bar, and what gave way."""
    lines = [_rates(steps)]
    met = [step for step in steps if step.met]
    if met:
        lines.append(_kinds(met[-1]))
        lines.append(f"The highest rate that met the bar: {met[-1].rate} a second (bar {BAR}, aim {AIM}).")
    for step in steps:
        worst = Counter(step.ran.errors).most_common(SHOWN)
        lines += [f"{step.rate} a second, {times} times: {error}" for error, times in worst]
    return "\n\n".join(lines)


def _rates(steps: Sequence[Step]) -> str:
    columns = [_column(step) for step in steps]
    head = ("requests a second", *(str(step.rate) for step in steps))
    return table(head, [(name, *(column[name] for column in columns)) for name in columns[0]])


def _column(step: Step) -> dict[str, str]:
    ran, took = step.ran, step.ran.all()
    return {
        "answered a second": f"{len(took) / ran.seconds:.0f}",
        "p50, ms": f"{statistics.median(took) * 1000:.0f}",
        "p99, ms": f"{step.p99 * 1000:.0f}",
        "errors": str(len(ran.errors)),
        "pages told of a change, a second": f"{ran.told / ran.seconds:.0f}",
        "cores: web": f"{step.app:.2f}",
        "cores: PostgreSQL": f"{step.database:.2f}",
        "cores: worker": f"{step.worker:.2f}",
        "cores: this program": f"{step.own:.2f}",
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

"""`python -m bench cost`: the CPU that one request of each kind takes, web and PostgreSQL apart."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import click
import psutil
import uvloop

from bench import service
from bench.day_load import REFRESH, Load, Ran, Setting, set_up
from bench.figures import table
from bench.machine import cpu_of
from bench.made.sizes import record

WARM = 10

Spent = tuple[float, float]
"""Seconds of CPU a request: web, PostgreSQL."""


@click.command("cost")
@click.option("--appeals", type=click.IntRange(800, 50_000_000), default=10_000, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the record here, and find it."
)
@click.option("--times", type=click.IntRange(1, 10_000), default=100, show_default=True, help="A turn.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
def cost(appeals: int, keep: Path | None, times: int, rounds: int) -> None:
    """What one request of the day's mix costs: each kind alone and one request after the other, in turns.

    Medians of the CPU of one web process and of PostgreSQL, with what the worker asks of it. Where others
    work beside, compare two states of the code in turns and believe the ratio.
    """
    with (
        record(appeals, 2, keep) as cluster,
        service.own_folder() as folder,
        service.web(cluster.urls(), folder, processes=1) as web,
        service.worker(cluster.urls(), folder),
    ):
        setting = asyncio.run(set_up(cluster.urls(), web.port))
        spent = uvloop.run(_in_turns(setting, (web.process, psutil.Process(cluster.pid)), times, rounds))
    click.echo(report(spent))


async def _in_turns(
    setting: Setting, watched: Sequence[psutil.Process], times: int, rounds: int
) -> dict[str, list[Spent]]:
    load = Load(setting, Ran(0), 0)
    open_pages = [(await load.page(operator))[0] for operator in setting.operators]
    kinds = {**load.kinds, REFRESH: lambda: load.again(load.random.choice(open_pages))}
    for what in kinds.values():
        await _repeated(what, WARM)
    spent: dict[str, list[Spent]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, what in kinds.items():
            before = [cpu_of(one) for one in watched]
            await _repeated(what, times)
            web, database = ((cpu_of(one) - used) / times for one, used in zip(watched, before, strict=True))
            spent[kind].append((web, database))
    load.lines.close()
    return spent


async def _repeated(what: Callable[[], Awaitable[None]], times: int) -> None:
    for _ in range(times):
        await what()


def report(spent: dict[str, list[Spent]]) -> str:
    rows = [
        (kind, *(f"{1000 * statistics.median(side):.1f}" for side in zip(*found, strict=True)))
        for kind, found in spent.items()
    ]
    return table(("a request", "web, ms", "PostgreSQL, ms"), rows)

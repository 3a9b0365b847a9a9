"""What the counters cost: the transaction of a registration with them and without, and their folding.

Both are run by pgbench, in turns, on one server with fsync. Then the worker's fold takes what was counted.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from app.core.db import Database, DatabaseUrls
from app.core.embedded_postgres import Cluster
from app.oversight.rollups import fold
from bench import pgbench, service
from bench.figures import Window, percentile, ratio, table
from bench.machine import cpu_of
from bench.registration import limit_script
from bench.service import Say
from bench.turns import CONNECTIONS, SETTLE

BAR = 0.90
_COUNTED = re.compile(r", counted AS \(.*?(?=\), \w+ AS \()\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Round:
    """`database`: PostgreSQL's CPU in seconds for all that was done."""

    window: Window
    done: int
    database: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rounds in pairs; `folded` deltas in so many seconds, with so much CPU of PostgreSQL."""

    without: Sequence[Round]
    counted: Sequence[Round]
    folded: int
    took: float
    database: float

    @property
    def ratio(self) -> float:
        return ratio((one.window.rate for one in self.counted), (one.window.rate for one in self.without))


def without_counters(script: str) -> str:
    """The same script with no counter delta written."""
    found, times = _COUNTED.subn("", script)
    assert times == 1
    assert "counter_delta" not in found
    return found


def measure(cluster: Cluster, urls: DatabaseUrls, *, rounds: int, seconds: float, say: Say) -> Outcome:
    script = asyncio.run(limit_script(urls))
    bare = without_counters(script)
    _round(cluster, script, SETTLE)
    without, counted = [], []
    for number in range(1, rounds + 1):
        without.append(_round(cluster, bare, seconds))
        counted.append(_round(cluster, script, seconds))
        rates = f"{counted[-1].window.rate:.0f} with, {without[-1].window.rate:.0f} without"
        say(f"bench: counters: round {number} of {rounds}: {rates} a second")
    return Outcome(without, counted, *asyncio.run(_folded(cluster, urls)))


def _round(cluster: Cluster, script: str, seconds: float) -> Round:
    service.ask(cluster.admin_url, "CHECKPOINT")
    postgres = psutil.Process(cluster.pid)
    before = cpu_of(postgres)
    run = pgbench.run(script, cluster.socket_dir, clients=CONNECTIONS, settle=SETTLE, seconds=seconds)
    used = cpu_of(postgres) - before
    return Round(run.window, run.processed, used)


async def _folded(cluster: Cluster, urls: DatabaseUrls) -> tuple[int, float, float]:
    db = await Database.open(urls, pool_size=1)
    postgres = psutil.Process(cluster.pid)
    async with db.read() as connection:
        waiting: int = await connection.fetchval("SELECT count(*) FROM counter_delta")
    begun, before = time.perf_counter(), cpu_of(postgres)
    await fold(db)
    took, used = time.perf_counter() - begun, cpu_of(postgres) - before
    await db.close()
    return waiting, took, used


def report(outcome: Outcome) -> str:
    """The table, and what it says of the bar."""
    columns = [_column(rounds) for rounds in (outcome.without, outcome.counted)]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    verdict = "within the bar" if outcome.ratio >= BAR else "OVER THE BAR"
    said = (
        f"Ratio {outcome.ratio:.2f}: {verdict} ({BAR:.2f}). The worker folded the {outcome.folded} deltas in "
        f"{outcome.took:.1f} s, with {outcome.database * 1e6 / outcome.folded:.0f} µs of PostgreSQL each."
    )
    return f"{table(('registration, pgbench', 'without counters', 'with counters'), rows)}\n\n{said}"


def _column(rounds: Sequence[Round]) -> dict[str, str]:
    rates = [one.window.rate for one in rounds]
    took = [latency for one in rounds for latency in one.window.took]
    each = sum(one.database for one in rounds) * 1000 / sum(one.done for one in rounds)
    return {
        "registrations a second": f"{statistics.median(rates):.0f}",
        "each round": ", ".join(f"{rate:.0f}" for rate in rates),
        "p99, ms": f"{percentile(took, 0.99) * 1000:.1f}",
        "CPU of PostgreSQL each, ms": f"{each:.2f}",
    }

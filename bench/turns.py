"""pgbench and HTTP on one server, round after round: what is counted of both, and how it is told."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from app.core.embedded_config import INTAKE
from app.core.embedded_postgres import Cluster
from bench import pgbench, service
from bench.client import ClientRun
from bench.figures import Window, percentile, ratio, window
from bench.machine import cpu_of
from bench.service import Say, Web

CONNECTIONS = 32
PROCESSES = 2
SETTLE = 1.0


class Miscounted(Exception):
    """What is in the database is not what was answered."""


@dataclass(frozen=True, slots=True)
class Round:
    """One side's turn. `done`: everything it did, settling included; CPU in seconds, over the same."""

    window: Window
    done: int
    errors: int
    app: float
    database: float
    client: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both sides' rounds, in pairs."""

    limit: list[Round]
    http: list[Round]

    @property
    def ratio(self) -> float:
        return ratio((one.window.rate for one in self.http), (one.window.rate for one in self.limit))

    @property
    def errors(self) -> int:
        return sum(one.errors for one in (*self.limit, *self.http))


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is measured. `source`: the pgbench script, run by `login` in sessions with `options`. `load`:
    the same over HTTP, for so many seconds. `counted`: asks the database how much of it was done; `what`: it,
    for people."""

    cluster: Cluster
    web: Web
    source: str
    load: Callable[[float], ClientRun]
    counted: str
    what: str
    login: str = INTAKE
    options: str = ""

    def database_cpu(self) -> float:
        return cpu_of(psutil.Process(self.cluster.pid))

    def checkpoint(self) -> None:
        """Each turn begins alike: the first change of a page after a checkpoint writes the page whole."""
        service.ask(self.cluster.admin_url, "CHECKPOINT")


def measure(here: Site, *, warm_up: float, rounds: int, seconds: float, say: Say) -> Outcome:
    """Take turns. Raises Miscounted when rows and answers differ."""
    before = service.ask(here.cluster.owner_url, here.counted)
    say(f"bench: {here.what}: warming up")
    warm = http_round(here, warm_up)
    outcome = Outcome([], [])
    for number in range(1, rounds + 1):
        outcome.limit.append(limit_round(here, seconds))
        outcome.http.append(http_round(here, seconds))
        limit, http = outcome.limit[-1].window.rate, outcome.http[-1].window.rate
        say(f"bench: {here.what}: round {number} of {rounds}: pgbench {limit:.0f}, HTTP {http:.0f} a second")
    done = sum(one.done for one in (warm, *outcome.limit, *outcome.http))
    found = service.ask(here.cluster.owner_url, here.counted) - before
    if found != done and not warm.errors + outcome.errors:
        raise Miscounted(f"{done} {here.what} were confirmed, {found} are in the database")
    return outcome


def limit_round(here: Site, seconds: float) -> Round:
    here.checkpoint()
    database = here.database_cpu()
    run = pgbench.run(
        here.source,
        here.cluster.socket_dir,
        clients=CONNECTIONS,
        settle=SETTLE,
        seconds=seconds,
        login=here.login,
        options=here.options,
    )
    return Round(
        window=run.window,
        done=run.processed,
        errors=run.failed,
        app=0.0,
        database=here.database_cpu() - database,
        client=run.cpu,
    )


def http_round(here: Site, seconds: float) -> Round:
    here.checkpoint()
    database, app = here.database_cpu(), here.web.cpu()
    run = here.load(SETTLE + seconds)
    return Round(
        window=window(run.samples, run.begun, SETTLE, seconds),
        done=run.created,
        errors=run.errors,
        app=here.web.cpu() - app,
        database=here.database_cpu() - database,
        client=run.cpu,
    )


def column(rounds: Sequence[Round]) -> dict[str, str]:
    """One side's figures by their names."""
    rates = [one.window.rate for one in rounds]
    took = [latency for one in rounds for latency in one.window.took]
    return {
        "a second, median": f"{statistics.median(rates):.0f}",
        "a second, each round": ", ".join(f"{rate:.0f}" for rate in rates),
        "latency p50, ms": f"{percentile(took, 0.50) * 1000:.1f}",
        "latency p99, ms": f"{percentile(took, 0.99) * 1000:.1f}",
        "CPU each, app, ms": _each(rounds, [one.app for one in rounds]),
        "CPU each, PostgreSQL, ms": _each(rounds, [one.database for one in rounds]),
        "CPU each, client, ms": _each(rounds, [one.client for one in rounds]),
        "errors": str(sum(one.errors for one in rounds)),
    }


def _each(rounds: Sequence[Round], seconds: Sequence[float]) -> str:
    done = sum(one.done for one in rounds)
    return f"{sum(seconds) * 1000 / done:.2f}" if done and any(seconds) else "-"

"""Registration over HTTP beside pgbench of the same transaction, on one server, round after round."""

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.appeals import record
from app.appeals.record import NewAppeal
from app.core.db import Database, DatabaseUrls, columns
from app.core.embedded_postgres import Cluster
from app.directory import snapshot
from app.intake.api import submission
from app.intake.register import register
from app.intake.schemas import AppealIn
from bench import client, pgbench, service
from bench.appeals import appeals
from bench.figures import Window, percentile, table, window
from bench.machine import cpu_of
from bench.service import Say, Web

BAR, AIM = 0.35, 0.60
CONNECTIONS = 32
PROCESSES = 2
SETTLE = 1.0
WARM_UP = 3.0


class Miscounted(Exception):
    """What is in the database is not what was answered."""


@dataclass(frozen=True, slots=True)
class Round:
    """One side's turn. `done`: everything it registered, settling included; CPU in seconds, over the same."""

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
        pairs = zip(self.http, self.limit, strict=True)
        return statistics.median(http.window.rate / limit.window.rate for http, limit in pairs)

    @property
    def errors(self) -> int:
        return sum(one.errors for one in (*self.limit, *self.http))


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is measured; `source` is the pgbench script."""

    cluster: Cluster
    web: Web
    source: str

    def database_cpu(self) -> float:
        return cpu_of(psutil.Process(self.cluster.pid))


@contextmanager
def site(folder: Path, say: Say, settings: dict[str, str] | None = None) -> Iterator[Site]:
    with service.database(folder, say=say, settings=settings) as (cluster, urls):
        source = asyncio.run(limit_script(urls))
        say(f"bench: starting {PROCESSES} web processes")
        with service.web(urls, folder, processes=PROCESSES) as web:
            yield Site(cluster, web, source)


def measure(here: Site, *, rounds: int, seconds: float, say: Say) -> Outcome:
    """Take turns. Raises Miscounted when rows and answers differ."""
    say("bench: warming up")
    warm = http_round(here, WARM_UP)
    outcome = Outcome([], [])
    for number in range(1, rounds + 1):
        outcome.limit.append(limit_round(here, seconds))
        outcome.http.append(http_round(here, seconds))
        limit, http = outcome.limit[-1].window.rate, outcome.http[-1].window.rate
        say(f"bench: round {number} of {rounds}: pgbench {limit:.0f}, HTTP {http:.0f} a second")
    _check_rows(here, [warm, *outcome.limit, *outcome.http])
    return outcome


def limit_round(here: Site, seconds: float) -> Round:
    _checkpoint(here)
    database = here.database_cpu()
    run = pgbench.run(here.source, here.cluster.socket_dir, clients=CONNECTIONS, seconds=SETTLE + seconds)
    return Round(
        window=window(run.samples, run.begun, SETTLE, seconds),
        done=run.processed,
        errors=run.failed,
        app=0.0,
        database=here.database_cpu() - database,
        client=run.cpu,
    )


def http_round(here: Site, seconds: float) -> Round:
    _checkpoint(here)
    database, app = here.database_cpu(), here.web.cpu()
    run = client.load(here.web.port, connections=CONNECTIONS, seconds=SETTLE + seconds)
    return Round(
        window=window(run.samples, run.begun, SETTLE, seconds),
        done=run.created,
        errors=run.errors,
        app=here.web.cpu() - app,
        database=here.database_cpu() - database,
        client=run.cpu,
    )


def _checkpoint(here: Site) -> None:
    """Each turn begins alike: the first change of a page after a checkpoint writes the page whole."""
    service.ask(here.cluster.admin_url, "CHECKPOINT")


def _check_rows(here: Site, rounds: Sequence[Round]) -> None:
    found = service.ask(here.cluster.owner_url, "SELECT count(*) FROM event WHERE kind = 'registered'")
    answered = sum(one.done for one in rounds)
    if found != answered and not any(one.errors for one in rounds):
        raise Miscounted(f"{answered} registrations were confirmed, {found} are in the database")


class Caught:
    """In the place of a connection: keeps what `register` would have written."""

    def __init__(self) -> None:
        self.rows: list[NewAppeal] = []

    async def fetch(self, statement: str, *arguments: Any) -> list[dict[str, int]]:
        if statement == record.REGISTER:
            rows = [NewAppeal(*values) for values in zip(*arguments, strict=True)]
            self.rows += rows
            return [{"id": row.appeal_id} for row in rows]
        return [{"serial": serial} for serial in range(1, arguments[1] + 1)]


async def limit_script(urls: DatabaseUrls) -> str:
    """The service's statement with the service's rows; what must differ between two appeals is made anew."""
    db = await Database.open(urls, pool_size=2)
    try:
        directory = await snapshot.refresh(db)
    finally:
        await db.close()
    caught = Caught()
    sent = [submission(AppealIn(**appeal), f"bench-{n:012}") for n, appeal in enumerate(appeals())]
    await register(caught, sent, directory)  # type: ignore[arg-type]
    values = columns(caught.rows, len(NewAppeal._fields))
    return pgbench.script(record.REGISTER, values, _fresh(caught.rows[0].registered_on.year))


def _fresh(year: int) -> dict[int, str]:
    by_name = {
        "appeal_id": f"{year * 10**8} + nextval('appeal_serial_{year}')",
        "key": pgbench.random_bytes("abcd"),
        "request_hash": pgbench.random_bytes("bcda"),
        "key_expires_at": "now() + '30 days'",
        "received_at": "now()",
        "salt": pgbench.random_bytes("ab"),
        "content_hash": pgbench.random_bytes("cdab"),
        "event_hash": pgbench.random_bytes("dabc"),
    }
    return {NewAppeal._fields.index(name) + 1: expression for name, expression in by_name.items()}


def report(outcome: Outcome) -> str:
    """The table, and what it says of the bar and the aim."""
    limit, http = column(outcome.limit), column(outcome.http)
    rows = [(name, limit[name], http[name]) for name in limit]
    reached = "over the aim" if outcome.ratio >= AIM else "over the bar"
    verdict = reached if outcome.ratio >= BAR else "UNDER THE BAR"
    said = f"Ratio {outcome.ratio:.2f}: {verdict} (bar {BAR:.2f}, aim {AIM:.2f})."
    head = ("registration", "pgbench, the same transaction", f"HTTP, {PROCESSES} processes")
    return f"{table(head, rows)}\n\n{said}"


def column(rounds: Sequence[Round]) -> dict[str, str]:
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

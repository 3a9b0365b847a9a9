"""What a process counts of itself, for Prometheus: how it is asked, answers and works. Never who.

Several web processes on one port count into files that they share (`core/sharing.py`), so that whichever is
asked answers for all of them. A worker answers for itself (`LS_WORKER_METRICS`).
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import psutil
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    make_wsgi_app,
    multiprocess,
    start_http_server,
)

from app.core.sharing import SHARED

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_requests = Counter("ls_requests", "Requests answered", ["method", "route", "status"])
_request_seconds = Histogram(
    "ls_request_seconds", "Until the first byte of the answer", ["method", "route"], buckets=_SECONDS
)
REGISTERED = Counter("ls_registered", "Appeals registered by this process", ["channel"])
UNKNOWN_COMMITS = Counter("ls_unknown_commits", "Commits of which nobody could say whether they last")
POOL_USED = Gauge("ls_pool_used", "Connections in use", multiprocess_mode="livesum")
POOL_SIZE = Gauge("ls_pool_size", "Connections that may be in use", multiprocess_mode="livesum")
FIGURES_READ = Counter("ls_figures_read", "Readings of figures, by who gave them: replica or primary", ["by"])
FIGURES_AGAIN = Counter("ls_figures_again", "Requests that a replica broke off and the primary answered")
REPLICA_FRESH = Gauge(
    "ls_replica_fresh", "Whether figures may be read from it", ["replica"], multiprocess_mode="livemin"
)
REPLICA_AGE = Gauge(
    "ls_replica_age_seconds",
    "How old the moment is up to which it is known to have everything",
    ["replica"],
    multiprocess_mode="livemax",
)
_job_success = Gauge(
    "ls_job_last_success_timestamp_seconds",
    "When a worker's job last came to its end",
    ["job"],
    multiprocess_mode="max",
)
HEADS_WAITING = Gauge(
    "ls_heads_waiting",
    "Heads of seals that are not yet in the file outside the database",
    multiprocess_mode="max",
)
CLOCK_AWAY = Gauge(
    "ls_clock_away_seconds",
    "How far this machine's clock is ahead of the database's",
    multiprocess_mode="max",
)
_job_failures = Counter("ls_job_failures", "Rounds of a job that failed", ["job"])
_job_seconds = Histogram("ls_job_seconds", "How long a round of a job took", ["job"], buckets=_SECONDS)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """`route`: the template, never a path."""
    known = method if method in _METHODS else "other"
    _requests.labels(known, route, str(status)).inc()
    _request_seconds.labels(known, route).observe(seconds)


@contextmanager
def round_of(job: str, now: float) -> Iterator[None]:
    """`now`: seconds since 1970. A round that raises is a failure."""
    began = monotonic()
    try:
        yield
    except Exception:
        _job_failures.labels(job).inc()
        raise
    _job_success.labels(job).set(now + monotonic() - began)
    _job_seconds.labels(job).observe(monotonic() - began)


def exposition(more: Mapping[str, Mapping[str, float]]) -> bytes:
    """Everything in Prometheus' text; `more` are gauges of this moment, by name and label (`way="email"`)."""
    registry = REGISTRY
    if folder := os.environ.get(SHARED):
        _forget_the_dead(Path(folder))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    lines = [
        f"{name}{{{label}}} {value}" if label else f"{name} {value}"
        for name, values in more.items()
        for label, value in values.items()
    ]
    return generate_latest(registry) + "".join(f"{line}\n" for line in lines).encode()


def serve(address: str, problem: Callable[[], str]) -> None:
    """Answer at `host:port` for this process, beside its work; at `/readyz` by 503 while it has a problem."""
    host, _, port = address.rpartition(":")
    server, _ = start_http_server(int(port), host.strip("[]"))
    figures: Callable[..., Iterable[bytes]] = make_wsgi_app()

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/readyz":
            return figures(environ, start_response)
        found = problem()
        start_response(
            "503 Service Unavailable" if found else "200 OK",
            [("Content-Type", "application/json"), *([("Retry-After", "5")] if found else [])],
        )
        said = {"status": "not_ready", "missing": found} if found else {"status": "ready"}
        return [orjson.dumps(said)]

    server.set_app(answer)


def _forget_the_dead(folder: Path) -> None:
    """Of a process that was killed, what it had in use."""
    for path in folder.glob("gauge_live*.db"):
        found = re.search(r"_(\d+)\.db$", path.name)
        if found and not psutil.pid_exists(int(found[1])):
            multiprocess.mark_process_dead(int(found[1]), str(folder))  # type: ignore[no-untyped-call]

"""Batches of tickets over HTTP beside COPY of the same rows into the same tables, round after round.

One batch at a time on either side. The rows of COPY are those that the service writes for these tickets, made
ready before the clock starts: what is left is what the database needs for them, indexes and fsync included.
"""

import asyncio
import http.client
import itertools
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import asyncpg
import psutil

from app.appeals.record import NewAppeal
from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.core.embedded_postgres import Cluster
from app.directory import snapshot
from app.intake.register import register
from app.intake.tickets import ticket
from app.intake.tickets.callers import Desk
from app.intake.tickets.schemas import TicketIn
from app.staff.access import ClientCaller
from app.staff.permissions import Scope
from app.staff.service import create_client
from bench import service
from bench.appeals import appeals
from bench.client import HOST
from bench.figures import percentile, ratio, table
from bench.machine import cpu_of
from bench.registration import Caught
from bench.service import Say, Web
from bench.turns import Miscounted

BAR, AIM = 0.40, 0.60
SIZE = 500
PROCESSES = 2
SOURCE, CHANNEL = "109-turkistan", "call_centre"
WARM_UP = 4

Batch = Callable[[], float]
"""Writes one; how many seconds that took."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One side's batches: how long each took, and the seconds of CPU of all of them."""

    took: tuple[float, ...]
    app: float
    database: float

    @property
    def rate(self) -> float:
        """Tickets a second."""
        return SIZE * len(self.took) / sum(self.took)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both sides' turns, in pairs."""

    limit: list[Turn]
    http: list[Turn]

    @property
    def ratio(self) -> float:
        return ratio((one.rate for one in self.http), (one.rate for one in self.limit))


@dataclass(frozen=True, slots=True)
class Site:
    cluster: Cluster
    web: Web
    key: str
    rows: Sequence[NewAppeal]


def measure(cluster: Cluster, web: Web, *, rounds: int, seconds: float, say: Say) -> Outcome:
    """Take turns. Raises Miscounted when rows and answers differ."""
    here = Site(cluster, web, *asyncio.run(_prepared(cluster.urls())))
    before = _holdings(here)
    with _copying(here) as copy:
        outcome = _measured(here, copy, _sending(here), rounds, seconds, say)
    batches = 2 * WARM_UP + sum(len(turn.took) for turn in (*outcome.limit, *outcome.http))
    found = _holdings(here) - before
    if found != batches * SIZE:
        raise Miscounted(f"{batches * SIZE} tickets were written, {found} are in the database")
    return outcome


def _measured(here: Site, copy: Batch, send: Batch, rounds: int, seconds: float, say: Say) -> Outcome:
    for batch in (copy, send):
        for _ in range(WARM_UP):
            batch()
    outcome = Outcome([], [])
    for number in range(1, rounds + 1):
        outcome.limit.append(_turn(here, copy, seconds))
        outcome.http.append(_turn(here, send, seconds))
        limit, http_ = outcome.limit[-1].rate, outcome.http[-1].rate
        say(f"bench: batches {number} of {rounds}: COPY {limit:.0f}, HTTP {http_:.0f} tickets a second")
    return outcome


def _holdings(here: Site) -> int:
    return int(service.ask(here.cluster.owner_url, "SELECT count(*) FROM holding"))


def _turn(here: Site, batch: Batch, seconds: float) -> Turn:
    service.ask(here.cluster.admin_url, "CHECKPOINT")
    database, app = cpu_of(psutil.Process(here.cluster.pid)), here.web.cpu()
    took: list[float] = []
    while sum(took) < seconds:
        took.append(batch())
    return Turn(
        took=tuple(took),
        app=here.web.cpu() - app,
        database=cpu_of(psutil.Process(here.cluster.pid)) - database,
    )


# HTTP


def _tickets() -> Iterator[dict[str, Any]]:
    """Without end, each with an id of its own."""
    run = secrets.token_hex(6)
    for number, appeal in enumerate(itertools.cycle(appeals())):
        yield appeal | {"external_id": f"{run}-{number:09}", "channel": CHANNEL, "caller": "оператор 17"}


def _sending(here: Site) -> Batch:
    headers = {"X-API-Key": here.key, "Content-Type": "application/x-ndjson"}
    items = _tickets()

    def send() -> float:
        lines = (json.dumps(item, ensure_ascii=False) for item in itertools.islice(items, SIZE))
        body = "\n".join(lines).encode()
        begun = time.perf_counter()
        connection = http.client.HTTPConnection(HOST, here.web.port, timeout=60)
        connection.request("POST", "/api/v1/tickets/batch", body, headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        took = time.perf_counter() - begun
        connection.close()
        if answer.status != 200 or said["accepted"] != SIZE:
            raise Miscounted(f"{answer.status}: {str(said)[:300]}")
        return took

    return send


# COPY


async def _prepared(urls: DatabaseUrls) -> tuple[str, Sequence[NewAppeal]]:
    """A key for the source, and the rows that the service writes for a batch."""
    db = await Database.open(urls, pool_size=2)
    try:
        directory = await snapshot.refresh(db)
        source = directory.source(SOURCE)
        key = await create_client(db, source.id, "bench", [Scope.TICKETS_WRITE], [CHANNEL])
    finally:
        await db.close()
    caller = ClientCaller(1, source.id, frozenset(Scope), frozenset([CHANNEL]))
    desk, caught = Desk(caller, source, directory), Caught()
    brought = [TicketIn(**item) for item in itertools.islice(_tickets(), SIZE)]
    now = clock.now()
    said = [ticket.submission(one, desk, now) for one in brought]
    await register(caught, said, directory)  # type: ignore[arg-type]
    return key, caught.rows


@contextmanager
def _copying(here: Site) -> Iterator[Batch]:
    with asyncio.Runner() as runner:
        connection = runner.run(_connected(here.cluster.owner_url))

        def copy() -> float:
            tables = runner.run(_fresh_tables(connection, here.rows))
            begun = time.perf_counter()
            runner.run(_copied(connection, tables))
            return time.perf_counter() - begun

        yield copy
        runner.run(connection.close())


async def _connected(url: str) -> asyncpg.Connection:
    """JSON is copied as the service has it: text, behind the number of its binary form."""
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda text: b"\x01" + text.encode(),
        decoder=lambda data: data[1:].decode(),
    )
    return connection


Tables = Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]


async def _copied(connection: asyncpg.Connection, tables: Tables) -> None:
    async with connection.transaction():
        for name, (columns, records) in tables.items():
            await connection.copy_records_to_table(name, records=records, columns=columns)


async def _fresh_tables(connection: asyncpg.Connection, rows: Sequence[NewAppeal]) -> Tables:
    """The rows of every table for one batch, what must differ made anew."""
    year = rows[0].registered_on.year
    numbers = await _taken(connection, f"appeal_serial_{year}")
    holdings = await _taken(connection, "holding_id_seq")
    fresh = [
        row._replace(
            appeal_id=year * 10**8 + number,
            key=secrets.token_bytes(32),
            external_id=secrets.token_hex(12),
            event_hash=secrets.token_bytes(32),
        )
        for row, number in zip(rows, numbers, strict=True)
    ]
    values = [_values(row, id_) for row, id_ in zip(fresh, holdings, strict=True)]
    return {name: _table(columns, values) for name, columns in TABLES.items()}


async def _taken(connection: asyncpg.Connection, sequence: str) -> list[int]:
    found = await connection.fetch(
        "SELECT nextval($1::regclass) AS id FROM generate_series(1, $2)", sequence, SIZE
    )
    return [row["id"] for row in found]


# Columns, each with the value that it takes where that has another name.
TABLES = {
    "appeal": "id=appeal_id received_at registered_on channel kind topic region language applicant_type "
    "source_id external_id route missing",
    "intake_key": "key appeal_id request_hash expires_at=key_expires_at",
    "applicant": "appeal_id name iin bin address phone email iin_hash bin_hash phone_hash email_hash",
    "content": "appeal_id kind=said at=received_at salt body hash=content_hash tokens",
    "holding": "id=holding_id appeal_id part=zero agency_id origin=registered received_at registered_on "
    "due_on regime status=registered version=one channel kind topic region applicant_type running=yes "
    "extended=no on_control=no last_hash=event_hash",
    "event": "appeal_id part=zero holding_id at=received_at kind=registered actor_kind actor_id data "
    "content_hash hash=event_hash source_id changed_at=arrived_at",
    "ledger": "holding_id event_hash facts",
    "counter_delta": "holding_id agency_id opened_on=registered_on day=registered_on due_on channel "
    "applicant_type kind topic region received=one running=one",
    "notice": "appeal_id event_hash kind=told language params=notice not_before=received_at",
}
CONSTANTS = {
    "zero": 0,
    "one": 1,
    "yes": True,
    "no": False,
    "said": "appeal",
    "registered": "registered",
    "told": "appeal.registered",
}


def _table(columns: str, values: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[tuple[Any, ...]]]:
    pairs = [column.partition("=")[::2] for column in columns.split()]
    taken = itemgetter(*(value or name for name, value in pairs))
    return [name for name, _ in pairs], [taken(one) for one in values]


def _values(row: NewAppeal, holding_id: int) -> dict[str, Any]:
    lists = {
        "missing": _items(row.missing),
        "tokens": [int(token) for token in _items(row.tokens)],
    }
    return CONSTANTS | row._asdict() | lists | {"holding_id": holding_id}


def _items(literal: str) -> list[str]:
    return [item for item in literal.strip("{}").split(",") if item]


def report(outcome: Outcome) -> str:
    limit, http_ = _column(outcome.limit), _column(outcome.http)
    rows = [(name, limit[name], http_[name]) for name in limit]
    reached = "over the aim" if outcome.ratio >= AIM else "over the bar"
    verdict = reached if outcome.ratio >= BAR else "UNDER THE BAR"
    head = (f"batches of {SIZE} tickets", "COPY of the same rows", f"HTTP, {PROCESSES} processes")
    said = f"Ratio {outcome.ratio:.2f}: {verdict} (bar {BAR:.2f}, aim {AIM:.2f})."
    return f"{table(head, rows)}\n\n{said}"


def _column(turns: Sequence[Turn]) -> dict[str, str]:
    took = [each for turn in turns for each in turn.took]
    tickets = SIZE * len(took)
    app, database = sum(turn.app for turn in turns), sum(turn.database for turn in turns)
    return {
        "tickets a second, median": f"{statistics.median(turn.rate for turn in turns):.0f}",
        "tickets a second, each round": ", ".join(f"{turn.rate:.0f}" for turn in turns),
        "a batch, p50, ms": f"{percentile(took, 0.50) * 1000:.0f}",
        "a batch, p99, ms": f"{percentile(took, 0.99) * 1000:.0f}",
        "CPU each, app, ms": f"{app * 1000 / tickets:.2f}" if app * 1000 / tickets > 0.01 else "-",
        "CPU each, PostgreSQL, ms": f"{database * 1000 / tickets:.2f}",
    }

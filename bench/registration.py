"""Registration over HTTP beside pgbench of the same transaction, on one server, round after round."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.appeals import record
from app.appeals.record import NewAppeal
from app.core.db import Database, DatabaseUrls, columns
from app.directory import snapshot
from app.intake.api import submission
from app.intake.register import register
from app.intake.schemas import AppealIn
from bench import client, pgbench, service, turns
from bench.appeals import appeals
from bench.client import ClientRun
from bench.figures import table
from bench.service import Say
from bench.turns import CONNECTIONS, PROCESSES, Outcome, Site, column

BAR, AIM = 0.35, 0.60
WARM_UP = 3.0
_REGISTERED = "SELECT count(*) FROM event WHERE kind = 'registered'"


@contextmanager
def site(folder: Path, say: Say, settings: dict[str, str] | None = None) -> Iterator[Site]:
    with service.database(folder, say=say, settings=settings) as (cluster, urls):
        source = asyncio.run(limit_script(urls))
        say(f"bench: starting {PROCESSES} web processes")
        with service.web(urls, folder, processes=PROCESSES) as web:

            def load(seconds: float) -> ClientRun:
                return client.load(web.port, connections=CONNECTIONS, seconds=seconds)

            yield Site(cluster, web, source, load, _REGISTERED, "registrations")


def measure(here: Site, *, rounds: int, seconds: float, say: Say) -> Outcome:
    """Take turns. Raises Miscounted when rows and answers differ."""
    return turns.measure(here, warm_up=min(WARM_UP, seconds), rounds=rounds, seconds=seconds, say=say)


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

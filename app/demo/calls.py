"""The demo's call centres: calls that they answered themselves, and one day on which two books differ.

109 in Turkistan answered 54 calls for each one that became an appeal; so do these.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

import asyncpg

from app.core import clock
from app.core.db import Database
from app.demo.plan import moment
from app.demo.stages import begins
from app.directory.registry import Directory
from app.directory.values import Source
from app.intake.tickets import consultations, reconciliation
from app.intake.tickets.consultations import Row
from app.intake.tickets.schemas import DeclarationIn

STAGE = "calls"
CHANNEL = "call_centre"
CALLS_TO_AN_APPEAL = 53
DIFFERS = "109-turkistan"
WEEKS = timedelta(weeks=8)
# What they are about, as often as the letter says: housing and utilities 73 %, work and benefits 25 %.
_TOPICS = {"utilities": 60, "housing": 13, "social": 17, "employment": 8, "health": 1, "transport": 1}

_BROUGHT = """
SELECT source_id, array_agg(received_at ORDER BY received_at) AS received,
       array_agg(external_id ORDER BY received_at) AS ids
FROM appeal WHERE channel = $1 AND external_id IS NOT NULL AND received_at >= $2
GROUP BY source_id ORDER BY source_id
"""


async def load(db: Database, directory: Directory) -> None:
    """Once, for the sources that brought appeals in the last weeks."""
    now = clock.now()
    async with db.transaction() as connection:
        first = await begins(connection, STAGE, now)
        rows = await connection.fetch(_BROUGHT, CHANNEL, now - WEEKS) if first else []
        for row in rows:
            source = directory.source_by_id(row["source_id"])
            await consultations.add(connection, source.id, list(_calls(source, row["received"], now)))
            if source.code == DIFFERS:
                await _declare(connection, source.id, row["received"], row["ids"])


def _calls(source: Source, received: Sequence[datetime], now: datetime) -> Iterator[Row]:
    """Rows as `consultations.add` takes them, spread over the days since the first appeal."""
    rng = Random(f"calls {source.code}")
    first, today = clock.civil_day(received[0]), clock.civil_day(now)
    topics, often = list(_TOPICS), list(_TOPICS.values())
    for n in range(CALLS_TO_AN_APPEAL * len(received)):
        day = first + timedelta(days=rng.randint(0, (today - first).days))
        at = min(moment(day, rng.triangular(0, 24, 12)), now)
        yield (
            f"call-{n:06}",
            at,
            clock.civil_day(at),
            CHANNEL,
            rng.choices(topics, often)[0],
            source.region or "",
            "kk" if rng.random() < 0.62 else "ru",
            rng.randint(20, 420),
        )


async def _declare(
    connection: asyncpg.Connection, source_id: int, received: Sequence[datetime], ids: Sequence[str]
) -> None:
    """The last day before today, with one that never came."""
    days = [clock.civil_day(at) for at in received]
    day = _last_before(days, clock.today())
    sent = [id_ for id_, on in zip(ids, days, strict=True) if on == day]
    client_id = await connection.fetchval("SELECT min(id) FROM api_client WHERE source_id = $1", source_id)
    said = DeclarationIn(count=len(sent) + 1, external_ids=[*sent, "demo:lost-on-the-way"])
    await reconciliation.keep(connection, source_id, client_id, day, said)


def _last_before(days: Sequence[date], today: date) -> date:
    return max((day for day in days if day < today), default=days[0])

"""Failed tries, counted by what is tried at and the network it is tried from, both together, in the database:
for all processes, and after a restart too.

So guessing gets slow, and a stranger elsewhere locks nobody out. Each call is its own transaction, because a
failure must be counted though the request fails. Tries that run at the same moment may pass the limit by as
many as run; it bounds guessing, it does not number it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated

from fastapi import Depends

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.core.edge import Configured, Db, Network
from app.core.errors import TooManyRequests

LIMIT = 10
PERIOD = timedelta(minutes=15)

_RECENT = """
SELECT window_start, count FROM attempt
WHERE what = $1 AND subject = $2 AND network = $3 AND window_start > $4
ORDER BY window_start
"""
_COUNT = """
INSERT INTO attempt (what, subject, network, window_start, count) VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (what, subject, network, window_start) DO UPDATE SET count = attempt.count + 1
"""
_FORGET = "DELETE FROM attempt WHERE what = $1 AND subject = $2 AND network = $3"


async def check(db: Database, what: str, subject: str, network: str) -> None:
    """Raises TooManyRequests once LIMIT tries failed within PERIOD; it says when the next is heard."""
    now = clock.now()
    async with db.read() as connection:
        rows = await connection.fetch(_RECENT, what, _hash(what, subject), network, now - PERIOD)
    wait = _wait([(row["window_start"], row["count"]) for row in rows], now)
    if wait:
        raise TooManyRequests(retry_after=wait)


async def failed(db: Database, what: str, subject: str, network: str) -> None:
    minute = clock.now().replace(second=0, microsecond=0)
    async with db.transaction() as connection:
        await connection.execute(_COUNT, what, _hash(what, subject), network, minute)


async def succeeded(db: Database, what: str, subject: str, network: str) -> None:
    async with db.transaction() as connection:
        await connection.execute(_FORGET, what, _hash(what, subject), network)


def _hash(what: str, subject: str) -> bytes:
    return cipher().lasting_hash(subject, f"attempt.{what}")


def _wait(minutes: list[tuple[datetime, int]], now: datetime) -> int:
    """Seconds until fewer than LIMIT are left in the period: 0 when that is so already."""
    left, until = sum(count for _, count in minutes), now
    for minute, count in minutes:
        if left < LIMIT:
            break
        left, until = left - count, minute + PERIOD
    return ceil((until - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Throttle:
    """The calls for one request's network; they do nothing under LS_RATE_LIMITS=off."""

    db: Database
    network: str
    enabled: bool = True

    async def check(self, what: str, subject: str) -> None:
        if self.enabled:
            await check(self.db, what, subject, self.network)

    async def failed(self, what: str, subject: str) -> None:
        if self.enabled:
            await failed(self.db, what, subject, self.network)

    async def succeeded(self, what: str, subject: str) -> None:
        if self.enabled:
            await succeeded(self.db, what, subject, self.network)


async def throttle(db: Db, network: Network, settings: Configured) -> Throttle:
    return Throttle(db, network, enabled=settings.rate_limits != "off")


Throttled = Annotated[Throttle, Depends(throttle)]

"""Whether this machine's clock and the database's agree: a worker whose clock is far ahead would mark terms
as passed and tell people so, delete what is not over, and sign moments that have not come.

The database is asked once a minute. In between a jump is seen by itself: the time that has passed since does
not jump. Where both are one machine their clocks are one, and nothing is seen.
"""

import asyncio
import logging
import time
from datetime import timedelta

from app.core import clock, metrics
from app.core.db import Database

log = logging.getLogger("listening_state.clocks")

BOUND = timedelta(minutes=1)
"""They may differ by so much; by more, and no work is done that goes by the time."""
AGAIN, SOON = 60.0, 1.0
"""Seconds until the database is asked again: while they agree, and while they do not."""
STALE = 5 * AGAIN


class Clocks:
    def __init__(self) -> None:
        self._asked: float | None = None
        self._database = self._unsure = 0.0
        self._said = 0.0
        self._asking = asyncio.Lock()

    async def agree(self, db: Database) -> bool:
        """Say so, in the log and in figures, when they do not. Raises whatever the database raises."""
        async with self._asking:
            if self._is_to_ask():
                await self._ask(db)
        away = self._away()
        metrics.CLOCK_AWAY.set(away)
        self._say(away)
        return _within(away)

    def problem(self) -> str:
        """What a worker is not ready for: `database`, `clock`; blank when it is."""
        if self._asked is None or time.monotonic() - self._asked > STALE:
            return "database"
        return "" if _within(self._away()) else "clock"

    def _is_to_ask(self) -> bool:
        if self._asked is None:
            return True
        passed = time.monotonic() - self._asked
        return passed > (AGAIN if _within(self._away()) else SOON)

    async def _ask(self, db: Database) -> None:
        began = time.monotonic()
        async with db.read() as connection:
            told = await connection.fetchval("SELECT clock_timestamp()")
        self._asked = time.monotonic()
        self._unsure = (self._asked - began) / 2
        self._database = told.timestamp() - (began + self._unsure)

    def _away(self) -> float:
        """Seconds that this machine's is ahead, less what the way to the database makes unsure."""
        ahead = clock.now().timestamp() - (self._database + time.monotonic())
        return max(0.0, ahead - self._unsure) if ahead > 0 else min(0.0, ahead + self._unsure)

    def _say(self, away: float) -> None:
        now = time.monotonic()
        if _within(away):
            if self._said:
                log.warning("this machine's clock agrees with the database's again: all jobs go on")
            self._said = 0.0
        elif not self._said or now - self._said > AGAIN:
            self._said = now
            log.error(
                "this machine's clock is %d s %s the database's: jobs that go by the time wait until they "
                "agree (docs/operations.md, 'What happens when')",
                abs(away),
                "ahead of" if away > 0 else "behind",
            )


def _within(away: float) -> bool:
    return abs(away) <= BOUND.total_seconds()

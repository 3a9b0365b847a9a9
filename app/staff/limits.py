"""How often somebody may do something, counted in this process by the `limits` library: with several
processes it is at most so many times as often, and after a restart it begins anew. What is guessed at is
counted in the database instead (`attempts`).
"""

from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.core import clock
from app.core.errors import TooManyRequests

# Of so many callers a process keeps count at the same moment; of more, it begins anew with all of them.
MOST_CALLERS = 50_000


class Limiter:
    """Counts nothing under LS_RATE_LIMITS=off."""

    def __init__(self, *, enabled: bool) -> None:
        self._storage = MemoryStorage()
        self._counting = FixedWindowRateLimiter(self._storage)
        self._enabled = enabled

    async def wait(self, limit: RateLimitItem, who: str) -> int:
        """One more. In how many seconds the next is within the limit; 0: this one is."""
        if not self._enabled:
            return 0
        if len(self._storage.expirations) > MOST_CALLERS:
            await self._storage.reset()
        if await self._counting.hit(limit, who):
            return 0
        until = (await self._counting.get_window_stats(limit, who)).reset_time
        return max(1, ceil(until - clock.now().timestamp()))

    async def count(self, limit: RateLimitItem, who: str) -> None:
        """One more. Raises TooManyRequests, which says when the next is within the limit."""
        if seconds := await self.wait(limit, who):
            raise TooManyRequests(retry_after=seconds)


async def limiter(request: Request) -> Limiter:
    found: Limiter = request.app.state.limiter
    return found


Limiting = Annotated[Limiter, Depends(limiter)]

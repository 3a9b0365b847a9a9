"""How much one network may file and book without saying who it is, by the pages and the calls together.

So much that no household, office or mobile network with many people behind one address is ever held up. Above
it a call is told when to come again; a page, behind which a person sits, takes what was written all the same,
only more slowly, and so nobody is refused for their network alone.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from limits import RateLimitItem, RateLimitItemPerMinute

from app.core.edge import Network
from app.staff.access import declares
from app.staff.limits import Limiter, Limiting

FILING: RateLimitItem = RateLimitItemPerMinute(2_000, 15, namespace="filing")
BOOKING: RateLimitItem = RateLimitItemPerMinute(60, 15, namespace="booking")
SLOWED_SECONDS = 5.0
"""How long a page above the limit takes; nothing is held meanwhile."""


@declares("public")
async def public_filing(limiter: Limiting, network: Network) -> None:
    """Anybody who files by a call. Raises TooManyRequests, which says when the next is taken."""
    await limiter.count(FILING, network)


@dataclass(frozen=True, slots=True)
class Turn:
    """Of anybody who files by a page."""

    limiter: Limiter
    network: str

    async def come(self) -> None:
        """At once; above the limit later, and no later than SLOWED_SECONDS."""
        if await self.limiter.wait(FILING, self.network):
            await asyncio.sleep(SLOWED_SECONDS)


async def turn(limiter: Limiting, network: Network) -> Turn:
    return Turn(limiter, network)


@declares("public")
async def public_booking(limiter: Limiting, network: Network) -> None:
    """Anybody who books. Raises TooManyRequests: else a program takes all the places of a reception."""
    await limiter.count(BOOKING, network)


PublicFiling = Annotated[None, Depends(public_filing)]
FilingTurn = Annotated[Turn, Depends(turn)]
PublicBooking = Annotated[None, Depends(public_booking)]

"""How much one network may file and book without saying who it is.

So much that no household, office or mobile network with many people behind one address is ever held up, and
little enough that nobody fills the record, or takes all the places of a reception, with a program.
"""

from typing import Annotated

from fastapi import Depends

from app.staff.access import declares
from app.staff.attempts import Throttled

# In a quarter of an hour (`attempts.PERIOD`).
MOST_FILED, MOST_BOOKED = 2_000, 60


@declares("public")
async def public_filing(throttle: Throttled) -> None:
    """Anybody who files. Raises TooManyRequests, and nothing is lost: it says when the next is taken."""
    await throttle.count("filing", MOST_FILED)


@declares("public")
async def public_booking(throttle: Throttled) -> None:
    """Anybody who books. Raises TooManyRequests."""
    await throttle.count("booking", MOST_BOOKED)


PublicFiling = Annotated[None, Depends(public_filing)]
PublicBooking = Annotated[None, Depends(public_booking)]

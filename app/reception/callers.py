"""Who has booked, as a caller: the access code that booking gave opens the booking."""

from typing import Annotated

from fastapi import Depends, Path

from app.appeals.access_code import BOOKING
from app.core.errors import TooManyRequests
from app.intake.citizen import AccessCode, AccessCodeMissing, unlocked
from app.reception.errors import BookingNotFound
from app.reception.numbers import BookingNumberError, parse
from app.staff.access import declares
from app.staff.attempts import Throttled

NOT_OPENED = (BookingNotFound, AccessCodeMissing, TooManyRequests)


@declares("citizen")
async def booker(
    number: Annotated[
        str, Path(max_length=40, description="of the booking, in either script", examples=["QJ-00000123"])
    ],
    code: AccessCode,
    throttle: Throttled,
) -> int:
    """The booking's id. Wrong codes get slow by number and network together."""
    if not code:
        raise AccessCodeMissing
    try:
        booking_id = parse(number)
    except BookingNumberError:
        raise BookingNotFound from None
    if not await unlocked(throttle, booking_id, code, BOOKING):
        raise BookingNotFound
    return booking_id


Booker = Annotated[int, Depends(booker)]

"""Numbers of bookings: `QJ-00000123`, which people read and may type as ҚЖ-00000123 (PURE)."""

import re

_LATIN = str.maketrans("ҚКЖ", "QQJ")
_NUMBER = re.compile(r"QJ[-\u2010-\u2015\u2212]?([0-9]{8,18})")


class BookingNumberError(ValueError):
    """What was given is not a booking's number."""


def format_number(booking_id: int) -> str:
    return f"QJ-{booking_id:08}"


def display(booking_id: int) -> str:
    return f"ҚЖ-{booking_id:08}"


def parse(typed: str) -> int:
    """The booking's id. Raises BookingNumberError."""
    found = _NUMBER.fullmatch(typed.strip().upper().translate(_LATIN)) if len(typed) <= 40 else None
    if found is None or int(found[1]) == 0:
        raise BookingNumberError("not the number of a booking")
    return int(found[1])

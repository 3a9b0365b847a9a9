"""Until when an answer may be complained of (C06). Pure."""

import calendar
from datetime import date

COMPLAINT_MONTHS = 3


def complaint_until(known_on: date) -> date:
    """The last day of the three months from the day the answer became known; a shorter month ends earlier."""
    month = known_on.month - 1 + COMPLAINT_MONTHS
    year, month = known_on.year + month // 12, month % 12 + 1
    return date(year, month, min(known_on.day, calendar.monthrange(year, month)[1]))

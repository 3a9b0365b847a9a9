"""The signs and what each is measured by. Codes are public; the numbers stand in docs/oversight-signs.md."""

from datetime import timedelta
from enum import StrEnum


class Sign(StrEnum):
    """Each is a list for a person to look at, and no verdict."""

    LAST_HOUR = "last_hour"
    EXPLAINED = "explained"
    LATE_FORWARD = "late_forward"
    SUSPENSIONS = "suspensions"
    RATINGS = "ratings"
    SAME_ANSWER = "same_answer"


LAST_HOUR = timedelta(hours=1)
"""Before the body closes on the due day."""

GROUP = 3
"""So many cases make a burst, or a group of answers."""

LOW_SCORE = 2
"""Of five: a rating up to this contradicts `satisfied`."""

ENOUGH = 20
"""Decisions of a body, and of its peers together, before shares are compared; a smaller volume is marked."""

FAR = 0.2
"""So far above its peers' is a share of `explained` that is listed, and FAR_ERRORS standard errors."""
FAR_ERRORS = 3

LONGEST_DAYS = 366
"""A question is about a year at most."""

CASES_SHOWN = 50
"""Of a group an item names so many cases; it says how many there are."""

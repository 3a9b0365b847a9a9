"""How long an answer took, as it is told of a body. Pure."""

from collections.abc import Iterable
from datetime import date

from app.deadlines.calendar import Calendar
from app.deadlines.facts import Fact, FactCode

# The applicant's own time: a correction that is waited for, data that are missing (R08, R17). What stands for
# a court or another case is the body's to wait for.
MISSING_DATA = "missing_data"


def days_taken(facts: Iterable[Fact], registered_on: date, day: date, calendar: Calendar) -> int:
    """Working days of the body's own week after its registration day up to and with `day`, without those in
    which it waited for the applicant. `facts`: the holding's, in order."""
    taken = list(facts)
    own = calendar.for_week(taken[0].data["week"])
    waited, since = 0, None
    for fact in taken:
        if since is None and _waits(fact):
            since = max(fact.day, registered_on)
        elif since is not None and fact.code in (FactCode.RESUMED, FactCode.CORRECTED):
            until = fact.day_of("on") if "on" in fact.data else fact.day
            waited += max(0, own.working_days_between(since, min(until, day)))
            since = None
    if since is not None:
        waited += max(0, own.working_days_between(since, day))
    return max(0, own.working_days_between(registered_on, day) - waited)


def _waits(fact: Fact) -> bool:
    return fact.code is FactCode.CORRECTION_REQUESTED or (
        fact.code is FactCode.SUSPENDED and fact.data["ground"] == MISSING_DATA
    )

"""From what was asked about compliance to days, bodies and filters, or to a refusal.

What one may not see is not there: a head asks about the body and all under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from fastapi import Request, Response

from app.appeals import reach
from app.appeals.codes import ApplicantType, Kind
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import Language
from app.deadlines.calendar import add_months
from app.directory import snapshot
from app.directory.registry import Directory
from app.oversight.asked import days_asked, refuse_repeated, unknown_code, wrong_codes, wrong_days
from app.oversight.compliance_schemas import (
    COMPARISONS,
    DIMENSIONS,
    NO_REGION,
    SPANS,
    CasesOfIn,
    ComplianceIn,
    PeriodIn,
    TopicsIn,
)
from app.oversight.reading import By, Days
from app.oversight.statistics import Filters
from app.staff.access import StaffCaller

MOST_SPANS = 60
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """`agencies`: whose cases it is about, None for all there are; `visible`: those with a row."""

    days: Days
    filters: Filters
    visible: frozenset[int] | None


def visible(caller: StaffCaller, directory: Directory) -> frozenset[int] | None:
    """The bodies whose figures the caller sees; None: all."""
    return reach.agencies(caller.role, caller.agency_id, "oversight", directory)


def bodies_asked(code: str | None, caller: StaffCaller, directory: Directory) -> frozenset[int] | None:
    """The body and those under it, or all that the caller sees; None: all there are. Raises NotFound."""
    seen = visible(caller, directory)
    if code is None:
        return seen
    id_ = directory.agency(code).id
    if seen is not None and id_ not in seen:
        raise NotFound
    return directory.subtree_ids(id_)


def understood(asked: PeriodIn, caller: StaffCaller, directory: Directory, today: date) -> Question:
    """Raises Invalid, naming every field that is wrong; NotFound for a body that is none of the caller's."""
    first, last = days_asked(asked.from_, asked.to, today)
    wanted = asked
    if asked.region == NO_REGION:
        wanted = asked.model_copy(update={"region": None})
    errors = [
        *wrong_days({"from": asked.from_, "to": asked.to}, first, last),
        *wrong_codes(wanted, directory),
        *_wrong_words(asked),
    ]
    if (
        not errors
        and getattr(asked, "by", None) in SPANS
        and len(parts(asked, Days(first, last))) > MOST_SPANS
    ):
        errors.append(FieldError("by", "too_many_spans", {"most": MOST_SPANS}))
    if errors:
        raise Invalid(errors=errors)
    seen = bodies_asked(asked.agency, caller, directory)
    region = "" if asked.region == NO_REGION else asked.region and asked.region.upper()
    filters = Filters(
        agency_id=directory.agency(asked.agency).id if asked.agency else None,
        channel=asked.channel,
        applicant_type=asked.applicant_type,
        kind=asked.kind,
        topic=asked.topic,
        region=region,
    )
    return Question(Days(first, last), filters, seen)


def heard(
    request: Request, response: Response, asked: PeriodIn, caller: StaffCaller, lang: Language
) -> tuple[Question, Directory, date]:
    """What every call about compliance begins with: the question, and the directory and the day that it is
    answered by. Raises Invalid, NotFound."""
    refuse_repeated(request)
    response.headers["Content-Language"] = lang
    directory, today = snapshot.current(), clock.today()
    return understood(asked, caller, directory, today), directory, today


def _wrong_words(asked: PeriodIn) -> Iterator[FieldError]:
    lists: dict[str, tuple[str, ...]] = {}
    if isinstance(asked, ComplianceIn):
        lists["by"] = DIMENSIONS + SPANS
    if isinstance(asked, ComplianceIn | TopicsIn):
        lists["compare"] = COMPARISONS
    for name, known in lists.items():
        typed = getattr(asked, name)
        if typed is not None and typed not in known:
            yield unknown_code(name, list(known))


def parts(asked: PeriodIn, days: Days) -> list[Days]:
    """The spans that the period is told apart by, cut at its ends; the period itself for no span."""
    by = getattr(asked, "by", None)
    if by not in SPANS:
        return [days]
    found: list[Days] = []
    first = days.first
    while first <= days.last and len(found) <= MOST_SPANS:
        following = _following(first, str(by))
        found.append(Days(first, min(days.last, following - ONE_DAY)))
        first = following
    return found


def _following(day: date, span: str) -> date:
    """The first day of the next week, month or quarter."""
    if span == "week":
        return day + timedelta(days=7 - day.weekday())
    month = day.replace(day=1)
    return add_months(month, 1 if span == "month" else 3 - (month.month - 1) % 3)


def beside(days: Days, how: str) -> Days:
    """The days that a period is compared with: as many months before it when it is whole months, else as
    many days; or those of the year before."""
    whole = days.first.day == 1 and (days.last + ONE_DAY).day == 1
    after = days.last + ONE_DAY
    if how == "year":
        first = add_months(days.first, -12)
        return Days(first, add_months(after, -12) - ONE_DAY if whole else add_months(days.last, -12))
    if whole:
        count = (after.year - days.first.year) * 12 + after.month - days.first.month
        return Days(add_months(days.first, -count), days.first - ONE_DAY)
    return Days(days.first - (after - days.first), days.first - ONE_DAY)


def dimension(asked: ComplianceIn, directory: Directory) -> By | None:
    """What tells the rows apart, if it is no span of time."""
    return None if asked.by is None or asked.by in SPANS else by_of(asked.by, directory)


def by_of(name: str, directory: Directory) -> By:
    codes: dict[str, list[str]] = {
        "channel": [channel.code for channel in directory.channels()],
        "applicant_type": list(ApplicantType),
        "kind": list(Kind),
        "topic": [topic.code for topic in directory.topics()],
        "region": ["", *(region.code for region in directory.regions())],
    }
    return By(name, codes[name])


def only(filters: Filters, by: By | None, code: str) -> Filters:
    """The filters of one row."""
    if by is None:
        return filters
    row: dict[str, Any] = {by.name: code}
    return replace(filters, **row)


def agencies_of(asked: CasesOfIn, question: Question, directory: Directory) -> frozenset[int]:
    """Whose cases are listed."""
    if asked.agency and not asked.subtree:
        return frozenset({directory.agency(asked.agency).id})
    if question.visible is None:
        return frozenset(agency.id for agency in directory.agencies())
    return question.visible

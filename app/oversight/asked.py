"""From what was asked to a period and filters, or to a refusal that says what is wrong with each field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from fastapi import Request

from app.appeals.codes import ApplicantType, Kind
from app.core.errors import FieldError, Invalid
from app.directory import snapshot
from app.directory.near import NameIndex
from app.directory.registry import Directory, UnknownCode
from app.oversight.schemas import Asked, StatisticsIn
from app.oversight.statistics import Basis, Filters, Period

FIRST_DAY, LAST_DAY = date(2007, 1, 1), date(2060, 12, 31)
CLOSED_LISTS: dict[str, type[StrEnum]] = {"basis": Basis, "applicant_type": ApplicantType, "kind": Kind}


@dataclass(frozen=True, slots=True)
class Question:
    period: Period
    filters: Filters


def understood(asked: StatisticsIn, directory: Directory, today: date) -> Question:
    """Raises Invalid, naming every field that is wrong; an unknown code with those near it."""
    first, last = days_asked(asked.from_, asked.to, today)
    days = {"from": asked.from_, "to": asked.to, "as_of": asked.as_of}
    errors = [*wrong_days(days, first, last), *wrong_codes(asked, directory)]
    if errors:
        raise Invalid(errors=errors)
    return Question(
        Period(first, last, asked.as_of, Basis(asked.basis)),
        Filters(
            agency_id=directory.agency(asked.agency).id if asked.agency else None,
            channel=asked.channel,
            applicant_type=asked.applicant_type,
            kind=asked.kind,
            topic=asked.topic,
            region=asked.region.upper() if asked.region else None,
        ),
    )


def refuse_part_months(period: Period) -> None:
    """Raises Invalid unless every day named bounds a calendar month: day by day, differences would tell."""
    wrong = [
        name
        for name, is_whole in (
            ("from", period.first.day == 1),
            ("to", _ends_month(period.last)),
            ("as_of", period.as_of is None or _ends_month(period.as_of)),
        )
        if not is_whole
    ]
    if wrong:
        raise Invalid(errors=[FieldError(name, "whole_months") for name in wrong])


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def days_asked(from_: date | None, to: date | None, today: date) -> tuple[date, date]:
    """The period: what is not given is the rest of the year, up to the end of the current one."""
    year = max(today.year, from_.year) if from_ else today.year
    last = to or date(year, 12, 31)
    return from_ or date(last.year, 1, 1), last


def wrong_days(given: Mapping[str, date | None], first: date, last: date) -> Iterator[FieldError]:
    """`given`: the days by their names; `first` and `last`: the period that they make."""
    for name, day in given.items():
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            yield FieldError(name, "out_of_range", {"first": FIRST_DAY, "last": LAST_DAY})
    if first > last:
        yield FieldError("to", "period_reversed")


def wrong_codes(asked: Asked, directory: Directory) -> Iterator[FieldError]:
    """Of the fields that the question has."""
    for name, codes in CLOSED_LISTS.items():
        typed = getattr(asked, name, None)
        if typed is not None and typed not in list(codes):
            known = [code.value for code in codes]
            near = NameIndex({code: [code] for code in known}).near(typed) or known
            yield unknown_code(name, near)
    names = ("agency", "channel", "topic", "region")
    yield from unknown_codes({name: getattr(asked, name) for name in names}, directory)


def refuse_unknown(agency: str | None, topic: str | None, region: str | None) -> None:
    """Raises Invalid, naming every code that nobody knows; None is not asked about."""
    given = {"agency": agency, "topic": topic, "region": region}
    if errors := list(unknown_codes(given, snapshot.current())):
        raise Invalid(errors=errors)


def unknown_codes(given: Mapping[str, str | None], directory: Directory) -> Iterator[FieldError]:
    """Of `given`, codes by the name of what they are codes of, those that nobody knows."""
    for name, typed in given.items():
        find = getattr(directory, name)
        try:
            if typed is not None:
                find(typed)
        except UnknownCode:
            yield unknown_code(name, directory.near(name, typed or ""))


def unknown_code(name: str, near: list[str]) -> FieldError:
    return FieldError(name, "unknown_code", {"near": ", ".join(near) or "—"})


def refuse_repeated(request: Request) -> None:
    """A field given twice would be counted by its last value alone, and look as if by both."""
    names = [name for name, _ in request.query_params.multi_items()]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(errors=[FieldError(name, "repeated") for name in twice])

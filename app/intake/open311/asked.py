"""What a reader asks for: empty is the same as absent, lists are by comma, moments as the W3C writes them."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from fastapi import Request

from app.appeals import numbers
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.directory.registry import Directory
from app.intake.open311.errors import JurisdictionNotFound

COUNTRY = "kz"
LONGEST_SPAN = timedelta(days=90)
MOST = 1000
LAST_PAGE = 1_000_000
STATUSES = frozenset({"open", "closed"})
# A `+` that was not encoded arrives as a space.
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?")
_FIRST_YEAR, _LAST_YEAR = 1970, 2100


@dataclass(frozen=True, slots=True)
class Asked:
    """None: not asked for. `ids`: by these alone. `open`: only what is open, or only what is closed."""

    ids: list[numbers.Number] | None = None
    topics: list[str] | None = None
    region: str | None = None
    open: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    limit: int = MOST
    offset: int = 0


def jurisdiction(typed: str | None, directory: Directory) -> str | None:
    """The region that it means; None for the whole country, which is what is meant without one."""
    typed = (typed or "").strip()
    if not typed or typed.lower() == COUNTRY:
        return None
    if not directory.has_region(typed):
        raise JurisdictionNotFound
    return typed.upper()


def asked(request: Request, directory: Directory, now: datetime) -> Asked:
    """Raises Invalid with all that is wrong, JurisdictionNotFound."""
    reading = _Reading(request)
    region = jurisdiction(reading.one("jurisdiction_id"), directory)
    if (ids := reading.many("service_request_id")) is not None:
        return Asked(ids=_numbers(ids))
    start, end = reading.span(now)
    size = min(reading.whole("page_size", MOST), MOST)
    found = Asked(
        topics=_topics(reading.many("service_code"), directory),
        region=region,
        open=reading.open(),
        start=start,
        end=end,
        updated_after=reading.moment("updated_after"),
        updated_before=reading.moment("updated_before", at_end=True),
        limit=size,
        offset=(reading.whole("page", 1) - 1) * size,
    )
    if reading.wrong:
        raise Invalid(errors=reading.wrong)
    return found


def _topics(typed: list[str] | None, directory: Directory) -> list[str] | None:
    """Of a code that there is not, nothing is found: for lists the standard has no error for it."""
    return typed if typed is None else [code for code in typed if directory.has_topic(code)]


def _numbers(typed: list[str]) -> list[numbers.Number]:
    """Those that are none of ours are found no more than those that are not there."""
    found = []
    for one in typed[:MOST]:
        try:
            found.append(numbers.parse(one))
        except numbers.NumberError:
            continue
    return found


class _Reading:
    """One request's parameters; `wrong` gathers what does not fit."""

    def __init__(self, request: Request) -> None:
        self._params = request.query_params
        self.wrong: list[FieldError] = []

    def one(self, name: str) -> str | None:
        return self._params.get(name, "").strip() or None

    def many(self, name: str) -> list[str] | None:
        """By comma, or the parameter several times."""
        typed = ",".join(self._params.getlist(name))
        return [part.strip() for part in typed.split(",") if part.strip()] or None

    def whole(self, name: str, usual: int) -> int:
        typed = self.one(name)
        if typed is None:
            return usual
        if not re.fullmatch(r"[0-9]{1,7}", typed) or not 1 <= int(typed) <= LAST_PAGE:
            self.wrong.append(FieldError(name, "out_of_range", {"first": 1, "last": LAST_PAGE}))
            return usual
        return int(typed)

    def open(self) -> bool | None:
        found = {status.lower() for status in self.many("status") or ()}
        if found - STATUSES:
            self.wrong.append(FieldError("status", "enum", {"expected": ", ".join(sorted(STATUSES))}))
        return found == {"open"} if len(found) == 1 else None

    def moment(self, name: str, *, at_end: bool = False) -> datetime | None:
        """`at_end`: a day alone means its last moment."""
        typed = self.one(name)
        if typed is None:
            return None
        found = read_moment(typed, at_end=at_end)
        if found is None:
            self.wrong.append(FieldError(name, "datetime_parsing"))
        return found

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Without either the last 90 days; with one of them 90 days from or up to there."""
        start, end = self.moment("start_date"), self.moment("end_date", at_end=True)
        if start and end:
            if start > end:
                self.wrong.append(FieldError("end_date", "period_reversed"))
            # The day on which daylight, or the offset itself, changed is not the caller's to know.
            elif end - start > LONGEST_SPAN + timedelta(days=1):
                self.wrong.append(FieldError("end_date", "span_too_long", {"days": LONGEST_SPAN.days}))
            return start, end
        if start:
            return start, start + LONGEST_SPAN
        end = end or now
        return end - LONGEST_SPAN, end


def read_moment(typed: str, *, at_end: bool = False) -> datetime | None:
    """None for what is no moment. Without an offset it is Kazakhstan's time."""
    typed = _LOST_PLUS.sub(r"+\1", typed)
    if not _MOMENT.fullmatch(typed) or not _FIRST_YEAR < int(typed[:4]) < _LAST_YEAR:
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if at_end and len(typed) == len("2026-11-23"):
        found = datetime.combine(found.date(), time.max)
    return found if found.tzinfo else found.replace(tzinfo=clock.ZONE)

"""Months, quarters and years, by code: `2026-07`, `2026-Q3`, `2026` (PURE)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.deadlines.calendar import add_months

_CODE = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
LENGTHS = (1, 3, 12)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months; both days inclusive."""

    first: date
    last: date

    @property
    def months(self) -> int:
        after = self.last + ONE_DAY
        return (after.year - self.first.year) * 12 + after.month - self.first.month

    @property
    def code(self) -> str | None:
        """None: neither a month nor a quarter nor a year."""
        months, (year, month) = self.months, (self.first.year, self.first.month)
        if months not in LENGTHS or (month - 1) % months:
            return None
        return {1: f"{year}-{month:02}", 3: f"{year}-Q{(month + 2) // 3}", 12: f"{year}"}[months]


def of_code(code: str) -> Span | None:
    """None for what is no period's code."""
    read = _CODE.fullmatch(code)
    if read is None or not 2007 <= int(read[1]) <= 2060:
        return None
    year, quarter, month = int(read[1]), read[2], read[3]
    if quarter:
        return _span(date(year, 3 * int(quarter) - 2, 1), 3)
    return _span(date(year, int(month), 1), 1) if month else _span(date(year, 1, 1), 12)


def whole_months(first: date, last: date) -> Span | None:
    """None when one of the days is in the middle of a month."""
    whole = first.day == 1 and (last + ONE_DAY).day == 1 and first <= last
    return Span(first, last) if whole else None


def last_quarter(today: date) -> Span:
    """The last one that is over."""
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return _span(add_months(first, -3), 3)


def over(since: date, until: date) -> Iterator[Span]:
    """Every month, quarter and year that begins on `since` or later and ends before `until`, by its end."""
    month = since if since.day == 1 else add_months(since.replace(day=1), 1)
    while month < until:
        after = add_months(month, 1)
        for months in LENGTHS:
            first = add_months(after, -months)
            if (first.month - 1) % months == 0 and since <= first and after <= until:
                yield _span(first, months)
        month = after


def _span(first: date, months: int) -> Span:
    return Span(first, add_months(first, months) - ONE_DAY)

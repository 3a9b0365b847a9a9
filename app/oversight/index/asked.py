"""Which period is asked for: by its code, or by its days as everywhere."""

from datetime import date

from app.core.errors import FieldError, Invalid
from app.oversight.asked import days_asked, wrong_days
from app.oversight.index import periods
from app.oversight.index.periods import Span
from app.oversight.index.schemas import IndexIn


def span_asked(asked: IndexIn, today: date) -> Span:
    """Nothing asked: the last quarter that is over. Raises Invalid, naming every field that is wrong."""
    if asked.period is not None:
        return _by_code(asked)
    if asked.from_ is None and asked.to is None:
        return periods.last_quarter(today)
    first, last = days_asked(asked.from_, asked.to, today)
    errors = list(wrong_days({"from": asked.from_, "to": asked.to}, first, last))
    span = periods.whole_months(first, last)
    if not errors and span is None:
        wrong = "from" if first.day != 1 else "to"
        errors.append(FieldError(wrong, "index_whole_months"))
    if span is None or errors:
        raise Invalid(errors=errors)
    return span


def _by_code(asked: IndexIn) -> Span:
    span = periods.of_code(asked.period or "")
    errors = [] if span else [FieldError("period", "index_period")]
    errors += [
        FieldError(name, "index_period_or_days")
        for name, day in (("from", asked.from_), ("to", asked.to))
        if day is not None
    ]
    if span is None or errors:
        raise Invalid(errors=errors)
    return span

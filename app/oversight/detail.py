"""Public figures by one kind, topic or region: those of a month, as they were when the next month was over.

A month is published once, whole, for each of the three dimensions apart. Everything else is worked out from
published months alone: a longer period is their sum, and is hidden where one of them is (decision 0017).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import asyncpg

from app.appeals.codes import Kind
from app.directory.registry import Directory
from app.oversight import suppression
from app.oversight.cells import month_of
from app.oversight.statistics import Basis, Filters, Period
from app.oversight.suppression import MEASURES, Held, Profile

DIMENSIONS = ("kind", "topic", "region")

Row = Sequence[int | None]
"""A figure for each of MEASURES; None: hidden."""
Rows = Mapping[int, Row]
"""By body, and the total under TOTAL. What is not there is nothing."""

_STOCK = "d.received - d.answered - d.forwarded_out - d.closed_otherwise"
_SAID = {
    "pending": f"sum({_STOCK})",
    "overdue": "coalesce(sum(d.running) FILTER (WHERE d.due_on < {last}), 0)",
}
_LAST = f"({month_of('d.opened_on')} + interval '2 months' - interval '1 day')::date"
_BITS = " + ".join(
    f"({_SAID.get(name, f'sum(d.{name})').format(last=_LAST)} > 0)::int * {1 << n}"
    for n, name in enumerate(MEASURES)
)
# A holding's deltas up to the end of the month after the one in which it opened.
_HELD = f"""
SELECT month, agency_id, value, profile, count(*) AS holdings
FROM (
    SELECT {month_of("d.opened_on")} AS month, d.agency_id, d.{{dimension}} AS value, {_BITS} AS profile
    FROM counter_delta d
    WHERE d.opened_on BETWEEN $1 AND $2 AND d.day <= {_LAST}
    GROUP BY d.agency_id, d.opened_on, d.{{dimension}}, coalesce(d.holding_id, -d.id)
) held
WHERE profile <> 0
GROUP BY month, agency_id, value, profile
"""


def as_of(month: date) -> date:
    """The day at whose end a month's figures are taken: the last of the next month.

    By then the term of all that came is over, but for what was extended, suspended or late.
    """
    return next_month(next_month(month)) - timedelta(days=1)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def last_of(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def months_of(period: Period) -> list[date]:
    """The first days of its calendar months."""
    found = [period.first.replace(day=1)]
    while next_month(found[-1]) <= period.last:
        found.append(next_month(found[-1]))
    return found


def is_due(month: date, asked: date | None, today: date) -> bool:
    """Whether a month's figures are taken: now, and by the end of the day that is asked about."""
    return as_of(month) < today and (asked is None or as_of(month) <= asked)


def published_to(asked: date | None, today: date) -> date:
    """The last day of the last month that is due."""
    last_taken = (asked + timedelta(days=1) if asked and asked < today else today).replace(day=1)
    return (last_taken - timedelta(days=1)).replace(day=1) - timedelta(days=1)


def askable(filters: Filters, basis: Basis) -> str | None:
    """The one dimension that is asked about; None: in a way that is not published."""
    named = [name for name in DIMENSIONS if getattr(filters, name)]
    beside = filters.channel or filters.applicant_type
    return named[0] if len(named) == 1 and not beside and basis is Basis.RECEIVED else None


def values_of(dimension: str, directory: Directory) -> list[str]:
    """All that a holding can have; of regions none is one."""
    if dimension == "kind":
        return [kind.value for kind in Kind]
    if dimension == "topic":
        return [topic.code for topic in directory.topics()]
    return ["", *(region.code for region in directory.regions())]


@dataclass(frozen=True, slots=True)
class Month:
    """What is published of a month by a dimension. `of`: the rows of each value that has any."""

    of: Mapping[str, Mapping[int, Row]]

    @classmethod
    def of_held(cls, held: Held, values: Iterable[str]) -> "Month":
        """Takes a time that grows with the bodies and values: for large ones seconds."""
        all_values = {*values, *(value for _, value in held)}
        secret = suppression.hidden(held, all_values)
        rows: dict[str, dict[int, list[int | None]]] = defaultdict(dict)
        for (body, value), row in suppression.figures(held).items():
            rows[value][body] = list(row)
        for body, value, measure in secret:
            rows[value].setdefault(body, [0] * len(MEASURES))[MEASURES.index(measure)] = None
        return cls(rows)


async def held_by_month(
    connection: asyncpg.Connection, first: date, last: date, dimension: str
) -> dict[date, dict[tuple[int, str], dict[Profile, int]]]:
    """What opened from `first` to `last`, whole months that are due, as it stood when its month was."""
    found: dict[date, dict[tuple[int, str], dict[Profile, int]]] = {}
    for row in await connection.fetch(_HELD.format(dimension=dimension), first, last):
        of_month = found.setdefault(row["month"], {})
        of_month.setdefault((row["agency_id"], row["value"]), {})[row["profile"]] = row["holdings"]
    return found


def added(tables: Iterable[Rows]) -> dict[int, list[int | None]]:
    """Their sum, hidden where one of them is."""
    found: dict[int, list[int | None]] = {}
    for rows in tables:
        for body, row in rows.items():
            before = found.setdefault(body, [0] * len(MEASURES))
            found[body] = [
                None if one is None or more is None else one + more
                for one, more in zip(before, row, strict=True)
            ]
    return found


def runs(months: Sequence[date]) -> Iterator[tuple[date, date]]:
    """The days from the first to the last of months that follow each other."""
    start: date | None = None
    for month, after in zip(months, [*months[1:], None], strict=True):
        start = start or month
        if after != next_month(month):
            yield start, last_of(month)
            start = None

"""Bodies week by week: is it getting worse?

A week here is seven days; the last one ends with the period that is looked at, or today. What was received
and answered is counted in each, what is overdue at the end of each, by the same deltas as every other figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import asyncpg

from app.oversight.reading import Days, Statement
from app.oversight.statistics import Basis, Filters, Period, window_of

WEEKS, MOST_WEEKS = 12, 60

_WEEK = timedelta(days=7)
_WEEKLY = """
SELECT d.agency_id, ($1::int - 1 - ($2::date - d.day) / 7) AS week, coalesce(sum(d.received), 0) AS received,
       coalesce(sum(d.answered), 0) AS answered, coalesce(sum(d.overdue), 0) AS overdue
FROM (
{acted}
) d GROUP BY 1, 2
UNION ALL
SELECT d.agency_id, NULL, 0, 0, coalesce(sum(d.overdue), 0) FROM (
{stock}
) d GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Week:
    """`overdue`: at its end."""

    received: int = 0
    answered: int = 0
    overdue: int = 0

    def __add__(self, other: "Week") -> "Week":
        return Week(
            self.received + other.received, self.answered + other.answered, self.overdue + other.overdue
        )


@dataclass(frozen=True, slots=True)
class Weeks:
    """`spans`: the oldest first. `of`: each body's own, by its id; one with nothing in it is left out."""

    spans: Sequence[Days]
    of: Mapping[int, Sequence[Week]]

    def together(self, agencies: Iterable[int]) -> list[Week]:
        """What these bodies have together."""
        whole = [Week()] * len(self.spans)
        for id_ in agencies:
            if id_ in self.of:
                whole = [one + more for one, more in zip(whole, self.of[id_], strict=True)]
        return whole


def growing(weeks: Sequence[Week]) -> int:
    """For how many weeks in a row, up to the last, more was overdue at the end of each; negative: less."""
    steps = [after.overdue - before.overdue for before, after in pairwise(weeks)]
    if not steps or steps[-1] == 0:
        return 0
    sign = 1 if steps[-1] > 0 else -1
    run = 0
    for step in reversed(steps):
        if step * sign <= 0:
            break
        run += sign
    return run


def spans_until(last: date, weeks: int) -> list[Days]:
    return [
        Days(last - _WEEK * (back + 1) + timedelta(days=1), last - _WEEK * back)
        for back in reversed(range(weeks))
    ]


async def count(
    connection: asyncpg.Connection,
    last: date,
    filters: Filters,
    *,
    today: date,
    weeks: int = WEEKS,
    agencies: Sequence[int] | None = None,
) -> Weeks:
    """The weeks up to `last`, or to today when that is earlier. One statement."""
    last = min(last, today)
    spans = spans_until(last, weeks)
    about = {name: value for name, value in filters.given().items() if name != "agency_id"}
    only = None if agencies is None else sorted(agencies)
    window = window_of(Period(last, last, None, Basis.ACTIVITY), today)
    stock = Statement(window, about, only, values=[weeks, last])
    parts = stock.sql()
    acted = Statement(window, about, only, values=stock.values, places=stock.places)
    sql = _WEEKLY.format(acted=acted.entries(Days(spans[0].first, last)), stock=parts)
    moves: dict[int, list[Week]] = {}
    at_end: dict[int, int] = {}
    for row in await connection.fetch(sql, *stock.values):
        if row["week"] is None:
            at_end[row["agency_id"]] = int(row["overdue"])
            continue
        its = moves.setdefault(row["agency_id"], [Week()] * weeks)
        its[row["week"]] = Week(int(row["received"]), int(row["answered"]), int(row["overdue"]))
    ids = moves.keys() | {id_ for id_, overdue in at_end.items() if overdue}
    return Weeks(
        spans, {id_: _stocks(moves.get(id_, [Week()] * weeks), at_end.get(id_, 0)) for id_ in sorted(ids)}
    )


def _stocks(moves: Sequence[Week], at_end: int) -> list[Week]:
    """From what each week changed, and the stock after the last one, to the stock at the end of each."""
    found: list[Week] = []
    for week in reversed(moves):
        found.append(Week(week.received, week.answered, at_end))
        at_end -= week.overdue
    return found[::-1]

"""How bodies keep the law: the figures of a period, of each body and with all under it.

What was done in the period is counted by the day of the act, and the stock at its end (the contract's
`basis=activity`): both come from the counter deltas that acts leave, never from a status. docs/figures.md
says what each figure means.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

import asyncpg

from app.oversight.cells import FLOWS
from app.oversight.columns import COUNTS
from app.oversight.reading import By, Statement
from app.oversight.statistics import STOCK, Basis, Filters, Period, window_of

SMALL = 30
"""A share, a percentile or an average of fewer says little: it is marked, and gives nobody a rank."""

Key = tuple[int, str]


@dataclass(slots=True)
class Sums:
    """`figures`: counts by code, `rating_sum` among them. `days`: answers by the working days they took."""

    figures: Counter[str] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Sums") -> None:
        self.figures.update(other.figures)
        self.days.update(other.days)

    def any(self) -> bool:
        return any(self.figures.values())

    @property
    def judged(self) -> int:
        return self.figures["answered"] + self.figures["overdue"]

    def values(self) -> dict[str, int | float | None]:
        """Every column's value."""
        figures = self.figures
        return {code: figures[code] for code in COUNTS} | {
            "on_time_share": _share(figures["answered"] - figures["answered_late"], self.judged),
            "days_median": self.percentile(50),
            "days_p90": self.percentile(90),
            "days_p99": self.percentile(99),
            "rating_average": _share(figures["rating_sum"], figures["ratings"]),
            "resolved_share": _share(figures["resolved"], figures["ratings"]),
        }

    def base(self, of: str) -> int:
        """The number that a figure which is no count is worth."""
        return self.judged if of == "judged" else self.figures[of]

    def percentile(self, percent: int) -> int | None:
        """The least number of days within which so many of the answers came."""
        wanted = ceil(sum(self.days.values()) * percent / 100)
        for days in sorted(self.days):
            wanted -= self.days[days]
            if wanted <= 0:
                return days
        return None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


_COUNT = """
SELECT d.agency_id, d.of, {flows}, coalesce(sum(d.overdue), 0) AS overdue,
       coalesce(sum({stock}), 0) AS pending,
       coalesce(sum({stock}) FILTER (WHERE d.day < {acts_from}), 0) AS carried_in
FROM (
{parts}
) d GROUP BY 1, 2
"""
_FLOW = "coalesce(sum(d.{name}) FILTER (WHERE d.day >= {acts_from}), 0) AS {name}"
_TOOK = """
SELECT d.agency_id, d.of, d.working_days, sum(d.answered) AS answered FROM (
{parts}
) d GROUP BY 1, 2, 3
"""


async def count(
    connection: asyncpg.Connection,
    first: date,
    last: date,
    filters: Filters,
    *,
    today: date,
    agencies: Sequence[int] | None = None,
    by: By | None = None,
) -> dict[Key, Sums]:
    """By agency and code of `by` (else ''). Two statements: the caller's transaction has one snapshot."""
    window = window_of(Period(first, last, None, Basis.ACTIVITY), today)
    about = {name: value for name, value in filters.given().items() if name != "agency_id"}
    only = None if agencies is None else sorted(agencies)
    found: dict[Key, Sums] = {}
    counts = Statement(window, about, only, by)
    acts_from = counts.bind(window.acts_from, "date")
    flows = ", ".join(_FLOW.format(name=name, acts_from=acts_from) for name in FLOWS)
    sql = _COUNT.format(flows=flows, stock=STOCK, acts_from=acts_from, parts=counts.sql())
    for row in await connection.fetch(sql, *counts.values):
        figures = {name: int(row[name]) for name in (*FLOWS, "overdue", "pending", "carried_in")}
        found[row["agency_id"], row["of"]] = Sums(Counter(figures))
    took = Statement(window, about, only, by)
    for row in await connection.fetch(_TOOK.format(parts=took.took()), *took.values):
        sums = found.setdefault((row["agency_id"], row["of"]), Sums())
        sums.days[row["working_days"]] += int(row["answered"])
    return {key: sums for key, sums in found.items() if sums.any()}


def together(all_: Mapping[Key, Sums], agencies: Iterable[int], of: str) -> Sums:
    """What these bodies have together."""
    whole = Sums()
    for agency_id in agencies:
        if (agency_id, of) in all_:
            whole.add(all_[agency_id, of])
    return whole

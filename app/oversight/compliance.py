"""How bodies keep the law: the figures of a period, of each body and with all under it.

What was done in the period is counted by the day of the act, and the stock at its end (the contract's
`basis=activity`): both come from the counter deltas that acts leave, never from a status. docs/figures.md
says what each figure means.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

import asyncpg

from app.oversight.cells import FLOWS
from app.oversight.columns import COUNTS
from app.oversight.reading import By, Days, Statement
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
SELECT {span} AS span, d.agency_id, d.of, {flows}, coalesce(sum(d.overdue), 0) AS overdue,
       coalesce(sum({stock}), 0) AS pending,
       coalesce(sum({stock}) FILTER (WHERE d.day < {acts_from}), 0) AS carried_in
FROM (
{parts}
) d GROUP BY d.agency_id, d.of
"""
_FLOW = "coalesce(sum(d.{name}) FILTER (WHERE d.day >= {acts_from}), 0) AS {name}"
_TOOK = """
SELECT {span} AS span, d.agency_id, d.of, d.working_days, sum(d.answered) AS answered FROM (
{parts}
) d GROUP BY d.agency_id, d.of, d.working_days
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
    """By agency and code of `by` (else '')."""
    spans = [Days(first, last)]
    return (await count_spans(connection, spans, filters, today=today, agencies=agencies, by=by))[0]


async def count_spans(
    connection: asyncpg.Connection,
    spans: Sequence[Days],
    filters: Filters,
    *,
    today: date,
    agencies: Sequence[int] | None = None,
    by: By | None = None,
) -> list[dict[Key, Sums]]:
    """The same of each of a few spans. Two statements for all: the caller's transaction has one snapshot."""
    about = {name: value for name, value in filters.given().items() if name != "agency_id"}
    only = None if agencies is None else sorted(agencies)
    found: list[dict[Key, Sums]] = [{} for _ in spans]
    counts, took = (_Spans(spans, about, only, by, today) for _ in range(2))
    for row in await connection.fetch(counts.sql(_counts), *counts.values):
        figures = {name: int(row[name]) for name in (*FLOWS, "overdue", "pending", "carried_in")}
        found[row["span"]][row["agency_id"], row["of"]] = Sums(Counter(figures))
    for row in await connection.fetch(took.sql(_took), *took.values):
        sums = found[row["span"]].setdefault((row["agency_id"], row["of"]), Sums())
        sums.days[row["working_days"]] += int(row["answered"])
    return [{key: sums for key, sums in one.items() if sums.any()} for one in found]


@dataclass
class _Spans:
    """One statement of several: each span's own, their values bound once."""

    spans: Sequence[Days]
    about: Mapping[str, int | str]
    only: list[int] | None
    by: By | None
    today: date
    values: list[Any] = field(default_factory=list)
    places: dict[Any, str] = field(default_factory=dict)

    def sql(self, of: Callable[[int, Statement], str]) -> str:
        windows = [
            window_of(Period(one.first, one.last, None, Basis.ACTIVITY), self.today) for one in self.spans
        ]
        each = [
            of(span, Statement(window, self.about, self.only, self.by, self.values, places=self.places))
            for span, window in enumerate(windows)
        ]
        return "UNION ALL".join(each)


def _counts(span: int, of: Statement) -> str:
    acts_from = of.bind(of.window.acts_from, "date")
    flows = ", ".join(_FLOW.format(name=name, acts_from=acts_from) for name in FLOWS)
    return _COUNT.format(span=span, flows=flows, stock=STOCK, acts_from=acts_from, parts=of.sql())


def _took(span: int, of: Statement) -> str:
    return _TOOK.format(span=span, parts=of.took())


def together(all_: Mapping[Key, Sums], agencies: Iterable[int], of: str) -> Sums:
    """What these bodies have together."""
    whole = Sums()
    for agency_id in agencies:
        if (agency_id, of) in all_:
            whole.add(all_[agency_id, of])
    return whole

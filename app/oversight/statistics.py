"""The figures of agencies, counted from the deltas that every act leaves (the contract's "What is counted").

`count` is one statement: one moment of the record, whatever commits meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

import asyncpg

from app.core import sight
from app.core.limited import seeing
from app.oversight.again import counted_again
from app.oversight.reading import Statement, Window


class Basis(StrEnum):
    RECEIVED = "received"
    ACTIVITY = "activity"


@dataclass(frozen=True, slots=True)
class Period:
    """Inclusive civil days. `as_of` None: everything known now counts, also what is of a later day."""

    first: date
    last: date
    as_of: date | None = None
    basis: Basis = Basis.RECEIVED

    @property
    def end(self) -> date:
        """The day at whose end the stock is taken on the activity basis, and that names are of."""
        return min(self.last, self.as_of or self.last)


@dataclass(frozen=True, slots=True)
class Filters:
    """Known codes; None does not filter. `agency_id` asks for that row alone."""

    agency_id: int | None = None
    channel: str | None = None
    applicant_type: str | None = None
    kind: str | None = None
    topic: str | None = None
    region: str | None = None

    @property
    def detailed(self) -> bool:
        """Whether small figures could tell of a person."""
        return any((self.kind, self.topic, self.region))

    def given(self) -> dict[str, int | str]:
        """What is filtered by, as columns and values."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Figures:
    """`carried_in` is 0 on the received basis."""

    received: int = 0
    answered: int = 0
    pending: int = 0
    overdue: int = 0
    answered_late: int = 0
    closed_late: int = 0
    forwarded_out: int = 0
    forwarded_late: int = 0
    closed_otherwise: int = 0
    extended: int = 0
    carried_in: int = 0

    @property
    def on_time_share(self) -> float | None:
        """Of what was answered or should have been, what was answered in time; to four decimals."""
        return on_time_share(self.answered, self.answered_late, self.overdue)

    @classmethod
    def total(cls, rows: Iterable["Figures"]) -> "Figures":
        found = list(rows)
        return cls(**{name: sum(getattr(row, name) for row in found) for name in NAMES})


def on_time_share(answered: int, answered_late: int, overdue: int) -> float | None:
    """Of what was answered or should have been, what was answered in time; to four decimals."""
    judged = answered + overdue
    return round((answered - answered_late) / judged, 4) if judged else None


NAMES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class Counted:
    """`rows` by agency id, those with anything counted; `appeals`: the distinct appeals of all of them."""

    rows: Mapping[int, Figures]
    appeals: int


def window_of(period: Period, today: date) -> Window:
    if period.basis is Basis.RECEIVED:
        until = period.as_of or date.max
        return Window(
            opened_from=period.first,
            opened_to=min(period.last, until),
            until=until,
            acts_from=date.min,
            judged_on=min(until, today),
        )
    end = period.end
    return Window(
        opened_from=date.min,
        opened_to=end,
        until=end,
        acts_from=period.first,
        judged_on=min(end, today),
    )


# A stock is what came less what went; an act counts from `acts_from` on.
COUNT = """
SELECT d.agency_id,
       {acts},
       coalesce(sum({stock}), 0) AS pending,
       coalesce(sum(d.overdue), 0) AS overdue,
       coalesce(sum({stock}) FILTER (WHERE d.day < {acts_from}), 0) AS carried_in,
       ({again}) AS again
FROM (
{parts}
) d
GROUP BY d.agency_id
"""
ACT = "coalesce(sum(d.{name}) FILTER (WHERE d.day >= {acts_from}), 0) AS {name}"
STOCK = (
    "coalesce(d.received, 0) - coalesce(d.answered, 0) - coalesce(d.forwarded_out, 0) "
    "- coalesce(d.closed_otherwise, 0)"
)
ACTS = tuple(name for name in NAMES if name not in {"pending", "overdue", "carried_in"})


async def count(
    connection: asyncpg.Connection,
    period: Period,
    filters: Filters,
    *,
    today: date,
) -> Counted:
    """The figures of a period. `today`: the civil day it is now, after whose end nothing is overdue yet."""
    window = window_of(period, today)
    given = filters.given()
    about = {name: value for name, value in given.items() if name != "agency_id"}
    only = None if filters.agency_id is None else [filters.agency_id]
    statement = Statement(window, about, only)
    acts_from = statement.bind(window.acts_from, "date")
    since = period.first
    if period.basis is Basis.ACTIVITY:
        since = min(period.first, period.end + timedelta(days=1))
    sql = COUNT.format(
        acts=", ".join(ACT.format(name=name, acts_from=acts_from) for name in ACTS),
        stock=STOCK,
        acts_from=acts_from,
        again=counted_again(statement, about, filters.agency_id, since),
        parts=statement.sql(),
    )
    async with seeing(connection, sight.EVERYTHING):  # figures of all, by who sees them
        found = await connection.fetch(sql, *statement.values)
    rows = {row["agency_id"]: Figures(**{name: int(row[name]) for name in NAMES}) for row in found}
    holdings = sum(figures.received + figures.carried_in for figures in rows.values())
    return Counted(
        rows={agency_id: figures for agency_id, figures in rows.items() if figures != Figures()},
        appeals=holdings - int(found[0]["again"]) if found else 0,
    )

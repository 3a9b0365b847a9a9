"""The figures of agencies, counted from the deltas that every act leaves (the contract's "What is counted").

`count` is one statement: one moment of the record, whatever commits meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

import asyncpg


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
        judged = self.answered + self.overdue
        return round((self.answered - self.answered_late) / judged, 4) if judged else None

    @classmethod
    def total(cls, rows: Iterable["Figures"]) -> "Figures":
        found = list(rows)
        return cls(**{name: sum(getattr(row, name) for row in found) for name in NAMES})


NAMES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class Counted:
    """`rows` by agency id, those with anything counted; `appeals`: the distinct appeals of all of them."""

    rows: Mapping[int, Figures]
    appeals: int


@dataclass(frozen=True, slots=True)
class Window:
    """Which deltas count, and as what. Days; both ends of `opened` inclusive.

    `acts_from`: what is dated before it is carried in. `judged_on`: open and due before it is overdue.
    `open_since`: a holding that closed before it does not count, unless it opened in the period.
    """

    opened_from: date
    opened_to: date
    until: date
    acts_from: date
    judged_on: date
    open_since: date

    @classmethod
    def of(cls, period: Period, today: date) -> "Window":
        if period.basis is Basis.RECEIVED:
            until = period.as_of or date.max
            return cls(
                opened_from=period.first,
                opened_to=min(period.last, until),
                until=until,
                acts_from=date.min,
                judged_on=min(until, today),
                open_since=date.min,
            )
        end = period.end
        return cls(
            opened_from=date.min,
            opened_to=end,
            until=end,
            acts_from=period.first,
            judged_on=min(end, today),
            open_since=min(period.first, end + timedelta(days=1)),
        )


# A stock is what came less what went; an act counts from `acts_from` on. Holdings and deltas have the same
# columns to filter by, hence the one alias.
COUNT = """
SELECT d.agency_id,
       {acts},
       sum(d.received - d.answered - d.forwarded_out - d.closed_otherwise) AS pending,
       coalesce(sum(d.running) FILTER (WHERE d.due_on < $5), 0) AS overdue,
       coalesce(sum(d.received - d.answered - d.forwarded_out - d.closed_otherwise)
                FILTER (WHERE d.day < $4), 0) AS carried_in,
       (SELECT count(DISTINCT d.appeal_id) FROM holding d
        WHERE d.registered_on BETWEEN $1 AND $2 AND d.stands_for IS NULL
          AND (d.closed_on IS NULL OR d.closed_on >= $6){of_holdings}) AS appeals
FROM counter_delta d
WHERE d.opened_on BETWEEN $1 AND $2 AND d.day <= $3{of_deltas}
GROUP BY d.agency_id
"""
ACT = "coalesce(sum(d.{name}) FILTER (WHERE d.day >= $4), 0) AS {name}"
ACTS = tuple(name for name in NAMES if name not in {"pending", "overdue", "carried_in"})


async def count(
    connection: asyncpg.Connection,
    period: Period,
    filters: Filters,
    *,
    today: date,
    every_row: bool = False,
) -> Counted:
    """The figures of a period. `today`: the civil day it is now, after whose end nothing is overdue yet.

    `every_row` gives all agencies' rows whichever is asked for; `appeals` are still of that one alone.
    """
    window = Window.of(period, today)
    given = filters.given()
    conditions = {name: f" AND d.{name} = ${place}" for place, name in enumerate(given, start=7)}
    statement = COUNT.format(
        acts=", ".join(ACT.format(name=name) for name in ACTS),
        of_holdings="".join(conditions.values()),
        of_deltas="".join(
            text for name, text in conditions.items() if not (every_row and name == "agency_id")
        ),
    )
    values = [getattr(window, field.name) for field in fields(Window)]
    found = await connection.fetch(statement, *values, *given.values())
    rows = {row["agency_id"]: Figures(**{name: int(row[name]) for name in NAMES}) for row in found}
    return Counted(
        rows={agency_id: figures for agency_id, figures in rows.items() if figures != Figures()},
        appeals=found[0]["appeals"] if found else 0,
    )

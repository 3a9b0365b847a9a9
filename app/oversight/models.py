"""Sums over the counter deltas (docs/decisions/0008). Made by the worker, never written by anybody else.

A cell is a rectangle of two days: on which the holdings opened (`opened_on`) and on which what is counted
happened (`day`); a month or a year stands for its days by its first one. A figure that is nothing is null and
takes no room. `slice` is what the cell is about beside the agency; the cube has every dimension instead.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.appeals.effects import FIGURES
from app.core.columns import TIMESTAMP, Xid8, identity
from app.core.db import Table

ROLLED = (*(name for name in FIGURES if name != "running"), "overdue")
"""The figures of a cell. `overdue` is a stock: +1 on the day after the due day of a clock that runs, -1 on
the day on which that ends."""


def _key(sa_type: Any) -> Any:
    return Field(sa_type=sa_type, primary_key=True, nullable=False, sa_column_kwargs={"autoincrement": False})


def _sum() -> Any:
    return Field(default=None, sa_type=Integer)


class Cell(Table):
    """What every rollup has."""

    received: int | None = _sum()
    forwarded_in: int | None = _sum()
    reopened: int | None = _sum()
    answered: int | None = _sum()
    answered_late: int | None = _sum()
    answered_last_day: int | None = _sum()
    satisfied: int | None = _sum()
    partly_satisfied: int | None = _sum()
    refused: int | None = _sum()
    explained: int | None = _sum()
    taken_note: int | None = _sum()
    decided: int | None = _sum()
    forwarded_out: int | None = _sum()
    forwarded_late: int | None = _sum()
    chained: int | None = _sum()
    closed_otherwise: int | None = _sum()
    closed_late: int | None = _sum()
    extended: int | None = _sum()
    suspended: int | None = _sum()
    corrections: int | None = _sum()
    repeated: int | None = _sum()
    complaints: int | None = _sum()
    complaints_upheld: int | None = _sum()
    ratings: int | None = _sum()
    rating_sum: int | None = _sum()
    resolved: int | None = _sum()
    overdue: int | None = _sum()


class Sliced(Cell):
    slice: str = _key(Text)
    opened_on: date = _key(Date)
    day: date = _key(Date)
    agency_id: int = _key(BigInteger)


class RollupMonth(Sliced, table=True):
    """Months by months: what whole months of a question are answered from."""

    __tablename__ = "rollup_month"


class RollupYear(Sliced, table=True):
    """Years by years: what whole years of a question are answered from."""

    __tablename__ = "rollup_year"


class RollupOpened(Sliced, table=True):
    """By the day of opening, and months of what happened."""

    __tablename__ = "rollup_opened"


class RollupActed(Sliced, table=True):
    """By months of opening, and the day on which it happened."""

    __tablename__ = "rollup_acted"


class About(Table):
    """What an appeal is about, whole."""

    channel: str = _key(Text)
    applicant_type: str = _key(Text)
    kind: str = _key(Text)
    topic: str = _key(Text)
    region: str = _key(Text)


class RollupCube(Cell, About, table=True):
    """Months by months with every dimension: what no slice answers."""

    __tablename__ = "rollup_cube"
    opened_on: date = _key(Date)
    day: date = _key(Date)
    agency_id: int = _key(BigInteger)


class Took(Table):
    """How many answers took so many working days."""

    slice: str = _key(Text)
    opened_on: date = _key(Date)
    day: date = _key(Date)
    agency_id: int = _key(BigInteger)
    working_days: int = _key(SmallInteger)
    answered: int = Field(sa_type=Integer, nullable=False)


class RollupTookMonth(Took, table=True):
    __tablename__ = "rollup_took_month"


class RollupTookYear(Took, table=True):
    __tablename__ = "rollup_took_year"


class RollupTook(Took, table=True):
    """By months of opening, and the day of the answer."""

    __tablename__ = "rollup_took"


class RollupDue(About, table=True):
    """When how many became overdue, and ceased to be: days by days. What is in time leaves nothing here, but
    for what is open: that stands under the day after its due day."""

    __tablename__ = "rollup_due"
    __table_args__ = (Index("ix_rollup_due_nothing", "opened_on", postgresql_where=text("overdue = 0")),)
    opened_on: date = _key(Date)
    day: date = _key(Date)
    agency_id: int = _key(BigInteger)
    overdue: int = Field(sa_type=Integer, nullable=False)


class Again(Table, table=True):
    """When an appeal with several holdings is counted again (see again.py); `agency_id` 0: by any body."""

    __tablename__ = "again"
    __table_args__ = (Index("ix_again_appeal_id", "appeal_id"),)

    id: int = identity()
    appeal_id: int = Field(sa_type=BigInteger)
    agency_id: int = Field(sa_type=BigInteger)
    what: str = Field(sa_type=Text)
    x: date
    y: date
    count: int = Field(sa_type=SmallInteger)
    channel: str = Field(sa_type=Text)
    applicant_type: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)


class RollupAgain(Table, table=True):
    __tablename__ = "rollup_again"

    slice: str = _key(Text)
    agency_id: int = _key(BigInteger)
    what: str = _key(Text)
    x: date = _key(Date)
    y: date = _key(Date)
    count: int = Field(sa_type=Integer, nullable=False)


class PublishedMonth(Table, table=True):
    """Public figures of a month by a dimension, as published: by value and body, hidden ones null."""

    __tablename__ = "published_month"

    month: date = _key(Date)
    dimension: str = _key(Text)
    holdings: int = Field(sa_type=Integer, nullable=False, description="counted in it")
    figures: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    published_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)


class Folding(Table, table=True):
    """One row: the deltas of which transactions are in the rollups, and where the rolling check is."""

    __tablename__ = "folding"

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    below: int = Field(sa_type=Xid8, nullable=False, description="the deltas of all transactions before it")
    folded_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    checked_month: date | None = Field(default=None, sa_type=Date)
    checked_agency_id: int | None = Field(default=None, sa_type=BigInteger)


class FigureFault(Table, table=True):
    """A difference that the rolling check found; `cleared_at`: a later check of the same found none."""

    __tablename__ = "figure_fault"
    __table_args__ = (
        Index("ix_figure_fault_open", "agency_id", "month", postgresql_where=text("cleared_at IS NULL")),
    )

    id: int = identity()
    agency_id: int = Field(sa_type=BigInteger)
    month: date
    line: str = Field(sa_type=Text)
    found_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    cleared_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)

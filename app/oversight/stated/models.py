"""The table of what was stated, made from totals.toml at every migration."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from app.core.columns import identity, one_of
from app.core.db import Table
from app.oversight.stated.codes import Measure


class StatedTotal(Table, table=True):
    """`parts`: a list of `{count, kk, ru, en}`, as stated; `source`: the names of the statement."""

    __tablename__ = "stated_total"
    __table_args__ = (
        Index(
            "uq_stated_total_once",
            "agency",
            "measure",
            "scope",
            "first",
            "last",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        one_of("measure", Measure),
        CheckConstraint("first <= last", name="period"),
        CheckConstraint("total IS NOT NULL OR parts <> '[]'", name="something"),
    )

    id: int = identity()
    agency: str = Field(sa_type=Text, description="code")
    measure: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text, description="of what it is a part, by a code; empty: the whole")
    first: date | None = Field(default=None, sa_type=Date)
    last: date | None = Field(default=None, sa_type=Date)
    period: str = Field(sa_type=Text, description="as the statement says it, where that is another")
    total: int | None = Field(default=None, sa_type=Integer, description="null: only parts were stated")
    parts: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    notes: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    source: dict[str, str] = Field(sa_type=JSONB, nullable=False)

"""Recalculations of open terms: what was announced, and how far the worker is."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.core.columns import TIMESTAMP, identity, one_of
from app.core.db import Table


class Cause(StrEnum):
    CALENDAR = "calendar"
    RULES = "rules"


class Recalculation(Table, table=True):
    """One change that may move due days. `finished_at` is empty while the worker is at it."""

    __tablename__ = "recalculation"
    __table_args__ = (
        Index("ix_recalculation_unfinished", "id", postgresql_where=text("finished_at IS NULL")),
        one_of("cause", Cause),
    )

    id: int = identity()
    cause: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text, description="the order that says so; empty for a change of rules")
    days: list[date] = Field(sa_type=ARRAY(Date), nullable=False, description="that an order is about")
    law: str = Field(sa_type=Text, description="fingerprint of the rules at the time")
    requested_by: int | None = Field(default=None, sa_type=BigInteger)
    requested_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    last_id: int = Field(
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("0")},
        description="the last holding looked at in the pass that goes on",
    )
    pass_began_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    looked_at: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    moved: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    finished_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)

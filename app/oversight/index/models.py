"""What a closed period was computed from and what came of it. Only added to, and sealed (seals/rows.py): a
column that comes later stays out of the leaves.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import TIMESTAMP, identity, xid
from app.core.db import Table


class IndexPeriod(Table, table=True):
    """`period`: `2026-Q3`; `definition`: the whole version that it was judged by."""

    __tablename__ = "index_period"
    __table_args__ = (
        Index("uq_index_period_period", "period", unique=True),
        Index("ix_index_period_xid", "xid"),
    )

    id: int = identity()
    xid: int = xid()
    period: str = Field(sa_type=Text)
    first: date
    last: date
    closed_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    definition: dict[str, Any] = Field(sa_type=JSONB, nullable=False)


class IndexScore(Table, table=True):
    """A body's row: a `KeptRow`, with the figures, points and rank."""

    __tablename__ = "index_score"
    __table_args__ = (
        Index("uq_index_score_period_id_agency", "period_id", "agency", unique=True),
        Index("ix_index_score_xid", "xid"),
    )

    id: int = identity()
    xid: int = xid()
    period_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("index_period.id")], nullable=False)
    agency: str = Field(sa_type=Text, description="code")
    data: dict[str, Any] = Field(sa_type=JSONB, nullable=False)

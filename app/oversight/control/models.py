"""Orders of control."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Integer, Text, text
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity
from app.core.db import Table


class ControlOrder(Table, table=True):
    """All open cases on a topic, of a region and an agency where those are named, registered from a day on.

    It stands until it is ended, by a person or by its last day; then the worker lifts what it took, and
    `released_at` says that nothing is left.
    """

    __tablename__ = "control_order"
    __table_args__ = (
        Index("ix_control_order_unfinished", "id", postgresql_where=text("released_at IS NULL")),
        *(Index(f"ix_control_order_{name}", name) for name in ("agency_id", "given_by", "ended_by")),
        CheckConstraint("ended_at IS NOT NULL OR released_at IS NULL", name="released_after_end"),
    )

    id: int = identity()
    topic: str = Field(sa_type=Text)
    region: str | None = Field(default=None, sa_type=Text)
    agency_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="agency.id")
    first: date = Field(description="the first day of registration that it is about")
    until: date | None = Field(default=None, sa_type=Date, description="the last day that it stands")
    reason: str = Field(sa_type=Encrypted("control_order.reason"), nullable=False)
    given_by: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    given_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    ended_by: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="staff_account.id", description="null: its last day"
    )
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    released_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    taken: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    lifted: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})

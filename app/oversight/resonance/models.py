"""Appeals by the hour, and the rises found in them."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity
from app.core.db import Table


class AppealHour(Table, table=True):
    """How many appeals were received in an hour on a topic, in a region, first held by an agency.

    The worker counts the last two days anew each hour; what came by then with an earlier moment is in it.
    """

    __tablename__ = "appeal_hour"

    hour: datetime = Field(sa_type=TIMESTAMP, primary_key=True, nullable=False)
    topic: str = Field(sa_type=Text, primary_key=True)
    region: str = Field(sa_type=Text, primary_key=True, description="empty when none was named")
    agency_id: int = Field(
        sa_type=BigInteger, primary_key=True, nullable=False, sa_column_kwargs={"autoincrement": False}
    )
    appeals: int = Field(sa_type=Integer, nullable=False)


class HoursCounted(Table, table=True):
    """One row: from which hour on, and up to which, the hours are counted; null before the first time."""

    __tablename__ = "hours_counted"

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    counted_from: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    counted_to: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class Rise(Table, table=True):
    """Far more appeals of one topic and region than usual, until a day goes by without. Told once, to the
    head of `agency_id`, which holds most of them."""

    __tablename__ = "rise"
    __table_args__ = (
        Index("ix_rise_cell", "topic", "region", "last_hour"),
        Index("ix_rise_agency_id", "agency_id"),
        Index("ix_rise_acknowledged_by", "acknowledged_by"),
        Index("ix_rise_open", "id", postgresql_where=text("acknowledged_at IS NULL")),
        CheckConstraint("first_hour <= last_hour", name="hours_in_order"),
        CheckConstraint(
            "num_nonnulls(acknowledged_at, acknowledged_by, word) IN (0, 3)", name="acknowledged_whole"
        ),
    )

    id: int = identity()
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    first_hour: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    last_hour: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    told_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    acknowledged_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    acknowledged_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="staff_account.id")
    word: str | None = Field(default=None, sa_type=Encrypted("rise.word"))


class RiseHour(Table, table=True):
    """An hour of a rise, with the appeals that were counted in it."""

    __tablename__ = "rise_hour"
    __table_args__ = (Index("ix_rise_hour_rise_id", "rise_id"),)

    hour: datetime = Field(sa_type=TIMESTAMP, primary_key=True, nullable=False)
    topic: str = Field(sa_type=Text, primary_key=True)
    region: str = Field(sa_type=Text, primary_key=True)
    rise_id: int = Field(sa_type=BigInteger, foreign_key="rise.id", nullable=False)
    appeal_ids: list[int] = Field(sa_type=ARRAY(BigInteger), nullable=False)
    expected: float = Field(sa_type=Float, nullable=False)
    chance: float = Field(sa_type=Float, nullable=False, description="of so many or more in a usual hour")

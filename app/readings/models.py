"""What is kept of readings."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, Text
from sqlmodel import Field

from app.core.columns import one_of, utc
from app.core.db import Table
from app.readings.codes import Way


class CaseReading(Table, table=True):
    """One person's readings of a part of an appeal by one way within a civil hour. `agency_id`: whose they
    were then. The app's role adds rows and counts on; it changes and deletes none."""

    __tablename__ = "case_reading"
    __table_args__ = (one_of("way", Way), Index("ix_case_reading_day", "day"))

    appeal_id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    part: int = Field(sa_type=SmallInteger, primary_key=True)
    account_id: int = Field(sa_type=BigInteger, primary_key=True)
    agency_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(primary_key=True)
    hour: int = Field(sa_type=SmallInteger, primary_key=True)
    way: str = Field(sa_type=Text, primary_key=True)
    first_at: datetime = utc()
    last_at: datetime = utc()
    times: int = Field(sa_type=Integer)

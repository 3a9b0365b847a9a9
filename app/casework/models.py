"""What the people who work on cases keep beside the record."""

from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger
from sqlmodel import Field

from app.core.columns import utc
from app.core.db import Table


class CasePresence(Table, table=True):
    """Who looks at a case. Unlogged: a crash may forget it, and a minute later nobody would believe it."""

    __tablename__ = "case_presence"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    appeal_id: int = Field(sa_type=BigInteger, primary_key=True)
    part: int = Field(sa_type=SmallInteger, primary_key=True)
    account_id: int = Field(sa_type=BigInteger, primary_key=True)
    seen_at: datetime = utc()

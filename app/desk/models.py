"""Who looked for whose earlier appeals (A09)."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text
from sqlmodel import Field

from app.core.columns import identity, utc
from app.core.db import Table


class DeskLookup(Table, table=True):
    """One search by a clerk; `sought` is a keyed hash of what was asked for, by the column that it was in."""

    __tablename__ = "desk_lookup"
    __table_args__ = (
        Index("ix_desk_lookup_account_id_at", "account_id", "at"),
        Index("ix_desk_lookup_sought", "sought"),
    )

    id: int = identity()
    account_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    agency_id: int = Field(sa_type=BigInteger)
    at: datetime = utc()
    by: str = Field(sa_type=Text, description="number, phone, iin or bin")
    sought: bytes = Field(sa_type=LargeBinary)
    found: int = Field(sa_type=Integer)

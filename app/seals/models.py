"""The seals: each a signed head over the rows of many events, and the hashes that it is the root of."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Xid8
from app.core.db import Table


class Seal(Table, table=True):
    """`head`: the bytes that are signed, which say all that the other columns repeat for searching."""

    __tablename__ = "seal"
    __table_args__ = (Index("ix_seal_upto", "upto_xid", "upto_id", unique=True),)

    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    upto_xid: int = Field(sa_type=Xid8, nullable=False)
    upto_id: int = Field(sa_type=BigInteger)
    head: str = Field(sa_type=Text)
    hash: bytes = Field(sa_type=LargeBinary, description="of the head; the next one holds it")
    signature: bytes = Field(sa_type=LargeBinary)
    key_id: str = Field(sa_type=Text, foreign_key="seal_key.id", index=True)
    leaves: bytes = Field(sa_type=LargeBinary, description="the hash of each row, 32 bytes, in order")


class SealKey(Table, table=True):
    """A public key that heads were signed with, kept for as long as they are.

    `introduced_by`: the key that signed that this one comes after it; null for the first, and for one whose
    forerunner was not known any more.
    """

    __tablename__ = "seal_key"

    id: str = Field(sa_type=Text, primary_key=True)
    public: str = Field(sa_type=Text, description="PEM")
    since: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    introduced_by: str | None = Field(default=None, sa_type=Text)
    signature: bytes | None = Field(default=None, sa_type=LargeBinary)

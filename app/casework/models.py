"""What the people who work on cases keep beside the record."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, SmallInteger, Text
from sqlmodel import Field

from app.core.columns import Encrypted, identity, utc
from app.core.db import Table


class CasePresence(Table, table=True):
    """Who looks at a case. Unlogged: a crash may forget it, and a minute later nobody would believe it."""

    __tablename__ = "case_presence"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    appeal_id: int = Field(sa_type=BigInteger, primary_key=True)
    part: int = Field(sa_type=SmallInteger, primary_key=True)
    account_id: int = Field(sa_type=BigInteger, primary_key=True)
    seen_at: datetime = utc()


class SavedView(Table, table=True):
    """A view of the queue that a person keeps: what stood in the address, which may name somebody."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_account_id", "account_id"),)

    id: int = identity()
    account_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    name: str = Field(sa_type=Encrypted("saved_view.name"), nullable=False)
    query: str = Field(sa_type=Encrypted("saved_view.query"), nullable=False)
    created_at: datetime = utc()


class LetterTemplate(Table, table=True):
    """What answers begin with; no personal data, for a case fills its fields."""

    __tablename__ = "letter_template"
    __table_args__ = (Index("ix_letter_template_agency_id", "agency_id"),)

    id: int = identity()
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    topic: str | None = Field(default=None, sa_type=Text)
    language: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    author_id: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    updated_at: datetime = utc()

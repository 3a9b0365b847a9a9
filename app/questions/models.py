"""The FAQ. An entry is what it is about; each version of its words is a row, written once, so that who wrote
what when can be read. How often an answer helped is counted by day, and of nobody in particular.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import identity, utc
from app.core.db import Table

ENTRY_FK = "faq_entry.id"


def _stems() -> list[str]:
    return Field(sa_type=ARRAY(Text), nullable=False)  # type: ignore[no-any-return]


class FaqEntry(Table, table=True):
    __tablename__ = "faq_entry"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_faq_entry_agency_id", "agency_id"),
        Index("ix_faq_entry_topic", "topic"),
    )

    id: int = identity()
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    topic: str = Field(sa_type=Text, foreign_key="topic.code")
    code: str | None = Field(default=None, sa_type=Text, description="of an entry that came from a file")


class FaqVersion(Table, table=True):
    """The newest of an entry is what it says now; `retired`: nothing any more."""

    __tablename__ = "faq_version"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="valid_period"),
        CheckConstraint("texts ?& ARRAY['kk', 'ru']", name="both_languages"),
        Index("ix_faq_version_title", "title", postgresql_using="gin"),
        Index("ix_faq_version_body", "body", postgresql_using="gin"),
        Index("ix_faq_version_author_id", "author_id"),
    )

    entry_id: int = Field(sa_type=BigInteger, foreign_key=ENTRY_FK, primary_key=True)
    version: int = Field(sa_type=Integer, primary_key=True)
    texts: dict[str, Any] = Field(
        sa_type=JSONB,
        nullable=False,
        description="by language: question and answer; public, so not encrypted",
    )
    title: list[str] = _stems()
    body: list[str] = _stems()
    valid_from: date
    valid_to: date | None = None
    retired: bool = False
    author_id: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="staff_account.id", description="null: from a file"
    )
    at: datetime = utc()


class FaqHelp(Table, table=True):
    """Of how many readers of a day an answer was, or was not, what they needed."""

    __tablename__ = "faq_help"

    entry_id: int = Field(sa_type=BigInteger, foreign_key=ENTRY_FK, primary_key=True)
    day: date = Field(primary_key=True)
    helped: int = Field(sa_type=Integer)
    not_helped: int = Field(sa_type=Integer)

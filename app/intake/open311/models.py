"""What of a listed appeal the public sees beside its topic, state and days."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity
from app.core.db import Table


class Released(StrEnum):
    """What stays empty until a moderator has looked at it."""

    DESCRIPTION = "description"
    ADDRESS = "address"
    MEDIA_URL = "media_url"
    COORDINATES = "coordinates"
    ANSWER = "answer"
    """Of a blog's post, with the description: it then stands among the public answers."""


_KNOWN = ", ".join(f"'{field.value}'" for field in Released)


class Publication(Table, table=True):
    """One decision of a moderator: from then on just these fields are shown. Written once, never changed."""

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_appeal_id_id", "appeal_id", "id"),
        CheckConstraint(f"fields <@ ARRAY[{_KNOWN}]", name="fields_known"),
    )

    id: int = identity()
    appeal_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("appeal.id")], nullable=False)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    account_id: int = Field(sa_type=BigInteger)
    agency_id: int = Field(sa_type=BigInteger)
    fields: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    reason: str = Field(sa_type=Encrypted("publication.reason"), nullable=False)

"""Files that belong to appeals.

`stored_object` is a content, once, however often it was sent: its address is a keyed hash, and the bytes lie
sealed in the storage under it. `attachment` is one sending of it: without an appeal it is an upload that
waits to be named by one. `attachment_fetch` is what is still to be fetched from where a source keeps it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy import Text as PlainText
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, one_of
from app.core.db import Table


class State(StrEnum):
    """Of a content: `failed` could not be looked at so far; it is tried again, and people are told."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    FAILED = "failed"


class GivenBy(StrEnum):
    APPLICANT = "applicant"
    STAFF = "staff"


TO_SCAN = text("state IN ('waiting', 'failed')")


class StoredObject(Table, table=True):
    __tablename__ = "stored_object"
    __table_args__ = (
        Index("ix_stored_object_to_scan", "next_at", postgresql_where=TO_SCAN),
        one_of("state", State),
    )

    address: bytes = Field(sa_type=LargeBinary, primary_key=True)
    size: int = Field(sa_type=BigInteger, description="of the content, in bytes")
    type: str = Field(sa_type=PlainText, description="media type, by the content")
    state: str = Field(sa_type=PlainText, sa_column_kwargs={"server_default": text("'waiting'")})
    attempts: int = Field(
        default=0, sa_type=SmallInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    next_at: datetime = Field(sa_type=TIMESTAMP, nullable=False, description="of the next scan")
    leased_until: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    detail: str = Field(
        default="", sa_type=PlainText, sa_column_kwargs={"server_default": text("''")}, description="a code"
    )
    stored_at: datetime = Field(sa_type=TIMESTAMP, nullable=False, description="first")
    touched_at: datetime = Field(sa_type=TIMESTAMP, nullable=False, description="when it was last sent")
    sealed_with: bytes | None = Field(
        default=None, sa_type=LargeBinary, description="the key's id, as the object begins; null: look there"
    )


class Attachment(Table, table=True):
    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_appeal_id", "appeal_id", postgresql_where=text("appeal_id IS NOT NULL")),
        Index("ix_attachment_address", "address"),
        Index("ix_attachment_expires_at", "expires_at", postgresql_where=text("appeal_id IS NULL")),
        one_of("given_by", GivenBy),
        CheckConstraint("(appeal_id IS NULL) = (given_by IS NULL)", name="given"),
        CheckConstraint("address IS NOT NULL OR appeal_id IS NOT NULL", name="somewhere"),
    )

    id: UUID = Field(primary_key=True)
    address: bytes | None = Field(
        default=None, sa_type=LargeBinary, sa_column_args=[ForeignKey("stored_object.address")]
    )
    name: str | None = Field(default=None, sa_type=Encrypted("attachment.name"))
    salt: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary, description="what the event names it by")
    created_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    expires_at: datetime = Field(sa_type=TIMESTAMP, nullable=False, description="unless an appeal names it")
    appeal_id: int | None = Field(default=None, sa_type=BigInteger, sa_column_args=[ForeignKey("appeal.id")])
    given_by: str | None = Field(default=None, sa_type=PlainText)


class FetchState(StrEnum):
    PENDING = "pending"
    GIVEN_UP = "given_up"


class AttachmentFetch(Table, table=True):
    __tablename__ = "attachment_fetch"
    __table_args__ = (
        Index("ix_attachment_fetch_due", "next_at", postgresql_where=text("state = 'pending'")),
        one_of("state", FetchState),
    )

    attachment_id: UUID = Field(
        primary_key=True, sa_column_args=[ForeignKey("attachment.id", ondelete="CASCADE")]
    )
    url: str = Field(sa_type=Encrypted("attachment_fetch.url"), nullable=False)
    lane: bytes = Field(sa_type=LargeBinary, description="keyed hash of the host: few at a time from each")
    state: str = Field(sa_type=PlainText, sa_column_kwargs={"server_default": text("'pending'")})
    attempts: int = Field(
        default=0, sa_type=SmallInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    next_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    leased_until: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    detail: str = Field(
        default="", sa_type=PlainText, sa_column_kwargs={"server_default": text("''")}, description="a code"
    )


class UploadUse(Table, table=True):
    """Counted in by the version before this one; nothing does any more, and the next version drops it."""

    __tablename__ = "upload_use"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    network: bytes = Field(sa_type=LargeBinary, primary_key=True)
    hour: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    files: int = Field(sa_type=Integer)

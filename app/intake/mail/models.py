"""Mailboxes, and what became of each e-mail that came. Nothing of an e-mail is kept here but keyed hashes."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from app.core.columns import Encrypted, identity, one_of, utc
from app.core.db import Table


def _count() -> int:
    return Field(  # type: ignore[no-any-return]
        default=0, sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )


class Marking(StrEnum):
    """How the server is told what became of an e-mail: moved to a folder, or flagged where it lies."""

    MOVE = "move"
    FLAG = "flag"


class MailResult(StrEnum):
    """What became of an e-mail. `repeated`: it was here already, from another mailbox or another time."""

    REGISTERED = "registered"
    SUPPLEMENT = "supplement"
    REPEATED = "repeated"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    REFUSED = "refused"


FIRST = "result NOT IN ('refused', 'repeated')"
"""The one row of a key that says what the e-mail became."""


class Mailbox(Table, table=True):
    """A mailbox of a state body, and how far it has been read.

    `lease` counts visits and is the lease's token: a visit that is no longer the newest changes nothing.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("address"),
        CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="code_slug"),
        CheckConstraint("address = lower(address)", name="address_lower"),
        one_of("marking", Marking),
        Index("ix_mailbox_source_id", "source_id"),
        Index("ix_mailbox_agency_id", "agency_id"),
    )

    id: int = identity()
    code: str = Field(sa_type=Text)
    source_id: int = Field(sa_type=BigInteger, foreign_key="source.id")
    agency_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="agency.id")
    address: str = Field(sa_type=Text, description="ours, as people write it in To")
    url: str = Field(sa_type=Text, description="imaps://, starttls:// or imap://, without user and password")
    username: str = Field(sa_type=Text)
    password: str = Field(sa_type=Encrypted("mailbox.password"), nullable=False)
    folder: str = Field(sa_type=Text)
    marking: str = Field(sa_type=Text)
    registered_folder: str = Field(sa_type=Text)
    refused_folder: str = Field(sa_type=Text)
    automatic_folder: str = Field(sa_type=Text)
    auth_server: str | None = Field(
        default=None, sa_type=Text, description="whose Authentication-Results are believed"
    )
    everything: bool = Field(description="also what lay there when it was added")
    active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: datetime = utc()
    uid_validity: int | None = Field(default=None, sa_type=BigInteger)
    last_uid: int = _count()
    lease: int = _count()
    leased_until: datetime | None = utc(nullable=True, default=None)
    next_at: datetime = utc()
    failures: int = _count()
    last_error: str | None = Field(default=None, sa_type=Text, description="a code")
    last_ok_at: datetime | None = utc(nullable=True, default=None)


class Mail(Table, table=True):
    """What became of one e-mail of one mailbox, append only."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("uq_mail_place", "mailbox_id", "uid_validity", "uid", unique=True),
        Index("uq_mail_key_hash", "key_hash", unique=True, postgresql_where=text(FIRST)),
        Index("ix_mail_mailbox_id_day", "mailbox_id", "day"),
        Index("ix_mail_appeal_id", "appeal_id", postgresql_where=text("appeal_id IS NOT NULL")),
        Index("ix_mail_sender_hash_at", "sender_hash", "at", postgresql_where=text("result = 'registered'")),
        one_of("result", MailResult),
    )

    id: int = identity()
    mailbox_id: int = Field(sa_type=BigInteger, foreign_key="mailbox.id")
    uid_validity: int = Field(sa_type=BigInteger)
    uid: int = Field(sa_type=BigInteger)
    key_hash: bytes = Field(sa_type=LargeBinary, description="of its Message-ID, or of its bytes")
    content_hash: bytes = Field(sa_type=LargeBinary, description="tells a repeat from another e-mail")
    sender_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    result: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text, description="a code; empty where nothing is to be said")
    appeal_id: int | None = Field(
        default=None, sa_type=BigInteger, sa_column_args=[ForeignKey("appeal.id")], nullable=True
    )
    bytes: int = Field(sa_type=BigInteger)
    day: date = Field(description="civil day of received_at")
    received_at: datetime = utc()
    at: datetime = utc()

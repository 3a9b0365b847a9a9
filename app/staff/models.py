"""People who work on appeals, programs that send them, and what is kept to let them in."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import Encrypted, identity, one_of, utc
from app.core.db import Table
from app.staff.permissions import Role, Scope

# A new account has no tokens, so none need be refused.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
REQUESTS_PER_MINUTE = 600


def _within(column: str, codes: type[Scope]) -> CheckConstraint:
    listed = ", ".join(f"'{code.value}'" for code in codes)
    return CheckConstraint(f"{column} <@ ARRAY[{listed}]", name=f"{column}_known")


def _texts() -> list[str]:
    return Field(sa_type=ARRAY(Text), nullable=False)  # type: ignore[no-any-return]


class StaffAccount(Table, table=True):
    __tablename__ = "staff_account"
    __table_args__ = (
        UniqueConstraint("login"),
        one_of("role", Role),
        CheckConstraint("login = lower(login)", name="login_lower"),
        CheckConstraint("jsonb_typeof(position) = 'object'", name="position_by_language"),
        Index("ix_staff_account_agency_id", "agency_id"),
    )

    id: int = identity()
    login: str = Field(sa_type=Text, description="such as operator@energy")
    name: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    password_hash: str = Field(sa_type=Text)
    active: bool = True
    position: dict[str, Any] = Field(
        default={},
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": text("'{}'")},
        description="what the person is, by language, as receipts name it (R05)",
    )
    tokens_valid_from: datetime = utc(default=ALWAYS, description="access tokens issued before are refused")
    created_at: datetime = utc()


class StaffTotp(Table, table=True):
    """A person's second factor. It counts once confirmed; a code of `last_step` or before is used up."""

    __tablename__ = "staff_totp"

    account_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="staff_account.id",
        sa_column_kwargs={"autoincrement": False},
    )
    secret: str = Field(sa_type=Encrypted("staff_totp.secret"), nullable=False)
    confirmed_at: datetime | None = utc(nullable=True, default=None)
    last_step: int = Field(sa_type=BigInteger)
    created_at: datetime = utc()


class StaffIdentity(Table, table=True):
    """Who a person is at the provider through which staff sign in. `name` was prepared by an administrator;
    the first sign-in of that name brings the subject, by which the person is known from then on."""

    __tablename__ = "staff_identity"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("name = lower(name)", name="name_lower"),
        CheckConstraint("num_nonnulls(issuer, subject, linked_at) IN (0, 3)", name="link_whole"),
    )

    account_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="staff_account.id",
        sa_column_kwargs={"autoincrement": False},
    )
    name: str = Field(sa_type=Text)
    issuer: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    linked_at: datetime | None = utc(nullable=True, default=None)


class RefreshToken(Table, table=True):
    """One link of a session. A family is one sign-in; without rows its access tokens are refused."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        Index("ix_refresh_token_family", "family"),
        Index("ix_refresh_token_account_id", "account_id"),
        Index("ix_refresh_token_expires_at", "expires_at"),
    )

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    family: UUID
    account_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    expires_at: datetime = utc(description="the same for the whole family")
    used_at: datetime | None = utc(nullable=True, default=None)


class ApiClient(Table, table=True):
    __tablename__ = "api_client"
    __table_args__ = (
        UniqueConstraint("key_hash"),
        _within("scopes", Scope),
        CheckConstraint("requests_per_minute > 0", name="requests_per_minute"),
        CheckConstraint(
            "(previous_key_hash IS NULL) = (previous_key_until IS NULL)", name="previous_key_whole"
        ),
        Index(
            "uq_api_client_previous_key_hash",
            "previous_key_hash",
            unique=True,
            postgresql_where=text("previous_key_hash IS NOT NULL"),
        ),
        Index("ix_api_client_source_id", "source_id"),
    )

    id: int = identity()
    source_id: int = Field(sa_type=BigInteger, foreign_key="source.id")
    name: str = Field(sa_type=Text)
    key_hash: bytes = Field(sa_type=LargeBinary, description="SHA-256 of the key, which is random")
    previous_key_hash: bytes | None = Field(
        default=None, sa_type=LargeBinary, description="after a rotation the key before, for a day"
    )
    previous_key_until: datetime | None = utc(nullable=True, default=None)
    scopes: list[str] = _texts()
    channels: list[str] = _texts()
    requests_per_minute: int = Field(
        default=REQUESTS_PER_MINUTE,
        sa_type=Integer,
        sa_column_kwargs={"server_default": text(str(REQUESTS_PER_MINUTE))},
    )
    active: bool = True
    expires_at: datetime | None = utc(nullable=True, default=None)
    last_used_on: date | None = None
    created_at: datetime = utc()


class ClientSecret(Table, table=True):
    """What a client signs with. After a rotation the secret before is good too, for a while."""

    __tablename__ = "client_secret"
    __table_args__ = (
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous_secret_whole"),
    )

    client_id: int = Field(sa_type=BigInteger, foreign_key="api_client.id", primary_key=True)
    secret: str = Field(sa_type=Encrypted("client_secret.secret"), nullable=False)
    previous_secret: str | None = Field(default=None, sa_type=Encrypted("client_secret.secret"))
    previous_until: datetime | None = utc(nullable=True, default=None)
    created_at: datetime = utc()


class ClientUse(Table, table=True):
    """Counted in by the version before this one; nothing does any more, and the next version drops it."""

    __tablename__ = "client_use"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    client_id: int = Field(sa_type=BigInteger, foreign_key="api_client.id", primary_key=True)
    minute: datetime = utc()
    requests: int = Field(sa_type=Integer)


class Attempt(Table, table=True):
    """Failed tries by minute; `subject` is a keyed hash of what was tried at: a login, an appeal's number."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_window_start", "window_start"),)

    what: str = Field(sa_type=Text, primary_key=True)
    subject: bytes = Field(sa_type=LargeBinary, primary_key=True)
    network: str = Field(sa_type=Text, primary_key=True)
    window_start: datetime = utc(primary_key=True)
    count: int = Field(sa_type=Integer)


class AuditAct(StrEnum):
    """What an administrator did."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_OPENED = "account_opened"
    PASSWORD_SET = "password_set"
    CLIENT_CREATED = "client_created"
    CLIENT_CLOSED = "client_closed"
    CLIENT_OPENED = "client_opened"
    KEY_ROTATED = "key_rotated"
    CALENDAR_ORDERED = "calendar_ordered"
    ACCOUNT_CHANGED = "account_changed"
    DIRECTORY_CHANGED = "directory_changed"
    DIRECTORY_TAKEN_BACK = "directory_taken_back"


class AuditEntry(Table, table=True):
    """Who changed what, in the change's own transaction. The app's role adds rows and can change none."""

    __tablename__ = "audit_entry"
    __table_args__ = (one_of("act", AuditAct), Index("ix_audit_entry_by_id", "by_id"))

    id: int = identity()
    at: datetime = utc()
    by_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    act: str = Field(sa_type=Text)
    subject_id: int = Field(
        sa_type=BigInteger, description="of the account, client, recalculation or change of the directory"
    )
    details: dict[str, Any] = Field(
        sa_type=JSONB,
        nullable=False,
        description="codes, days and numbers, what was and what is: no person's name, no secret",
    )

"""The outbox: what must be told, written in the transaction of the act that it tells of."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import TIMESTAMP, identity, one_of, xid
from app.core.db import Table


class Audience(StrEnum):
    APPLICANT = "applicant"
    OPERATOR = "operator"
    HEAD = "head"


class NoticeState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Notice(Table, table=True):
    """One thing to tell somebody; never changed but for its delivery."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_appeal_id", "appeal_id"),
        Index("ix_notice_pending", "not_before", "id", postgresql_where=text("state = 'pending'")),
        one_of("state", NoticeState),
        one_of("audience", Audience),
    )

    id: int = identity()
    appeal_id: int = Field(sa_type=BigInteger, sa_column_args=[ForeignKey("appeal.id")], nullable=False)
    event_hash: bytes = Field(sa_type=LargeBinary)
    kind: str = Field(sa_type=Text, description="a public event name such as appeal.registered")
    audience: str = Field(
        default="applicant",
        sa_type=Text,
        sa_column_kwargs={"server_default": text("'applicant'")},
        description="the applicant's also goes to the source and to subscribers",
    )
    language: str = Field(sa_type=Text)
    params: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    state: str = Field(
        default="pending", sa_type=Text, sa_column_kwargs={"server_default": text("'pending'")}
    )
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    not_before: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    xid: int = xid()

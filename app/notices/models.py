"""The outbox, written in the transaction of the act that it tells of; its deliveries, and who subscribed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity, one_of, utc, xid
from app.core.db import Table


class Audience(StrEnum):
    APPLICANT = "applicant"
    OPERATOR = "operator"
    HEAD = "head"


class NoticeState(StrEnum):
    """`taken`: its deliveries have been made, if anybody is to be sent it."""

    PENDING = "pending"
    TAKEN = "taken"


class Way(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"


class DeliveryState(StrEnum):
    """`failed`: it is tried again. `given_up`: no more."""

    PENDING = "pending"
    FAILED = "failed"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Settled(StrEnum):
    """How a person told the applicant what could not be delivered, or why nobody need be told."""

    LETTER = "letter"
    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    NOT_NEEDED = "not_needed"


class Result(StrEnum):
    """What became of one attempt; `address` is one that the service may not connect to."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    ADDRESS = "address"
    BROKEN = "broken"


OPEN = "state IN ('pending', 'failed')"


def _of_an_appeal() -> Any:
    return Field(default=None, sa_type=BigInteger, sa_column_args=[ForeignKey("appeal.id")], nullable=True)


def _of_a_booking() -> Any:
    return Field(default=None, sa_type=BigInteger, sa_column_args=[ForeignKey("booking.id")], nullable=True)


class Notice(Table, table=True):
    """One thing to tell somebody, about an appeal or about a booking (decision 0011). The app may change
    nothing of it but `state`."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_appeal_id", "appeal_id"),
        Index("ix_notice_booking_id", "booking_id", postgresql_where=text("booking_id IS NOT NULL")),
        Index("ix_notice_pending", "id", postgresql_where=text("state = 'pending'")),
        # Of one booking one reminder, whoever writes it.
        Index(
            "uq_notice_reminder",
            "booking_id",
            unique=True,
            postgresql_where=text("kind = 'booking.reminder'"),
        ),
        one_of("state", NoticeState),
        one_of("audience", Audience),
        CheckConstraint("num_nonnulls(appeal_id, booking_id) = 1", name="one_subject"),
        CheckConstraint("(appeal_id IS NULL) = (event_hash IS NULL)", name="event_of_appeal"),
    )

    id: int = identity()
    appeal_id: int | None = _of_an_appeal()
    booking_id: int | None = _of_a_booking()
    event_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    kind: str = Field(sa_type=Text, description="a public event name such as appeal.registered")
    audience: str = Field(
        default="applicant",
        sa_type=Text,
        sa_column_kwargs={"server_default": text("'applicant'")},
        description="the applicant's also goes to the source's subscribers; staff read theirs in their rooms",
    )
    language: str = Field(sa_type=Text)
    params: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    state: str = Field(
        default="pending", sa_type=Text, sa_column_kwargs={"server_default": text("'pending'")}
    )
    not_before: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    xid: int = xid()
    request_id: str | None = Field(
        default=None, sa_type=Text, description="names the lines of the log about what it tells of"
    )


class Subscription(Table, table=True):
    """Where a client is told what happens to its source's appeals. After a rotation two secrets sign."""

    __tablename__ = "subscription"
    __table_args__ = (
        Index(
            "uq_subscription_url", "client_id", "url", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous_secret_whole"),
    )

    id: int = identity()
    client_id: int = Field(sa_type=BigInteger, foreign_key="api_client.id")
    url: str = Field(sa_type=Text)
    events: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    secret: str = Field(sa_type=Encrypted("subscription.secret"), nullable=False)
    previous_secret: str | None = Field(default=None, sa_type=Encrypted("subscription.secret"))
    previous_until: datetime | None = utc(nullable=True, default=None)
    created_at: datetime = utc()
    ended_at: datetime | None = utc(nullable=True, default=None)


class Delivery(Table, table=True):
    """One notice on its way to one receiver. `lane`: the receiver's; each lane has its own few workers.

    `attempts` counts those begun and is the lease's token: who finishes an attempt that is no longer the
    newest changes nothing. `task_at`: since when a person has to tell the applicant instead.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("uq_delivery_notice_id_lane", "notice_id", "lane", unique=True),
        Index("ix_delivery_due", "lane", "next_at", "id", postgresql_where=text(OPEN)),
        Index("ix_delivery_order", "appeal_id", "lane", "id", postgresql_where=text(OPEN)),
        Index("ix_delivery_appeal_id", "appeal_id"),
        Index("ix_delivery_booking_id", "booking_id", postgresql_where=text("booking_id IS NOT NULL")),
        Index("ix_delivery_subscription_id", "subscription_id", "id"),
        Index(
            "ix_delivery_unsent",
            "subscription_id",
            postgresql_where=text("subscription_id IS NOT NULL AND state <> 'delivered'"),
        ),
        Index(
            "ix_delivery_task_at",
            "task_at",
            postgresql_where=text("task_at IS NOT NULL AND settled_at IS NULL AND state <> 'delivered'"),
        ),
        one_of("way", Way),
        one_of("state", DeliveryState),
        one_of("settled_how", Settled),
        CheckConstraint("(way = 'webhook') = (subscription_id IS NOT NULL)", name="subscription"),
        CheckConstraint("num_nonnulls(appeal_id, booking_id) = 1", name="one_subject"),
    )

    id: int = identity()
    notice_id: int = Field(sa_type=BigInteger, foreign_key="notice.id")
    appeal_id: int | None = _of_an_appeal()
    booking_id: int | None = _of_a_booking()
    way: str = Field(sa_type=Text)
    lane: str = Field(sa_type=Text, description="email, sms, or webhook:{subscription}")
    subscription_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="subscription.id")
    state: str = Field(
        default="pending", sa_type=Text, sa_column_kwargs={"server_default": text("'pending'")}
    )
    attempts: int = Field(
        default=0, sa_type=SmallInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    next_at: datetime = utc()
    leased_until: datetime | None = utc(nullable=True, default=None)
    know_by: date | None = Field(default=None, description="the legal day by which the applicant must know")
    task_at: datetime | None = utc(nullable=True, default=None)
    settled_at: datetime | None = utc(nullable=True, default=None)
    settled_by: int | None = Field(default=None, sa_type=BigInteger)
    settled_how: str | None = Field(default=None, sa_type=Text)


class DeliveryAttempt(Table, table=True):
    """Proof of one attempt, append only. It names no receiver: `detail` holds codes and kinds of error."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (Index("ix_delivery_attempt_delivery_id", "delivery_id"), one_of("result", Result))

    id: int = identity()
    delivery_id: int = Field(sa_type=BigInteger, foreign_key="delivery.id")
    attempt: int = Field(sa_type=SmallInteger)
    at: datetime = utc()
    result: str = Field(sa_type=Text)
    code: int | None = Field(default=None, sa_type=SmallInteger, description="HTTP's or SMTP's")
    detail: str = Field(sa_type=Text)

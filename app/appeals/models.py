"""The record of an appeal.

`appeal` is the head and never changes. `holding` is what is counted and worked on. `event` is the
append-only history without personal data; `applicant`, `content` and `draft` hold what people wrote,
encrypted and erasable; events commit to them by a salted hash. `counter_delta` is what statistics read.
An appeal's id is its registration number as an integer: year * 10**8 + serial.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from app.appeals.codes import (
    AMISS,
    ActorKind,
    ApplicantType,
    Close,
    ContentKind,
    Decision,
    Kind,
    LanguageCode,
    Origin,
    Outcome,
    Status,
)
from app.appeals.found_by import hash_of, words_of
from app.appeals.identifiers import phone_digits
from app.appeals.numbers import SANDBOX_FROM, SERIALS
from app.core.columns import TIMESTAMP, Encrypted, Words, identity, one_of, xid
from app.core.db import Table
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage

APPEAL_FK = "appeal.id"
HOLDING_FK = "holding.id"


def _appeal_id(*, primary_key: bool = False) -> Any:
    return Field(
        sa_type=BigInteger, sa_column_args=[ForeignKey(APPEAL_FK)], primary_key=primary_key, nullable=False
    )


def _small(default: int | None = None) -> Any:
    kwargs = {} if default is None else {"server_default": text(str(default))}
    return Field(default=default, sa_type=SmallInteger, nullable=False, sa_column_kwargs=kwargs)


class Appeal(Table, table=True):
    __tablename__ = "appeal"
    __table_args__ = (
        Index("ix_appeal_source_id_external_id", "source_id", "external_id"),
        Index(
            "ix_appeal_source_id_received_at",
            "source_id",
            "received_at",
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_appeal_received_at", "received_at"),
        Index("ix_appeal_listed", "received_at", "id", postgresql_where=text("listed")),
        CheckConstraint("id / 100000000 BETWEEN 2007 AND 2060", name="id_year"),
        one_of("kind", Kind),
        one_of("language", LanguageCode),
        one_of("applicant_type", ApplicantType),
    )

    id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    received_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    registered_on: date
    channel: str = Field(sa_type=Text, foreign_key="channel.code")
    kind: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text, description="ISO 3166-2 code, empty when none was named")
    language: str = Field(sa_type=Text)
    applicant_type: str = Field(sa_type=Text)
    source_id: int = Field(sa_type=BigInteger, foreign_key="source.id")
    external_id: str | None = Field(default=None, sa_type=Text)
    route: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    missing: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    listed: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="may stand in public lists: it came by Open311, or its author agreed",
    )


class Applicant(Table, table=True):
    """Who wrote. The first event holds a hash of it with `salt` (null: from before it did)."""

    __tablename__ = "applicant"
    __table_args__ = tuple(
        Index(f"ix_applicant_{name}", name, postgresql_where=text(f"{name} IS NOT NULL"))
        for name in ("iin_hash", "bin_hash", "phone_hash", "email_hash")
    )

    appeal_id: int = _appeal_id(primary_key=True)
    name: str | None = Field(default=None, sa_type=Encrypted("applicant.name"))
    iin: str | None = Field(default=None, sa_type=Encrypted("applicant.iin"))
    bin: str | None = Field(default=None, sa_type=Encrypted("applicant.bin"))
    address: str | None = Field(default=None, sa_type=Encrypted("applicant.address"))
    phone: str | None = Field(default=None, sa_type=Encrypted("applicant.phone"))
    email: str | None = Field(default=None, sa_type=Encrypted("applicant.email"))
    iin_hash: bytes | None = hash_of("iin")
    bin_hash: bytes | None = hash_of("bin")
    phone_hash: bytes | None = hash_of("phone", phone_digits)
    email_hash: bytes | None = hash_of("email", str.casefold)
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)


class Content(Table, table=True):
    """What somebody wrote, once; never changed, only erased. `body` is canonical JSON."""

    __tablename__ = "content"
    __table_args__ = (
        Index("ix_content_appeal_id", "appeal_id"),
        Index("ix_content_tokens", "tokens", postgresql_using="gin"),
        # What is erased when it is old enough: tests.
        Index(
            "ix_content_sandbox",
            "appeal_id",
            postgresql_where=text(f"appeal_id % {SERIALS} >= {SANDBOX_FROM}"),
        ),
        one_of("kind", ContentKind),
    )

    id: int = identity()
    appeal_id: int = _appeal_id()
    part: int = _small(0)
    kind: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    author_id: int | None = Field(default=None, sa_type=BigInteger, description="account, if staff wrote it")
    salt: bytes = Field(sa_type=LargeBinary)
    body: str = Field(sa_type=Encrypted("content.body"), nullable=False)
    hash: bytes = Field(sa_type=LargeBinary, description="what the event commits to")
    tokens: list[int] | None = Field(default=None, sa_type=Words(words_of), description="keyed words")


class Holding(Table, table=True):
    __tablename__ = "holding"
    __table_args__ = (
        Index(
            "uq_holding_open", "appeal_id", "part", unique=True, postgresql_where=text("closed_at IS NULL")
        ),
        Index(
            "ix_holding_queue",
            "agency_id",
            "due_on",
            "registered_on",
            "id",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_holding_to_approve",
            "agency_id",
            "due_on",
            "registered_on",
            "id",
            postgresql_where=text("closed_at IS NULL AND status = 'awaiting_approval'"),
        ),
        Index("ix_holding_assignee_id", "assignee_id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_holding_agency_id_registered_on", "agency_id", "registered_on"),
        Index("ix_holding_appeal_id", "appeal_id"),
        # What a body closed in a period, and how.
        Index(
            "ix_holding_closed",
            "agency_id",
            "closed_on",
            "id",
            postgresql_where=text("closed_on IS NOT NULL"),
            postgresql_include=["close", "outcome", "kind", "due_on", "closed_at"],
        ),
        # What the worker looks for: terms that end, and days that were waited for.
        Index(
            "ix_holding_watched",
            "due_on",
            "id",
            postgresql_where=text("closed_at IS NULL AND running AND warned < 3"),
        ),
        Index("ix_holding_on_control", "due_on", "id", postgresql_where=text("on_control")),
        Index("ix_holding_wait_until", "wait_until", postgresql_where=text("wait_until IS NOT NULL")),
        one_of("status", Status),
        one_of("origin", Origin),
        one_of("close", Close),
        one_of("outcome", (*Outcome, *Decision)),
        one_of("stage", Stage),
        CheckConstraint(
            "(closed_at IS NULL) = (close IS NULL) AND (closed_at IS NULL) = (closed_on IS NULL)",
            name="closed_whole",
        ),
        CheckConstraint("closed_on >= registered_on", name="closed_after_registered"),
        CheckConstraint("(assignee_id IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    )

    id: int = identity()
    appeal_id: int = _appeal_id()
    part: int = _small(0)
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    stands_for: int | None = Field(
        default=None,
        sa_type=BigInteger,
        description="of a test: the agency whose part the sandbox plays; null: it is in earnest",
    )
    origin: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    registered_on: date
    due_on: date
    regime: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    channel: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)
    applicant_type: str = Field(sa_type=Text)
    assignee_id: int | None = Field(default=None, sa_type=BigInteger)
    lease_until: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    running: bool = Field(description="open and the clock is not suspended")
    extended: bool = False
    on_control: bool = False
    stage: str | None = Field(default=None, sa_type=Text, description="of a complaint: handover or review")
    wait_until: date | None = Field(default=None, sa_type=Date, description="after it ELAPSE comes")
    warned: int = _small(0)
    closed_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    closed_on: date | None = Field(default=None, sa_type=Date)
    close: str | None = Field(default=None, sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)
    last_hash: bytes = Field(sa_type=LargeBinary, description="hash of the newest event of this part")
    erased_on: date | None = Field(default=None, sa_type=Date, description="its texts are kept no more")


class Complaint(Table, table=True):
    """What a complaint is about. It is walled off from `signers`, who wrote or approved the act (A08)."""

    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_about_id", "about_id"), one_of("reviewer", ReviewerKind))

    appeal_id: int = _appeal_id(primary_key=True)
    about_id: int = _appeal_id()
    about_part: int = _small(0)
    respondent_id: int = Field(sa_type=BigInteger)
    signers: list[int] = Field(sa_type=ARRAY(BigInteger), nullable=False)
    reviewer: str = Field(sa_type=Text)
    reviewer_id: int | None = Field(default=None, sa_type=BigInteger)


class Event(Table, table=True):
    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_appeal_id_id", "appeal_id", "id"),
        Index("ix_event_holding_id", "holding_id"),
        Index("ix_event_suspended", "at", postgresql_where=text("kind = 'suspended'")),
        Index("ix_event_unmasked", "id", postgresql_where=text("kind = 'unmasked'")),
        # In the order of commits: what is sealed, and what the worker reads of answers.
        Index("ix_event_xid", "xid", "id"),
        Index("ix_event_answered", "xid", "id", postgresql_where=text("kind = 'answered'")),
        # What a source follows: in the order of commits, and since a moment.
        Index("ix_event_followed", "source_id", "xid", "id", postgresql_where=text("source_id IS NOT NULL")),
        Index(
            *("ix_event_followed_since", "source_id", "changed_at"),
            postgresql_where=text("source_id IS NOT NULL"),
            postgresql_include=["xid"],
        ),
        one_of("actor_kind", ActorKind),
    )

    id: int = identity()
    appeal_id: int = _appeal_id()
    part: int = _small(0)
    holding_id: int = Field(sa_type=BigInteger, foreign_key=HOLDING_FK)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    kind: str = Field(sa_type=Text)
    actor_kind: str = Field(sa_type=Text)
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    data: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    content_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous: bytes | None = Field(default=None, sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)
    source_id: int | None = Field(
        default=None, sa_type=BigInteger, description="the source that is told of it, by an id of its own"
    )
    changed_at: datetime | None = Field(
        default=None, sa_type=TIMESTAMP, description="with source_id: when it came to be known here"
    )
    xid: int = xid()


class Ledger(Table, table=True):
    """What a due day follows from: the facts that one act added, in order (app/deadlines/facts.py)."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_holding_id", "holding_id"),)

    id: int = identity()
    holding_id: int = Field(sa_type=BigInteger, foreign_key=HOLDING_FK)
    event_hash: bytes = Field(sa_type=LargeBinary)
    facts: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)


class Draft(Table, table=True):
    """An answer being written: one a person and holding, so that nobody overwrites a colleague's."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_author_id", "author_id"),)

    holding_id: int = Field(sa_type=BigInteger, foreign_key=HOLDING_FK, primary_key=True)
    author_id: int = Field(sa_type=BigInteger, primary_key=True)
    version: int = Field(sa_type=BigInteger)
    body: str = Field(sa_type=Encrypted("draft.body"), nullable=False)
    updated_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)


class IntakeKey(Table, table=True):
    """What makes two messages one: an idempotency key, or a source's own id, as a hash."""

    __tablename__ = "intake_key"
    __table_args__ = (
        Index("ix_intake_key_appeal_id", "appeal_id"),
        Index("ix_intake_key_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    appeal_id: int = _appeal_id()
    request_hash: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class AppealLink(Table, table=True):
    """How often the links to an appeal were called back (link_token.py); no row: never."""

    __tablename__ = "appeal_link"

    appeal_id: int = _appeal_id(primary_key=True)
    generation: int = _small()


class CounterDelta(Table, table=True):
    """One act's effect on the figures, append only, without foreign keys: every act writes some. `holding_id`
    is null only in what was counted before it was kept; `working_days`: with an answer."""

    __tablename__ = "counter_delta"
    __table_args__ = (
        Index("ix_counter_delta_agency_id_opened_on_day", "agency_id", "opened_on", "day"),
        Index("ix_counter_delta_day", "day"),
        Index("ix_counter_delta_xid", "xid"),
        Index("ix_counter_delta_amiss", "agency_id", "day", postgresql_where=text(AMISS)),
    )

    id: int = identity()
    agency_id: int = Field(sa_type=BigInteger)
    holding_id: int | None = Field(default=None, sa_type=BigInteger)
    opened_on: date
    day: date
    due_on: date
    channel: str = Field(sa_type=Text)
    applicant_type: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)
    received: int = _small(0)
    forwarded_in: int = _small(0)
    reopened: int = _small(0)
    answered: int = _small(0)
    answered_late: int = _small(0)
    answered_last_day: int = _small(0)
    satisfied: int = _small(0)
    partly_satisfied: int = _small(0)
    refused: int = _small(0)
    explained: int = _small(0)
    taken_note: int = _small(0)
    decided: int = _small(0)
    forwarded_out: int = _small(0)
    forwarded_late: int = _small(0)
    chained: int = _small(0)
    closed_otherwise: int = _small(0)
    closed_late: int = _small(0)
    extended: int = _small(0)
    suspended: int = _small(0)
    corrections: int = _small(0)
    repeated: int = _small(0)
    complaints: int = _small(0)
    complaints_upheld: int = _small(0)
    ratings: int = _small(0)
    rating_sum: int = _small(0)
    resolved: int = _small(0)
    running: int = _small(0)
    working_days: int | None = Field(default=None, sa_type=SmallInteger)
    xid: int = xid()

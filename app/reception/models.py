"""Personal reception as it is kept.

A schedule is a body's for a quarter; a reception is one leader's on one day; its slots are computed from it
and stored. A booking takes places of a slot for its persons. A visitor is one person, booked or come without
a booking; the record of a visit is append only: a correction is a row that supersedes the one before it.

After its term (`retention/retention.toml`) a reception is erased: who came, their matter and the notes.
"""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.appeals.codes import LanguageCode
from app.core.columns import Encrypted, identity, one_of, utc
from app.core.db import Table
from app.reception.codes import BookingState, Mode, ScheduleState, Through, VisitOutcome

AGENCY_FK = "agency.id"
BOOKED = sql("state = 'booked'")


def _ref(to: str, *, nullable: bool = False) -> Any:
    default: dict[str, Any] = {"default": None} if nullable else {}
    return Field(sa_type=BigInteger, foreign_key=to, nullable=nullable, **default)


def _texts(description: str, *, nullable: bool = False) -> Any:
    """In up to three languages: `{"kk": …, "ru": …, "en": …}`."""
    return Field(sa_type=JSONB(none_as_null=True), nullable=nullable, description=description)


def _small(**kwargs: Any) -> Any:
    return Field(sa_type=SmallInteger, nullable=False, **kwargs)


def _bytes() -> Any:
    return Field(default=None, sa_type=LargeBinary, nullable=True)


class ReceptionSchedule(Table, table=True):
    __tablename__ = "reception_schedule"
    __table_args__ = (
        UniqueConstraint("agency_id", "year", "quarter"),
        one_of("state", ScheduleState),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_whole"),
    )

    id: int = identity()
    agency_id: int = _ref(AGENCY_FK)
    year: int = _small()
    quarter: int = _small()
    state: str = Field(sa_type=Text)
    published_at: datetime | None = utc(nullable=True, default=None)
    published_by: int | None = Field(default=None, sa_type=BigInteger)


class Reception(Table, table=True):
    __tablename__ = "reception"
    __table_args__ = (
        Index("ix_reception_schedule_id", "schedule_id"),
        Index("ix_reception_agency_id_day", "agency_id", "day"),
        Index("ix_reception_region", "region"),
        one_of("mode", Mode),
        one_of("through", Through),
        CheckConstraint("ends > begins", name="hours"),
        CheckConstraint("group_max BETWEEN 1 AND capacity", name="group_max"),
    )

    id: int = identity()
    schedule_id: int = _ref("reception_schedule.id")
    agency_id: int = _ref(AGENCY_FK)
    day: date
    begins: time = Field(description="Asia/Almaty, as `ends`")
    ends: time
    slot_minutes: int = _small()
    capacity: int = _small(description="persons in a slot")
    group_max: int = _small(description="persons in one booking")
    post: dict[str, str] = _texts("of the leader")
    name: dict[str, str] = _texts("the leader's")
    mode: str = Field(sa_type=Text)
    place: dict[str, str] | None = _texts("where to come", nullable=True)
    video_link: str | None = Field(default=None, sa_type=Encrypted("reception.video_link"))
    bring: dict[str, str] | None = _texts("beside an identity document", nullable=True)
    through: str = Field(sa_type=Text)
    region: str | None = Field(default=None, sa_type=Text, foreign_key="region.code")
    erased_on: date | None = Field(default=None, description="since when nothing of who came is kept")


class ReceptionSlot(Table, table=True):
    """`taken`: places of bookings that stand; it is changed in their own statement."""

    __tablename__ = "reception_slot"
    __table_args__ = (
        UniqueConstraint("reception_id", "begins_at"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
    )

    id: int = identity()
    reception_id: int = _ref("reception.id")
    begins_at: datetime = utc()
    ends_at: datetime = utc()
    capacity: int = _small()
    taken: int = _small(default=0, sa_column_kwargs={"server_default": sql("0")})
    called_off_at: datetime | None = utc(nullable=True, default=None)
    reason: str | None = Field(default=None, sa_type=Text, description="why the body called it off")


class Booking(Table, table=True):
    __tablename__ = "booking"
    __table_args__ = (
        Index("ix_booking_slot_id", "slot_id"),
        Index("ix_booking_agency_id", "agency_id"),
        Index("ix_booking_moved_to", "moved_to"),
        Index("uq_booking_key", "key", unique=True, postgresql_where=sql("key IS NOT NULL")),
        # One telephone, one booking at a body at a time.
        Index(
            "uq_booking_phone",
            "agency_id",
            "begins_at",
            "phone_hash",
            unique=True,
            postgresql_where=sql("state = 'booked' AND phone_hash IS NOT NULL"),
        ),
        Index("ix_booking_begins_at", "begins_at", postgresql_where=BOOKED),
        one_of("language", LanguageCode),
        one_of("state", BookingState),
        CheckConstraint("(state = 'booked') = (ended_at IS NULL)", name="ended_whole"),
        CheckConstraint("(state = 'moved') = (moved_to IS NOT NULL)", name="moved_whole"),
    )

    id: int = identity()
    slot_id: int = _ref("reception_slot.id")
    agency_id: int = _ref(AGENCY_FK)
    begins_at: datetime = utc(description="the slot's")
    language: str = Field(sa_type=Text)
    persons: int = _small()
    subject: str | None = Field(default=None, sa_type=Encrypted("booking.subject"))
    phone: str | None = Field(default=None, sa_type=Encrypted("booking.phone"))
    email: str | None = Field(default=None, sa_type=Encrypted("booking.email"))
    phone_hash: bytes | None = _bytes()
    state: str = Field(sa_type=Text)
    booked_at: datetime = utc()
    ended_at: datetime | None = utc(nullable=True, default=None)
    moved_to: int | None = _ref("booking.id", nullable=True)
    key: bytes | None = _bytes()
    request_hash: bytes | None = _bytes()


class Visitor(Table, table=True):
    """One person. `stands`: the booking does. Those without a booking say their matter and address here."""

    __tablename__ = "visitor"
    __table_args__ = (
        Index("ix_visitor_booking_id", "booking_id"),
        Index("ix_visitor_reception_id", "reception_id"),
        Index("ix_visitor_agency_id", "agency_id"),
        Index("uq_visitor_key", "key", unique=True, postgresql_where=sql("key IS NOT NULL")),
        # One person, one place at a body at a time.
        Index(
            "uq_visitor_person",
            "agency_id",
            "begins_at",
            "iin_hash",
            unique=True,
            postgresql_where=sql("stands AND begins_at IS NOT NULL AND iin_hash IS NOT NULL"),
        ),
        one_of("language", LanguageCode),
        CheckConstraint("(booking_id IS NULL) = (begins_at IS NULL)", name="booked_whole"),
    )

    id: int = identity()
    reception_id: int = _ref("reception.id")
    agency_id: int = _ref(AGENCY_FK)
    booking_id: int | None = _ref("booking.id", nullable=True)
    begins_at: datetime | None = utc(nullable=True, default=None, description="the slot's, if one was booked")
    stands: bool = True
    language: str = Field(sa_type=Text)
    name: str | None = Field(default=None, sa_type=Encrypted("visitor.name"))
    iin: str | None = Field(default=None, sa_type=Encrypted("visitor.iin"))
    iin_hash: bytes | None = _bytes()
    address: str | None = Field(default=None, sa_type=Encrypted("visitor.address"))
    phone: str | None = Field(default=None, sa_type=Encrypted("visitor.phone"))
    email: str | None = Field(default=None, sa_type=Encrypted("visitor.email"))
    subject: str | None = Field(default=None, sa_type=Encrypted("visitor.subject"))
    added_at: datetime = utc()
    added_by: int | None = Field(default=None, sa_type=BigInteger)
    key: bytes | None = _bytes()
    request_hash: bytes | None = _bytes()


class VisitRecord(Table, table=True):
    """What came of one person's visit, append only. The one that nothing supersedes counts."""

    __tablename__ = "visit_record"
    __table_args__ = (
        Index("uq_visit_record_first", "visitor_id", unique=True, postgresql_where=sql("supersedes IS NULL")),
        Index("ix_visit_record_visitor_id", "visitor_id"),
        Index("ix_visit_record_reception_id", "reception_id"),
        Index("ix_visit_record_agency_id_day", "agency_id", "day"),
        Index("ix_visit_record_day", "day"),
        Index("ix_visit_record_appeal_id", "appeal_id"),
        UniqueConstraint("supersedes"),
        one_of("outcome", VisitOutcome),
        one_of("through", Through),
        one_of("mode", Mode),
        CheckConstraint("came = (outcome IS NOT NULL)", name="outcome_of_who_came"),
        CheckConstraint(
            "coalesce(outcome = 'registered', false) = (appeal_id IS NOT NULL)", name="registered_whole"
        ),
    )

    id: int = identity()
    visitor_id: int = _ref("visitor.id")
    supersedes: int | None = _ref("visit_record.id", nullable=True)
    reception_id: int = _ref("reception.id")
    agency_id: int = _ref(AGENCY_FK)
    day: date = Field(description="the reception's")
    came: bool
    outcome: str | None = Field(default=None, sa_type=Text)
    through: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_type=Encrypted("visit_record.note"))
    appeal_id: int | None = _ref("appeal.id", nullable=True)
    accepted_name: str = Field(sa_type=Text, description="who received: an official, in public office")
    accepted_post: str = Field(sa_type=Text)
    recorded_at: datetime = utc()
    recorded_by: int = Field(sa_type=BigInteger)

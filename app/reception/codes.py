"""The codes of personal reception (PURE)."""

from enum import StrEnum


class ScheduleState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Mode(StrEnum):
    IN_PERSON = "in_person"
    VIDEO = "video"


class Through(StrEnum):
    """Where people are received: by the body itself, in a party's public reception room, on a journey."""

    BODY = "body"
    PARTY = "party"
    TRAVELLING = "travelling"


class BookingState(StrEnum):
    """`moved`: another booking took its place; `called_off`: by the body."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    MOVED = "moved"
    CALLED_OFF = "called_off"


class VisitOutcome(StrEnum):
    """`registered`: as an oral appeal, which then has a term and an answer of its own."""

    RESOLVED = "resolved"
    EXPLAINED = "explained"
    REGISTERED = "registered"


class BookingNotice(StrEnum):
    """What who has booked is told."""

    CONFIRMED = "booking.confirmed"
    REMINDER = "booking.reminder"
    CANCELLED = "booking.cancelled"
    MOVED = "booking.moved"
    CALLED_OFF = "booking.called_off"

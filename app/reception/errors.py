"""What can be refused in personal reception."""

from app.core.errors import Conflict, NotFound


class ScheduleNotFound(NotFound):
    code = "schedule_not_found"


class SchedulePublished(Conflict):
    """It is changed by adding receptions and by calling some off, where everybody sees it."""

    code = "schedule_published"


class ScheduleDraft(Conflict):
    code = "schedule_draft"


class ScheduleEmpty(Conflict):
    code = "schedule_empty"


class ReceptionNotFound(NotFound):
    code = "reception_not_found"


class ReceptionNotYet(Conflict):
    code = "reception_not_yet"


class SlotNotFound(NotFound):
    code = "slot_not_found"


class SlotOver(Conflict):
    """It has begun, or was called off."""

    code = "slot_over"


class SlotFull(Conflict):
    code = "slot_full"


class AlreadyBooked(Conflict):
    code = "already_booked"


class BookingNotFound(NotFound):
    code = "booking_not_found"


class BookingOver(Conflict):
    """It does not stand any more, or its time has come."""

    code = "booking_over"


class VisitorNotFound(NotFound):
    code = "visitor_not_found"


class OutcomeRecorded(Conflict):
    """Another outcome stands there; a correction names the record that it supersedes."""

    code = "outcome_recorded"


class OutcomeFinal(Conflict):
    """What was registered stays registered (R04)."""

    code = "outcome_final"

"""The closed lists of the record. Codes are public (they appear in the API) and never renamed."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    STATEMENT = "statement"
    COMPLAINT = "complaint"
    MESSAGE = "message"
    INQUIRY = "inquiry"
    RESPONSE = "response"
    PROPOSAL = "proposal"


class ApplicantType(StrEnum):
    INDIVIDUAL = "individual"
    LEGAL_ENTITY = "legal_entity"


class LanguageCode(StrEnum):
    KAZAKH = "kk"
    RUSSIAN = "ru"
    ENGLISH = "en"


class Status(StrEnum):
    REGISTERED = "registered"
    IN_PROGRESS = "in_progress"
    AWAITING_CORRECTION = "awaiting_correction"
    HEARING = "hearing"
    SUSPENDED = "suspended"
    AWAITING_APPROVAL = "awaiting_approval"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


class Outcome(StrEnum):
    SATISFIED = "satisfied"
    PARTLY_SATISFIED = "partly_satisfied"
    REFUSED = "refused"
    EXPLAINED = "explained"
    TAKEN_NOTE = "taken_note"


class Decision(StrEnum):
    """How a review of a complaint ends (C08)."""

    CANCELLED = "cancelled"
    REPLACED = "replaced"
    OBLIGED = "obliged"
    UPHELD_ACT = "upheld_act"
    LEFT_UNCONSIDERED = "left_unconsidered"


class SuspensionGround(StrEnum):
    COURT = "court"
    OTHER_CASE = "other_case"
    MISSING_DATA = "missing_data"


class TerminationGround(StrEnum):
    SAME_SUBJECT_DECIDED = "same_subject_decided"
    NO_NEW_ARGUMENTS = "no_new_arguments"
    DEATH_OR_LIQUIDATION = "death_or_liquidation"
    ANONYMOUS = "anonymous"
    NO_ESSENCE = "no_essence"


class Likeness(StrEnum):
    """How an appeal stands to the one that it is linked to (A05, A06)."""

    DUPLICATE = "duplicate"
    REPEAT = "repeat"


class Origin(StrEnum):
    """How a holding opened."""

    REGISTERED = "registered"
    FORWARDED = "forwarded"
    SPLIT = "split"
    REOPENED = "reopened"


class Close(StrEnum):
    """How a holding closed, as the statistics count it."""

    ANSWERED = "answered"
    FORWARDED_OUT = "forwarded_out"
    CLOSED_OTHERWISE = "closed_otherwise"


class EventKind(StrEnum):
    REGISTERED = "registered"
    CLAIMED = "claimed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    NOTE_ADDED = "note_added"
    SUPPLEMENTED = "supplemented"
    ANSWER_PROPOSED = "answer_proposed"
    SENT_BACK = "sent_back"
    ANSWERED = "answered"
    FORWARDED = "forwarded"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    RATED = "rated"
    SPLIT = "split"
    SPLIT_OFF = "split_off"
    CORRECTION_REQUESTED = "correction_requested"
    CORRECTED = "corrected"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    EXTENDED = "extended"
    HEARING_SET = "hearing_set"
    HEARING_EXEMPTED = "hearing_exempted"
    TERMINATED = "terminated"
    LINKED = "linked"
    MERGED = "merged"
    SELF_CORRECTED = "self_corrected"
    DECIDED = "decided"
    CONTROL_TAKEN = "control_taken"
    CONTROL_LIFTED = "control_lifted"
    CONTROL_OVERDUE = "control_overdue"
    UNMASKED = "unmasked"
    RECALCULATED = "recalculated"
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_PASSED = "deadline_passed"
    ERASED = "erased"


INNER = frozenset(
    {
        EventKind.ASSIGNED,
        EventKind.NOTE_ADDED,
        EventKind.LINKED,
        EventKind.RATED,
        EventKind.UNMASKED,
        EventKind.DEADLINE_NEAR,
        EventKind.CONTROL_TAKEN,
        EventKind.CONTROL_LIFTED,
        EventKind.CONTROL_OVERDUE,
    }
)
"""Of these the source that brought an appeal is not told: nothing that it sees of the appeal changes."""


class ActorKind(StrEnum):
    CITIZEN = "citizen"
    SOURCE = "source"
    STAFF = "staff"
    SYSTEM = "system"


class ContentKind(StrEnum):
    APPEAL = "appeal"
    SUPPLEMENT = "supplement"
    NOTE = "note"
    ANSWER = "answer"
    REASON = "reason"
    COMMENT = "comment"
    PART = "part"
    """What a part of a split appeal asks for."""
    REQUEST = "request"
    """What the applicant is asked to correct."""
    PRELIMINARY = "preliminary"
    """The decision as it is sent to the applicant before the hearing."""


# What the applicant, the source and subscribers are told of, under its public name.
TOLD: Mapping[EventKind, str] = {
    EventKind.ANSWERED: "appeal.answered",
    EventKind.RECEIVED: "appeal.forwarded",
    EventKind.SPLIT_OFF: "appeal.split",
    EventKind.WITHDRAWN: "appeal.withdrawn",
    EventKind.REOPENED: "appeal.reopened",
    EventKind.SUSPENDED: "appeal.suspended",
    EventKind.RESUMED: "appeal.resumed",
    EventKind.EXTENDED: "appeal.extended",
    EventKind.CORRECTION_REQUESTED: "appeal.correction_requested",
    EventKind.CORRECTED: "appeal.corrected",
    EventKind.HEARING_SET: "appeal.hearing",
    EventKind.TERMINATED: "appeal.terminated",
    EventKind.RETURNED: "appeal.terminated",
    EventKind.MERGED: "appeal.terminated",
    EventKind.SELF_CORRECTED: "appeal.self_corrected",
    EventKind.DECIDED: "appeal.decided",
    EventKind.RECALCULATED: "deadline.changed",
    EventKind.DEADLINE_PASSED: "deadline.passed",
}


AMISS = " OR ".join(
    f"{figure} <> 0"
    for figure in (
        *("reopened", "answered_late", "forwarded_late", "chained", "closed_late", "corrections", "repeated"),
        *("complaints", "complaints_upheld"),
    )
)
"""In SQL: the counter deltas of which something is to be said. They are few, and asked for most."""

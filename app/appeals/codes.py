"""The closed lists of the record. Codes are public (they appear in the API) and never renamed."""

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

"""What staff send and get back. Names and codes are the public contract's."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from app.appeals.codes import (
    ActorKind,
    ApplicantType,
    Close,
    EventKind,
    Kind,
    LanguageCode,
    Origin,
    Outcome,
    Status,
)
from app.appeals.lifecycle import Act
from app.core.schema import FullLine, FullText, Out, Schema, Text


class AgencyOut(Out):
    code: str
    name: str


class PersonOut(Out):
    id: int
    name: str


class QueueItem(Out):
    number: str
    part: int
    status: Status
    version: int
    kind: Kind
    topic: str
    channel: str
    region: str | None
    applicant_type: ApplicantType
    language: LanguageCode
    subject: str | None
    beginning: Annotated[str | None, Field(description="the first words of the text; null once erased")]
    agency: AgencyOut
    registered_on: date
    due_on: date
    working_days_left: Annotated[int, Field(description="up to and with the due day; negative when overdue")]
    overdue: bool
    on_control: bool
    assignee: PersonOut | None
    lease_until: Annotated[
        datetime | None, Field(description="until then it is the assignee's; after it anybody's")
    ]


class QueueOut(Out):
    items: list[QueueItem]
    next_cursor: str | None


class ClaimIn(Schema):
    count: Annotated[int, Field(ge=1, le=20, strict=True)] = 1


class ClaimOut(Out):
    items: list[QueueItem]


class StepOut(Out):
    date: date
    code: str
    sentence: str


class DeadlineOut(Out):
    due_on: date
    steps: list[StepOut]


class RouteOut(Out):
    reason: str
    rule: str


class HolderOut(Out):
    """One agency's time with the case."""

    agency: AgencyOut
    origin: Origin
    registered_on: date
    due_on: date
    closed_on: date | None
    close: Close | None
    outcome: Outcome | None


class ApplicantOut(Out):
    """Identity numbers and the telephone are masked but for their last four digits."""

    type: ApplicantType
    name: str | None
    iin: Annotated[str | None, Field(examples=["••••••••9937"])]
    bin: str | None
    address: str | None
    phone: str | None
    email: str | None


class WrittenOut(Out):
    """A supplement, a note, or the reason of an act. `text` is null once erased."""

    at: datetime
    event: EventKind
    author: Annotated[str | None, Field(description="a staff member's name; null for the applicant")]
    text: str | None


class DraftOut(Out):
    version: int
    text: str | None
    outcome: Outcome | None
    language: LanguageCode | None
    legal_basis: str | None
    updated_at: datetime


class ColleagueDraftOut(DraftOut):
    author: str


class AnswerOut(Out):
    """An answer as it was proposed or given."""

    outcome: Outcome
    text: str | None
    language: LanguageCode
    legal_basis: str | None
    author: str | None
    at: datetime


class CaseOut(Out):
    number: str
    part: int
    status: Status
    version: int
    past: Annotated[bool, Field(description="the case has left us; this is what it was then")]
    overdue: bool
    on_control: bool
    kind: Kind
    topic: str
    channel: str
    region: str | None
    language: LanguageCode
    received_at: datetime
    registered_on: date
    due_on: date
    working_days_left: int
    deadline: DeadlineOut
    route: RouteOut
    agency: AgencyOut
    holders: list[HolderOut]
    applicant: ApplicantOut
    missing: list[str]
    subject: str | None
    text: str | None
    incident_address: str | None
    supplements: list[WrittenOut]
    notes: list[WrittenOut]
    reasons: list[WrittenOut]
    draft: Annotated[DraftOut | None, Field(description="one's own")]
    drafts: Annotated[list[ColleagueDraftOut], Field(description="what colleagues are writing")]
    proposed: Annotated[AnswerOut | None, Field(description="the answer that waits for approval")]
    answer: Annotated[AnswerOut | None, Field(description="the newest answer that was given")]
    assignee: PersonOut | None
    lease_until: datetime | None
    allowed_acts: Annotated[list[Act], Field(description="what the state and one's role allow now")]


class ActorOut(Out):
    kind: ActorKind
    id: int | None
    name: Annotated[str | None, Field(description="staff only")]


class EventOut(Out):
    """`hash` is SHA-256 over the canonical JSON of the event with `previous`, as docs/security.md shows."""

    part: int
    at: datetime
    kind: EventKind
    actor: ActorOut
    data: dict[str, Any]
    content_hash: str | None
    previous: str | None
    hash: str


class EventsOut(Out):
    number: str
    items: list[EventOut]


class EmptyIn(Schema):
    """Nothing needs to be said."""


class AssignIn(Schema):
    to: Annotated[FullLine, Field(description="a colleague's login", examples=["operator@energy"])]


class NoteIn(Schema):
    text: FullText


class DraftIn(Schema):
    """What is left out stays as it is; null empties it."""

    text: Text | None = None
    outcome: Outcome | None = None
    language: LanguageCode | None = None
    legal_basis: Text | None = None
    version: Annotated[
        int | None, Field(ge=0, strict=True, description="the draft's version that was seen; 0: none")
    ] = None


class AnswerIn(Schema):
    outcome: Outcome
    text: FullText
    language: LanguageCode
    legal_basis: Text | None = None


class ForwardIn(Schema):
    to: Annotated[FullLine, Field(description="an agency's code or its name", examples=["energy"])]
    reason: FullText


class ReasonIn(Schema):
    reason: FullText

"""What staff get back. Names and codes are the public contract's."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.appeals.codes import (
    ActorKind,
    ApplicantType,
    Close,
    Decision,
    EventKind,
    Kind,
    LanguageCode,
    Likeness,
    Origin,
    Outcome,
    Status,
)
from app.appeals.lifecycle import Act
from app.attachments.models import State
from app.attachments.schemas import AttachmentOut
from app.core.schema import Code, FullLine, FullText, Out, Schema
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage
from app.notices.models import Audience, DeliveryState, Result, Settled, Way


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
    target_on: Annotated[
        date | None, Field(description="what the channel aims for; the legal term is the due day")
    ]
    suspended: bool
    stage: Annotated[Stage | None, Field(description="of a complaint about an act")]
    on_control: bool
    assignee: PersonOut | None
    lease_until: Annotated[
        datetime | None, Field(description="until then it is the assignee's; after it anybody's")
    ]


class QueueOut(Out):
    items: list[QueueItem]
    next_cursor: str | None


class ClaimOut(Out):
    items: list[QueueItem]


class StepOut(Out):
    date: date
    code: str
    sentence: str


class DeadlineOut(Out):
    due_on: date
    steps: list[StepOut]


class AgeOut(Out):
    """Since the appeal first came to the state, whoever holds it."""

    days: int
    working_days: int


class TargetOut(Out):
    on: date
    sentence: str


class CorrectionOut(Out):
    until: date
    what: Annotated[str | None, Field(description="what the applicant is asked for; null once erased")]


class HearingOut(Out):
    """`exempt`: it was recorded that no hearing is needed; why is among the case's `reasons`."""

    on: date | None
    preliminary: str | None
    decide_from: Annotated[date | None, Field(description="the first day of an unfavourable decision")]
    object_by: Annotated[date | None, Field(description="the applicant's last day to object")]
    exempt: bool


class PartOut(Out):
    """A part of the whole appeal; its text stays with who holds it."""

    number: str
    agency: AgencyOut
    status: Annotated[Status | None, Field(description="null, like the day, for who no longer holds any")]
    due_on: date | None


class LinkOut(Out):
    number: str
    as_: Annotated[Likeness, Field(serialization_alias="as")]


class ReviewerOut(Out):
    kind: ReviewerKind
    agency: Annotated[AgencyOut | None, Field(description="null where only a court can review it")]


class ComplaintOut(Out):
    """What a complaint is about, and who decides it."""

    about: str
    respondent: AgencyOut
    reviewer: ReviewerOut
    filed_late: bool
    stage: Stage | None


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
    outcome: Outcome | Decision | None


class ApplicantOut(Out):
    """Identity numbers and the telephone are masked but for their last four digits; `unmask` shows one."""

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
    details: Annotated[
        dict[str, Any] | None,
        Field(description="what came with a supplement: by e-mail, what it quotes and what was attached"),
    ] = None


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
    """An answer as it was proposed or given; of a complaint, the decision or the correction."""

    outcome: Outcome | Decision
    text: str | None
    language: LanguageCode
    legal_basis: str | None
    promised_until: Annotated[date | None, Field(description="a later act that it promises")]
    author: str | None
    at: datetime
    attachments: list[AttachmentOut]


class NoticeOut(Out):
    """One way of one notice. `page` and `room`: nothing was sent, it is there to be read."""

    kind: str
    audience: Audience
    at: Annotated[datetime, Field(description="when what it tells of happened")]
    way: Annotated[str, Field(examples=["email"], description="email, sms, webhook, page or room")]
    state: DeliveryState
    attempts: int
    last_at: datetime | None
    last_result: Result | None
    last_code: Annotated[int | None, Field(description="what the other side answered, as a number")]
    know_by: Annotated[date | None, Field(description="the legal day; known once an attempt failed")]
    needs_a_person: Annotated[bool, Field(description="the applicant has to be told otherwise")]
    settled: Annotated[Settled | None, Field(description="how a person told the applicant")]


class UndeliveredOut(Out):
    id: int
    number: str
    agency: AgencyOut
    kind: str
    at: Annotated[datetime, Field(description="when what the applicant must know happened")]
    way: Way
    language: LanguageCode
    since: Annotated[datetime, Field(description="since when a person has to do it")]
    attempts: int
    given_up: Annotated[bool, Field(description="false: it is still tried, and may get through")]
    know_by: Annotated[date | None, Field(description="the legal day by which the applicant must know")]


class UndeliveredListOut(Out):
    items: list[UndeliveredOut]


class UncheckedOut(Out):
    """A file of a case that waits for long, or could not be fetched."""

    id: UUID
    number: str
    agency: AgencyOut
    since: datetime
    state: State
    problem: Annotated[str | None, Field(examples=["scan_unreachable"])]


class UncheckedListOut(Out):
    items: list[UncheckedOut]


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
    age: AgeOut
    service_target: Annotated[TargetOut | None, Field(description="beside the term, never in its place")]
    forward_by: Annotated[date | None, Field(description="later is possible, and marked")]
    extendable_until: Annotated[date | None, Field(description="null: this term cannot be extended")]
    correction: Annotated[CorrectionOut | None, Field(description="what is waited for")]
    hearing: HearingOut | None
    suspended_until: Annotated[date | None, Field(description="null also when nobody named a day")]
    control_on: Annotated[
        date | None, Field(description="on control: the day by which a higher body asks for the answer")
    ]
    promised_until: Annotated[date | None, Field(description="on control: what was promised is to be done")]
    route: RouteOut
    agency: AgencyOut
    holders: list[HolderOut]
    parts: Annotated[list[PartOut], Field(description="of the whole appeal; one when it was not split")]
    links: list[LinkOut]
    complaint: ComplaintOut | None
    complaints: Annotated[list[str], Field(description="about this case, those that one may see")]
    applicant: ApplicantOut
    missing: list[str]
    erased_on: Annotated[
        date | None, Field(description="since then what was written and who wrote it is kept no more")
    ]
    subject: str | None
    text: str | None
    incident_address: str | None
    caller: Annotated[str | None, Field(description="the line of the desk that took it")]
    details: Annotated[
        dict[str, Any] | None,
        Field(description="what else its channel's form holds, such as a place on the map"),
    ]
    attachments: Annotated[list[AttachmentOut], Field(description="of the applicant; an answer has its own")]
    supplements: list[WrittenOut]
    notes: list[WrittenOut]
    reasons: list[WrittenOut]
    draft: Annotated[DraftOut | None, Field(description="one's own")]
    drafts: Annotated[list[ColleagueDraftOut], Field(description="what colleagues are writing")]
    proposed: Annotated[AnswerOut | None, Field(description="the answer that waits for approval")]
    answer: Annotated[AnswerOut | None, Field(description="the newest answer that was given")]
    assignee: PersonOut | None
    lease_until: datetime | None
    notices: Annotated[list[NoticeOut], Field(description="what was told to whom, with the proof")]
    allowed_acts: Annotated[list[Act], Field(description="what the state and one's role allow now")]


class TemplateIn(Schema):
    name: Annotated[FullLine, Field(max_length=100, examples=["Жылу: жөндеу мерзімі"])]
    topic: Annotated[Code | None, Field(description="null: for every topic", examples=["utilities"])] = None
    language: LanguageCode
    text: Annotated[
        FullText,
        Field(
            description="with fields that the case fills: {number}, {name}, {registered_on}, {due_on}, "
            "{today}, {agency}; `{{` and `}}` are braces",
            examples=["Құрметті {name}! Сіздің {number} жолданымыңыз {registered_on} күні тіркелді."],
        ),
    ]


class TemplateOut(Out):
    id: int
    agency: AgencyOut
    own: Annotated[bool, Field(description="of one's own body; a head may change these")]
    topic: str | None
    language: LanguageCode
    name: str
    text: str
    version: int
    updated_at: datetime


class TemplatesOut(Out):
    items: list[TemplateOut]


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

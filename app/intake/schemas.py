"""What citizens send and get back. Names and codes are the public contract's."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.appeals import numbers
from app.appeals.codes import ApplicantType, Decision, Kind, LanguageCode, Outcome, Status
from app.appeals.identifiers import IdentifierError, check_bin, check_iin
from app.attachments.schemas import AttachmentIds, AttachmentOut
from app.core.schema import Code, Email, FullText, Line, Out, Schema, Text
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage
from app.seals.schemas import ProofOut

ERASED = "since then what was written and who wrote it is kept no more; days, acts and figures stay"


def _checked(check: Any) -> Any:
    def validate(value: str) -> str:
        try:
            check(value)
        except IdentifierError as error:
            raise PydanticCustomError(error.code.value, "identifier") from error
        return value

    return AfterValidator(validate)


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9 ()\-]{5,24}", value):
        raise PydanticCustomError("phone", "phone")
    return value


def _appeal_number(value: str) -> str:
    """In the form of the API, so that the same number in the other script is the same message."""
    try:
        return numbers.parse(value).format()
    except numbers.NumberError:
        raise PydanticCustomError("complaint_about_number", "registration number") from None


AppealNumber = Annotated[Line, AfterValidator(_appeal_number)]
Iin = Annotated[Line, _checked(check_iin)]
Bin = Annotated[Line, _checked(check_bin)]
Phone = Annotated[Line, AfterValidator(_phone)]


class ApplicantIn(Schema):
    type: ApplicantType = ApplicantType.INDIVIDUAL
    name: Line | None = None
    iin: Iin | None = None
    bin: Bin | None = None
    address: Line | None = None
    phone: Phone | None = None
    email: Email | None = None


class Saying(Schema):
    """What an appeal says, whoever brings it."""

    kind: Kind
    language: LanguageCode
    text: FullText
    subject: Line | None = None
    applicant: ApplicantIn | None = None
    addressee: (
        Annotated[Line, Field(description="an agency's code or its name in any of the three languages")]
        | None
    ) = None
    topic: Code | None = None
    region: Annotated[Code, Field(description="ISO 3166-2, such as KZ-61")] | None = None
    incident_address: Line | None = None
    listed: Annotated[
        bool,
        Field(
            strict=True,
            description="whether topic, state and days may stand in the public list (Open311), "
            "without a name or a text",
        ),
    ] = False
    complaint_about: (
        Annotated[
            AppealNumber,
            Field(
                description="number of the appeal whose answer, or lack of one, this complaint is about; in "
                "either script, with `.2` for a part"
            ),
        ]
        | None
    ) = None


class AppealIn(Saying):
    attachments: AttachmentIds = Field(default_factory=list)


class AgencyOut(Out):
    code: str
    name: str


class RouteOut(Out):
    reason: str


class ReceiptRef(Out):
    url: str


Sandbox = Annotated[bool, Field(description="a test: it is before no ministry, and in no figure")]


class ReviewerOut(Out):
    """Who decides a complaint: the body above, the head of the same body, or nobody but a court."""

    kind: ReviewerKind
    agency: AgencyOut | None
    sentence: str


class ComplaintOut(Out):
    """What a complaint is about, and where it is. `now`: the latter in words."""

    about: str
    stage: Stage | None
    filed_late: bool
    reviewer: ReviewerOut
    now: str


class RegistrationOut(Out):
    number: str
    access_code: str
    status: Status
    missing: list[str]
    agency: AgencyOut
    route: RouteOut
    registered_on: date
    due_on: date
    receipt: ReceiptRef
    complaint: ComplaintOut | None
    sandbox: Sandbox = False


class StepOut(Out):
    date: date
    code: str
    sentence: str


class DeadlineOut(Out):
    due_on: date
    steps: list[StepOut]


class TimelineOut(Out):
    at: datetime
    event: str
    part: int
    sentence: str


class AnswerOut(Out):
    outcome: Outcome | Decision
    text: str | None
    language: LanguageCode
    legal_basis: str | None
    answered_at: datetime
    may_complain_until: date | None
    how_to_complain: str
    attachments: list[AttachmentOut]


class CorrectionOut(Out):
    until: date
    what: str | None


class HearingOut(Out):
    on: date
    preliminary: str | None
    object_by: date


class Standing(Out):
    """How an appeal, or a part of it, stands."""

    number: str
    status: Status
    overdue: bool
    agency: AgencyOut
    registered_on: date
    due_on: date
    deadline: DeadlineOut
    answer: AnswerOut | None
    correction: CorrectionOut | None = Field(
        description="what you were asked to correct, while it is waited for"
    )
    hearing: HearingOut | None
    suspended_until: date | None = Field(description="the last day of a suspension that has one")


class PartOut(Standing):
    """A part of an appeal that was split; of one that was not, the whole."""


class AgeOut(Out):
    """How long the state has had the appeal, whoever holds it: up to the answer, or today."""

    days: int
    working_days: int


class TargetOut(Out):
    """What we aim for beside the legal term, never in place of it."""

    on: date
    sentence: str


class MayOut(Out):
    """One thing that the applicant can do now."""

    act: str = Field(description="`supplement`, `withdraw`, `rate` or `complain`", examples=["complain"])
    until: date | None = Field(description="the last day for it, where there is one")


class LookedOut(Out):
    agency: AgencyOut
    day: date
    first_at: datetime
    last_at: datetime


class TrackingOut(Standing):
    sandbox: Sandbox = False
    timeline: list[TimelineOut]
    parts: list[PartOut]
    age: AgeOut
    service_target: TargetOut | None
    complaint: ComplaintOut | None
    complaints: list[str] = Field(description="numbers of the complaints about this appeal")
    attachments: list[AttachmentOut] = Field(description="what you sent with it; an answer has its own")
    may: list[MayOut] = Field(description="what can be done now")
    looked: list[LookedOut] = Field(
        default_factory=list, description="which bodies' people read it, by civil day, in order"
    )
    erased_on: date | None = Field(None, description=ERASED)


class AcceptedByOut(Out):
    """The official who accepted it: surname and initials, and what they are (R05)."""

    name: str = Field(examples=["Сынақбаев Ү."])
    position: str = Field(examples=["бас маман"])
    agency: str


class ReceiptOut(Out):
    """The talon of rule R05: number, date and time, who accepted it, and the term with its reasons."""

    number: str
    received_at: datetime
    registered_on: date
    accepted_by: str = Field(description="the source that brought it in")
    accepted_by_person: AcceptedByOut | None = Field(description="where a person took it in at a desk")
    channel: str
    agency: AgencyOut
    due_on: date
    deadline: DeadlineOut
    complaint: ComplaintOut | None
    text: str = Field(description="the receipt as it is printed, with the access code")
    erased_on: date | None = Field(None, description=ERASED)
    proof: ProofOut | None = Field(
        None, description="that this was so then, for the applicant: `listening-state verify receipt.json`"
    )
    sandbox: Sandbox = False


class SupplementIn(Schema):
    text: Annotated[FullText, Field(examples=["Кеше шебер келіп кетті, бірақ жылу әлі жоқ."])]
    attachments: AttachmentIds = Field(default_factory=list)


class WithdrawalIn(Schema):
    reason: Annotated[Text | None, Field(examples=["Жылу қосылды, рақмет."])] = None


class ComplaintIn(Schema):
    text: Annotated[FullText, Field(examples=["Жауапта сұрағыма ештеңе айтылмаған, қайта қарауды сұраймын."])]


class RatingIn(Schema):
    score: Annotated[int, Field(ge=1, le=5, strict=True, examples=[5])]
    resolved: Annotated[bool, Field(strict=True, examples=[True])]
    comment: Annotated[Text | None, Field(examples=["Тез шешілді."])] = None


class ActOut(Out):
    number: str
    status: Status

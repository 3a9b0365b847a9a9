"""What citizens send and get back. Names and codes are the public contract's."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.appeals.codes import ApplicantType, Kind, LanguageCode, Outcome, Status
from app.appeals.identifiers import IdentifierError, check_bin, check_iin
from app.core.schema import Code, FullText, Line, Out, Schema, Text


def _checked(check: Any) -> Any:
    def validate(value: str) -> str:
        try:
            check(value)
        except IdentifierError as error:
            raise PydanticCustomError(error.code.value, "identifier") from error
        return value

    return AfterValidator(validate)


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", value):
        raise PydanticCustomError("email", "e-mail")
    return value


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9 ()\-]{5,24}", value):
        raise PydanticCustomError("phone", "phone")
    return value


class ApplicantIn(Schema):
    type: ApplicantType = ApplicantType.INDIVIDUAL
    name: Line | None = None
    iin: Annotated[Line, _checked(check_iin)] | None = None
    bin: Annotated[Line, _checked(check_bin)] | None = None
    address: Line | None = None
    phone: Annotated[Line, AfterValidator(_phone)] | None = None
    email: Annotated[Line, AfterValidator(_email)] | None = None


class AppealIn(Schema):
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


class AgencyOut(Out):
    code: str
    name: str


class RouteOut(Out):
    reason: str


class ReceiptRef(Out):
    url: str


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
    sentence: str


class AnswerOut(Out):
    outcome: Outcome
    text: str | None
    language: LanguageCode
    legal_basis: str | None
    answered_at: datetime
    may_complain_until: date


class PartOut(Out):
    number: str
    status: Status
    agency: AgencyOut
    due_on: date


class TrackingOut(Out):
    number: str
    status: Status
    overdue: bool
    agency: AgencyOut
    registered_on: date
    due_on: date
    deadline: DeadlineOut
    timeline: list[TimelineOut]
    parts: list[PartOut]
    answer: AnswerOut | None


class ReceiptOut(Out):
    """The talon of rule R05: number, date and time, and who accepted it."""

    number: str
    received_at: datetime
    registered_on: date
    accepted_by: str
    channel: str


class SupplementIn(Schema):
    text: Annotated[FullText, Field(examples=["Кеше шебер келіп кетті, бірақ жылу әлі жоқ."])]


class WithdrawalIn(Schema):
    reason: Annotated[Text | None, Field(examples=["Жылу қосылды, рақмет."])] = None


class RatingIn(Schema):
    score: Annotated[int, Field(ge=1, le=5, strict=True, examples=[5])]
    resolved: Annotated[bool, Field(strict=True, examples=[True])]
    comment: Annotated[Text | None, Field(examples=["Тез шешілді."])] = None


class ActOut(Out):
    number: str
    status: Status

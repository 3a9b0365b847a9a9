"""What clerks and higher bodies send and get back."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.appeals.codes import Close, Decision, Kind, LanguageCode, Outcome, Status
from app.core.schema import Code, Day, FullLine, Line, Moment, Out, Schema
from app.intake.schemas import (
    AcceptedByOut,
    AgencyOut,
    AppealIn,
    AppealNumber,
    Bin,
    DeadlineOut,
    Iin,
    Phone,
    ReceiptRef,
    RegistrationOut,
)
from app.intake.tickets.schemas import StateOut


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise PydanticCustomError("link", "link")
    return value


def _outgoing_number(value: str) -> str:
    """Without the sign and the spaces that one writes it with and another does not."""
    value = "".join(value.replace("№", "").split())
    if not re.fullmatch(r"[\w./:()+-]{1,80}", value) or not any(letter.isalnum() for letter in value):
        raise PydanticCustomError("outgoing_number", "outgoing number")
    return value


OutgoingNumber = Annotated[Line, AfterValidator(_outgoing_number), Field(examples=["10-24/1177"])]


class EmployeeIn(Schema):
    name: FullLine
    position: Line = ""


class How(Schema):
    """How it came. Which of these a channel has: `GET /api/v1/desk/ways`."""

    outgoing_number: Annotated[OutgoingNumber | None, Field(description="the letter's own number")] = None
    outgoing_on: Annotated[Day | None, Field(description="the day that the letter bears")] = None
    sheets: Annotated[int | None, Field(ge=1, le=10_000, strict=True)] = None
    counter: Annotated[Line | None, Field(description="of a front office", examples=["7"])] = None
    employee: Annotated[
        EmployeeIn | None, Field(description="who is responsible for the line; left out: who puts it in")
    ] = None
    network: Annotated[Line | None, Field(examples=["Facebook"])] = None
    handle: Annotated[Line | None, Field(description="the author's name there")] = None
    link: Annotated[Annotated[Line, AfterValidator(_link)] | None, Field(description="of the message")] = None
    control_on: Annotated[
        Day | None,
        Field(description="when the higher body asks for the answer; the term stays the law's"),
    ] = None


class DeskAppealIn(AppealIn):
    channel: Annotated[Code, Field(description="how it came", examples=["letter"])]
    received_at: Annotated[
        Moment | None,
        Field(
            description="when it was handed in, from which the legal day follows; left out: now. Not "
            "in the future, and not older than the source may bring",
            examples=["2026-11-23T09:41:00+05:00"],
        ),
    ] = None
    signed: Annotated[
        bool,
        Field(
            strict=True,
            description="by hand or electronically: not anonymous even without a name (A04)",
        ),
    ] = False
    how: How = How()


class PrintedReceipt(ReceiptRef):
    """The receipt of rule R05, in the applicant's language."""

    number: str = Field(examples=["JT-2026-00000123"])
    shown_number: str = Field(description="as people read it", examples=["ЖТ-2026-00000123"])
    day: date
    time: str = Field(description="in Kazakhstan", examples=["15:04"])
    accepted_by: AcceptedByOut
    deadline: DeadlineOut
    text: str = Field(description="the whole, line by line, to be printed")


class DeskRegistrationOut(RegistrationOut):
    receipt: PrintedReceipt
    control_on: date | None


class WayOut(Out):
    channel: Code
    name: str
    asks: list[str] = Field(description="fields of `how`")
    needs: list[str] = Field(description="those that must be there")


class WaysOut(Out):
    items: list[WayOut]


# What somebody wrote before


class EarlierIn(Schema):
    """One of these."""

    number: Annotated[AppealNumber | None, Field(examples=["JT-2026-00000123"])] = None
    phone: Phone | None = None
    iin: Iin | None = None
    bin: Bin | None = None


class EarlierOut(Out):
    number: str
    kind: Kind
    topic: str
    channel: str
    subject: str | None
    applicant: str | None = Field(description="initials", examples=["Ү. С."])
    agency: AgencyOut
    registered_on: date
    due_on: date
    status: Status
    overdue: bool
    close: Close | None = Field(description="how it ended here; null while it is open")
    past: bool = Field(description="it left us: shown as it was then")


class EarlierListOut(Out):
    items: list[EarlierOut] = Field(description="the newest first")
    more: bool = Field(description="there are more than are shown")


# Higher bodies


class HigherAppealIn(AppealIn):
    outgoing_number: Annotated[
        OutgoingNumber,
        Field(description="your own number; with the year of its day it is one appeal for ever"),
    ]
    outgoing_on: Annotated[Day, Field(description="the day that the letter bears", examples=["2026-11-23"])]
    control_on: Annotated[
        Day | None,
        Field(
            description="when you ask for the answer; it stands beside the legal term, which stays",
            examples=["2026-12-10"],
        ),
    ] = None
    received_at: Annotated[
        Moment | None, Field(description="when it came to you; left out: now. As of a ticket")
    ] = None
    signed: Annotated[bool, Field(strict=True)] = False


class HigherRegistrationOut(RegistrationOut):
    outgoing_number: str
    outgoing_on: date
    control_on: date | None


class State(StrEnum):
    """Executed: nobody holds it any more."""

    EXECUTED = "executed"
    IN_EXECUTION = "in_execution"


class CountsIn(Schema):
    from_: Annotated[
        Day | None,
        Field(alias="from", description="registered from this day on; left out: from 1 January of `as_of`"),
    ] = None
    to: Annotated[Day | None, Field(description="registered up to this day")] = None
    as_of: Annotated[Day | None, Field(description="the end of this day; left out: now")] = None
    agency: Annotated[Code | None, Field(description="to whom it went first", examples=["digital"])] = None


class SentIn(CountsIn):
    state: State | None = None
    cursor: Annotated[str | None, Field(max_length=200, description="`next_cursor` of the last page")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class SentAnswerOut(Out):
    number: str = Field(description="of the part that it answers")
    at: datetime
    outcome: Outcome | Decision
    language: LanguageCode
    text: str | None = Field(description="null once it is erased")


class SentOut(Out):
    outgoing_number: str | None
    outgoing_on: date | None
    control_on: date | None
    control_passed: bool = Field(description="in execution after its day of control")
    state: State
    executed_on: date | None
    appeal: StateOut
    answers: list[SentAnswerOut]


class SentListOut(Out):
    items: list[SentOut]
    next_cursor: str | None


class CountsOut(Out):
    """sent = executed + in_execution."""

    sent: int
    executed: int
    in_execution: int
    overdue: int = Field(description="of those in execution: after the legal due day, the clock running")
    control_passed: int = Field(description="of those in execution: after the day of control")
    as_of: date

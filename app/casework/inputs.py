"""What staff send. Nothing here says when something happened: that is the moment when it is sent."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.appeals.codes import Decision, LanguageCode, Likeness, Outcome, SuspensionGround, TerminationGround
from app.attachments.schemas import AttachmentIds
from app.core.schema import Day, FullLine, FullText, Schema, Text
from app.notices.models import Settled

MOST_PARTS = 20


class ClaimIn(Schema):
    count: Annotated[int, Field(ge=1, le=20, strict=True)] = 1


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
    promised_until: Annotated[
        Day | None, Field(description="the answer promises a later act, to be done by this day (rule A11)")
    ] = None
    attachments: AttachmentIds = Field(default_factory=list)


class ForwardIn(Schema):
    to: Annotated[FullLine, Field(description="an agency's code or its name", examples=["energy"])]
    reason: FullText


class ReasonIn(Schema):
    reason: FullText


class PartIn(Schema):
    to: Annotated[FullLine, Field(description="an agency's code or its name", examples=["energy"])]
    text: Annotated[FullText, Field(description="what this body is asked; it sees no other part")]


class SplitIn(Schema):
    parts: Annotated[list[PartIn], Field(min_length=1, max_length=MOST_PARTS)]
    keeps: Annotated[
        bool, Field(strict=True, description="false: nothing stays here, and the case leaves us")
    ] = True


class RequestIn(Schema):
    what: FullText
    until: Annotated[Day | None, Field(description="without it, the usual time of rule R08")] = None


class SuspendIn(Schema):
    ground: SuspensionGround
    until: Annotated[
        Day | None, Field(description="its last day, after which the case resumes by itself")
    ] = None
    reason: FullText | None = None


class ExtendIn(Schema):
    until: Day
    reason: FullText


class HearingIn(Schema):
    """Either the day with the preliminary decision, or why no hearing is needed."""

    on: Day | None = None
    preliminary: FullText | None = None
    exempt_ground: FullText | None = None


class TerminateIn(Schema):
    ground: TerminationGround
    reason: FullText


class LinkIn(Schema):
    to: Annotated[FullLine, Field(description="the other appeal's number", examples=["JT-2026-00000123"])]
    as_: Annotated[Likeness, Field(alias="as")]


class SelfCorrectIn(Schema):
    text: FullText


class DecideIn(Schema):
    outcome: Decision
    text: FullText
    language: Annotated[LanguageCode | None, Field(description="without it, the appeal's")] = None


class ControlIn(Schema):
    on: Annotated[bool, Field(strict=True)]
    reason: FullText
    control_on: Day | None = Field(None, description="the day by which you ask for the answer")


class Masked(StrEnum):
    """What is shown only when it is asked for, and to whom is kept."""

    IIN = "iin"
    BIN = "bin"
    PHONE = "phone"


class UnmaskIn(Schema):
    field: Masked
    purpose: FullText


class SettleIn(Schema):
    how: Annotated[Settled, Field(description="how the applicant was told, or that nobody need be")]

"""What is sent to personal reception and what it answers. Times of day are Kazakhstan's."""

import datetime as dt
import re
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.appeals.codes import Kind, LanguageCode
from app.core.i18n import LANGUAGES
from app.core.schema import Code, Day, Email, FullLine, FullText, Line, Out, Schema, Text, TimeOfDay
from app.intake.schemas import AgencyOut, Iin, Phone
from app.reception.codes import BookingState, Mode, ScheduleState, Through, VisitOutcome

MOST_RECEPTIONS = 400
MOST_PERSONS = 100
LARGEST_ID = 2**63 - 1

Id = Annotated[int, Field(ge=1, le=LARGEST_ID, strict=True, examples=[1])]


def _https(value: str) -> str:
    if not re.fullmatch(r"https://[^\s/@]+(/\S*)?", value):
        raise PydanticCustomError("video_link", "https link")
    return value


class TextsIn(Schema):
    """The same in up to three languages; in one at least."""

    kk: FullLine | None = None
    ru: FullLine | None = None
    en: FullLine | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.as_json():
            raise PydanticCustomError("no_language", "no language")
        return self

    def as_json(self) -> dict[str, str]:
        return {lang: value for lang in LANGUAGES if (value := getattr(self, lang))}


class LeaderIn(Schema):
    post: TextsIn
    name: TextsIn


class ReceptionIn(Schema):
    """One leader on one day."""

    leader: LeaderIn
    day: Day
    begins: TimeOfDay
    ends: TimeOfDay
    slot_minutes: Annotated[int, Field(ge=5, le=240, strict=True)] = 15
    capacity: Annotated[int, Field(ge=1, le=MOST_PERSONS, strict=True, description="persons in a slot")] = 1
    group_max: Annotated[
        int, Field(ge=1, le=MOST_PERSONS, strict=True, description="persons in one booking")
    ] = 1
    mode: Mode = Mode.IN_PERSON
    place: Annotated[TextsIn | None, Field(description="where to come; needed in person")] = None
    video_link: Annotated[
        Annotated[Line, AfterValidator(_https)] | None,
        Field(description="needed by video; only who has booked is shown it"),
    ] = None
    bring: Annotated[TextsIn | None, Field(description="beside an identity document")] = None
    through: Through = Through.BODY
    region: Annotated[Code | None, Field(description="ISO 3166-2", examples=["KZ-61"])] = None
    on_day_off: Annotated[bool, Field(strict=True, description="held although it is a day off")] = False


class ScheduleIn(Schema):
    receptions: Annotated[list[ReceptionIn], Field(max_length=MOST_RECEPTIONS)]


class LeaderOut(Out):
    post: str = Field(examples=["Vice-minister"])
    name: str


class SlotOut(Out):
    id: int
    begins_at: datetime
    ends_at: datetime
    capacity: int = Field(description="persons")
    free: int = Field(description="places that can be booked now")
    called_off: bool
    reason: str | None = Field(description="why it was called off")


class ReceptionOut(Out):
    id: int
    agency: AgencyOut
    leader: LeaderOut
    day: date
    begins: str = Field(examples=["10:00"])
    ends: str = Field(examples=["12:00"])
    slot_minutes: int
    group_max: int = Field(description="persons in one booking")
    mode: Mode
    place: str | None = Field(description="by video the link is told to who has booked, and to nobody else")
    bring: str | None
    through: Through
    region: str | None
    slots: list[SlotOut]


class TimetableOut(Out):
    items: list[ReceptionOut] = Field(description="in order of day and hour")
    next_cursor: str | None


class WarningOut(Out):
    code: Literal["no_reception_in_month"]
    month: str = Field(examples=["2026-11"])
    message: str


class ScheduleOut(Out):
    quarter: str = Field(examples=["2026-Q4"])
    agency: AgencyOut
    state: ScheduleState
    published_at: datetime | None
    warnings: list[WarningOut] = Field(description="what the law asks and the schedule does not have (R21)")
    receptions: list[ReceptionOut]


# Bookings


class PersonIn(Schema):
    name: FullLine
    iin: Iin | None = None
    address: Line | None = None


class ContactIn(Schema):
    """Where the confirmation and the reminder go."""

    phone: Phone | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.phone and not self.email:
            raise PydanticCustomError("no_contact", "no contact")
        return self


class BookingIn(Schema):
    slot: Id
    persons: Annotated[list[PersonIn], Field(min_length=1, max_length=MOST_PERSONS)]
    subject: Annotated[FullLine, Field(description="what it is about, in a few words")]
    language: LanguageCode
    contact: ContactIn


class ChangeIn(Schema):
    slot: Id


class OfferOut(Out):
    """The next slot that has room; nobody keeps it free."""

    slot: int
    begins_at: datetime


class BookingOut(Out):
    number: str = Field(examples=["QJ-00000123"])
    access_code: str | None = Field(description="opens the booking; given when it is made")
    state: BookingState
    agency: AgencyOut
    leader: LeaderOut
    slot: int
    begins_at: datetime
    ends_at: datetime
    when: str = Field(description="the day and the hour in words")
    mode: Mode
    place: str | None
    video_link: str | None
    bring: list[str] = Field(description="what to bring, in sentences")
    through: Through
    region: str | None
    persons: int
    moved_to: str | None = Field(description="number of the booking that took its place")
    reason: str | None = Field(description="why the body called it off")
    next: OfferOut | None = Field(description="where it was called off: what is free now")


# Staff


class CallOffIn(Schema):
    reason: Annotated[FullLine, Field(description="everybody who booked reads it; names nobody")]


class CalledOffOut(Out):
    slots: int
    bookings: int = Field(description="all of them are told")


class WalkInIn(Schema):
    """A person who came without a booking."""

    person: PersonIn
    language: LanguageCode
    subject: FullLine | None = None
    contact: ContactIn | None = None


class WalkInOut(Out):
    id: int = Field(description="the visitor's, for what comes of the visit")


class OfficialIn(Schema):
    name: FullLine
    position: FullLine


class OralIn(Schema):
    """The record of what was said (R01)."""

    text: FullText
    kind: Kind = Kind.STATEMENT
    topic: Code | None = None
    region: Annotated[Code | None, Field(description="ISO 3166-2", examples=["KZ-61"])] = None


class VisitIn(Schema):
    came: Annotated[bool, Field(strict=True)]
    outcome: VisitOutcome | None = None
    note: Annotated[Text | None, Field(description="what was said and explained; kept encrypted")] = None
    through: Annotated[Through | None, Field(description="left out: the reception's")] = None
    accepted_by: Annotated[OfficialIn | None, Field(description="left out: the leader of the schedule")] = (
        None
    )
    appeal: Annotated[OralIn | None, Field(description="with the outcome `registered`")] = None
    supersedes: Annotated[Id | None, Field(description="the record that this corrects")] = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.came != (self.outcome is not None):
            raise PydanticCustomError("outcome_of_who_came", "an outcome for who came")
        if (self.outcome is VisitOutcome.REGISTERED) != (self.appeal is not None):
            raise PydanticCustomError("oral_appeal", "an appeal with registered")
        return self


class OfficialOut(Out):
    name: str = Field(description="surname and initials", examples=["Сынақбаев А. Ү."])
    position: str


class OralReceiptOut(Out):
    """The talon of rule R05 for an oral appeal."""

    number: str = Field(examples=["JT-2026-00000123"])
    access_code: str
    date: dt.date
    time: str = Field(examples=["10:20"])
    received_at: datetime
    accepted_by: OfficialOut
    agency: AgencyOut
    registered_on: dt.date
    due_on: dt.date
    url: str


class VisitOut(Out):
    id: int
    visitor: int
    came: bool
    outcome: VisitOutcome | None
    through: Through
    note: str | None
    accepted_by: OfficialOut
    recorded_at: datetime
    supersedes: int | None
    appeal: str | None = Field(description="number of the oral appeal")
    receipt: OralReceiptOut | None = Field(description="for the person, when it is recorded")


class VisitorOut(Out):
    id: int
    name: str | None = Field(description="null once the reception was erased")
    subject: str | None
    address: str | None
    phone: str | None
    email: str | None
    language: LanguageCode
    booking: str | None = Field(description="number; null: came without one")
    begins_at: datetime | None
    state: BookingState | None
    told: str | None = Field(description="how the last notice about the booking went; null: none was sent")
    visit: VisitOut | None


class SheetReceptionOut(ReceptionOut):
    erased_on: dt.date | None = Field(description="since when nothing of who came is kept: its term is over")
    video_link: str | None
    visitors: list[VisitorOut] = Field(description="by hour; those without a booking after them")


class DaySheetOut(Out):
    day: date
    receptions: list[SheetReceptionOut]

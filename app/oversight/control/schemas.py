"""What controllers send and get about control."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Day, FullText, Out, Schema
from app.oversight.schemas import AgencyRef, Asked

MOST = 200


class OrderIn(Schema):
    topic: Code = Field(examples=["utilities"])
    region: Code | None = Field(None, description="of this region alone", examples=["KZ-61"])
    agency: Code | None = Field(None, description="with this agency alone", examples=["akimat-turkistan"])
    from_: Day = Field(alias="from", description="registered on this day or later", examples=["2026-11-01"])
    until: Day | None = Field(
        None, description="the last day of the order; left out: until it is ended", examples=["2026-12-31"]
    )
    reason: FullText = Field(examples=["Қысқа дайындық: жылу маусымының басталуы."])


class PersonOut(Out):
    name: str
    login: str = Field(examples=["controller@administration"])


class OrderOut(Out):
    id: int
    topic: str
    region: str | None
    agency: AgencyRef | None
    from_: date = Field(alias="from")
    until: date | None
    reason: str
    given_by: PersonOut
    given_at: datetime
    ended_by: PersonOut | None = Field(description="null with ended_at: it ended by its last day")
    ended_at: datetime | None
    released_at: datetime | None = Field(description="what it took has been lifted")
    taken: int = Field(description="cases that it took so far")
    lifted: int


class OrdersOut(Out):
    items: list[OrderOut] = Field(description="the newest first")


class CasesOfIn(Asked):
    order: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(None, description="taken by this order")
    agency: Code | None = Field(None, examples=["energy"])
    topic: Code | None = Field(None, examples=["utilities"])
    open: bool | None = Field(None, description="only open ones, or only those that are answered")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class CasesIn(CasesOfIn):
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class ControlOut(Out):
    """Who, why, since when and until when."""

    by: PersonOut | None = Field(description="null: by the promise of an answer (A11)")
    at: datetime
    reason: str | None
    until: date | None = Field(description="the control day, or the day by which it was promised")
    past: bool = Field(description="that day is over")
    order: int | None


class CaseOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    agency: AgencyRef
    topic: str
    region: str | None
    status: str
    registered_on: date
    due_on: date
    overdue: bool
    control: ControlOut


class CasesOut(Out):
    items: list[CaseOut] = Field(description="by due day")
    next_cursor: str | None

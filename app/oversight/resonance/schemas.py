"""What is asked of resonance, and what it answers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, FullText, Out, Schema
from app.oversight.schemas import AgencyRef, Asked

MOST = 200


class PageIn(Asked):
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class RisesIn(PageIn):
    open: bool | None = Field(None, description="only those that nobody acknowledged, or only the others")


class WordIn(Schema):
    word: FullText = Field(examples=["Апат болды: бригада жолда, тұрғындарға хабарланды."])


class WhoOut(Out):
    name: str
    login: str = Field(examples=["head@energy"])


class AcknowledgedOut(Out):
    by: WhoOut
    at: datetime
    word: str


class RiseHourOut(Out):
    hour: datetime = Field(description="its beginning")
    seen: int = Field(examples=[23])
    expected: float = Field(description="in the same hour of the weeks before", examples=[1.8])
    chance: float = Field(description="of so many or more in a usual hour", examples=[2.1e-12])


class RiseOut(Out):
    """One rise: told once, however long it lasts."""

    id: int
    topic: str = Field(examples=["utilities"])
    topic_name: str
    region: str | None = Field(description="null: none was named", examples=["KZ-61"])
    region_name: str | None
    agency: AgencyRef = Field(description="whose head is told: it got most of them")
    seen: int = Field(description="in all its hours", examples=[41])
    expected: float = Field(examples=[3.4])
    chance: float = Field(description="of its least likely hour")
    sentence: str
    told_at: datetime
    hours: list[RiseHourOut]
    acknowledged: AcknowledgedOut | None
    cases_url: str = Field(description="exactly the appeals counted in `seen`")


class RisesOut(Out):
    items: list[RiseOut] = Field(description="the newest first")
    next_cursor: str | None


class AppealOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    agency: AgencyRef
    topic: str
    region: str | None
    status: str
    received_at: datetime
    registered_on: date
    due_on: date
    overdue: bool


class AppealsOut(Out):
    items: list[AppealOut] = Field(description="by number")
    next_cursor: str | None

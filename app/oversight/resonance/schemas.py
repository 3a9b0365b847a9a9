"""What is asked of resonance, and what it answers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Day, FullText, Line, Out, Schema
from app.oversight.resonance.steps import State, Step
from app.oversight.schemas import AgencyRef, Asked

MOST = 200


class PageIn(Asked):
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class RisesOfIn(Asked):
    open: bool | None = Field(None, description="only those that nobody acknowledged, or only the others")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class RisesIn(PageIn, RisesOfIn):
    pass


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


# Weeks


class AppealsIn(PageIn):
    from_: Day = Field(alias="from", description="first civil day", examples=["2026-11-02"])
    to: Day = Field(description="last civil day", examples=["2026-11-08"])
    topic: Code | None = Field(None, examples=["utilities"])
    region: Code | None = Field(None, examples=["KZ-61"])


class WeekOut(Out):
    from_: date = Field(alias="from")
    to: date = Field(description="its last day")
    appeals: int
    over: bool = Field(description="false: the week is not over yet")
    cases_url: str


class TrendOut(Out):
    by: str = Field(description="`topic` or `region`")
    code: str = Field(examples=["utilities"])
    name: str
    weeks: list[WeekOut] = Field(description="the oldest first")
    rising: bool = Field(description="clearly, also beside how many rows are looked at")
    a_week: float = Field(description="so many more in each week than in the one before", examples=[3.5])
    chance: float | None = Field(
        description="of so clear a rise when weeks differ by chance alone; null: too few weeks are known"
    )
    small: bool = Field(description="a small number: not called rising, and last in the list")


class TrendsIn(Asked):
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class TrendsOut(Out):
    rows: list[TrendOut] = Field(description="the clearest rise first, small numbers last")


# Systemic issues


class IssueIn(Schema):
    """The group: a topic, a region or both; or numbers of appeals, and then what is on their topics in their
    regions is counted."""

    topic: Code | None = Field(None, examples=["utilities"])
    region: Code | None = Field(None, examples=["KZ-61"])
    agency: Code | None = Field(
        None, description="with this body and those below; left out: a head's own, a controller's all"
    )
    numbers: Annotated[list[Line], Field(min_length=1, max_length=1000)] | None = None
    owner: Line = Field(description="who sees to it, by login", examples=["operator@energy"])
    instruction: FullText = Field(
        examples=["Жылу желісін 1 желтоқсанға дейін жөндеп, тұрғындарға хабарлаңыз."]
    )
    due_on: Day = Field(examples=["2026-12-15"])


class IssuesOfIn(Asked):
    state: State | None = None
    mine: bool | None = Field(None, description="only those that one owns")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class IssuesIn(PageIn, IssuesOfIn):
    pass


class IssueCasesIn(PageIn):
    from_: Day | None = Field(None, alias="from", description="first civil day")
    to: Day | None = Field(None, description="last civil day")


class StepOut(Out):
    step: Step
    at: datetime
    by: WhoOut
    word: str | None


class IssueBriefOut(Out):
    id: int
    state: State
    topic: str | None
    region: str | None
    agency: AgencyRef | None
    listed: int | None = Field(description="how many appeals were named; null: none were")
    owner: WhoOut
    instruction: str
    due_on: date
    overdue: bool = Field(description="open after its due day")
    opened_on: date
    opened_by: WhoOut


class SpanOut(Out):
    weeks: list[WeekOut]
    appeals: int = Field(description="in the weeks that are over", examples=[184])
    a_week: float | None = Field(description="null: no week is over yet", examples=[23.0])
    small: bool


class IssueOut(IssueBriefOut):
    before: SpanOut = Field(description="the eight weeks before the day of the instruction")
    after: SpanOut = Field(description="from that day on, at most 26 weeks")
    steps: list[StepOut] = Field(description="who did what, the oldest first")
    cases_url: str = Field(description="the group")


class IssuesOut(Out):
    items: list[IssueBriefOut] = Field(description="the newest first")
    next_cursor: str | None

"""What may be asked about the index, and what is answered."""

from datetime import date, datetime

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Day, Out
from app.oversight.schemas import AgencyRef, Asked

NOW = "now"


class IndexIn(Asked):
    period: Code | None = Field(
        None,
        description="a month, a quarter or a year; without it and days: the last quarter that is over",
        examples=["2026-Q3"],
    )
    from_: Day | None = Field(
        None, alias="from", description="instead of `period`, whole months", examples=["2026-07-01"]
    )
    to: Day | None = Field(None, description="the last day of a month", examples=["2026-09-30"])
    agency: Code | None = Field(
        None, description="this body and all under it; left out: all that one may see", examples=["energy"]
    )
    beside: Code | None = Field(
        None,
        description="`now`: beside a closed period, what today's figures would give",
        json_schema_extra={"enum": [NOW]},
    )
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class DefinitionIn(Asked):
    on: Day | None = Field(None, description="in force on this day; left out: today", examples=["2026-07-01"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class BandOut(Out):
    code: str = Field(examples=["middle"])
    name: str = Field(examples=["300 to 2,999 cases"])
    least: int = Field(description="received in the period, with all under the body", examples=[300])


class ComponentDefinitionOut(Out):
    """(part - less) / of; the figures are the codes of `GET /api/v1/compliance/columns`."""

    code: str = Field(examples=["on_time"])
    title: str = Field(examples=["Answered in time"])
    means: str
    weight: float = Field(examples=[0.35])
    part: list[str] = Field(examples=[["answered"]])
    less: list[str] = Field(examples=[["answered_late"]])
    of: list[str] = Field(examples=[["answered", "overdue"]])
    floor: float = Field(description="0 points", examples=[0.7])
    target: float = Field(description="100 points", examples=[1.0])
    good: str = Field(description="`more` or `less`", examples=["more"])


class DefinitionOut(Out):
    from_: date = Field(alias="from", description="for periods that begin on this day or later")
    closes_after_days: int = Field(description="after the end of a period; then it is kept as it is")
    least_cases: int = Field(description="a component of fewer is left out, its weight goes to the others")
    least_weight: float = Field(description="a body whose counted components have less gets no rank")
    bands: list[BandOut] = Field(description="from few to many; fewer than the first: no rank")
    components: list[ComponentDefinitionOut]


class InputOut(Out):
    """A figure that a component is made from, as it was when the period was closed, else as it is now."""

    figure: str = Field(examples=["answered"])
    counts: str = Field(description="`part`, `less` or `of`", examples=["part"])
    value: int
    cases_url: str = Field(description="lists the cases, as they are now")


class ComponentOut(Out):
    code: str = Field(examples=["on_time"])
    value: float | None = Field(description="null: of nothing", examples=[0.9132])
    of: int = Field(description="of how many it is")
    points: float | None = Field(
        description="0 to 100; null: too few cases, the component is left out", examples=[71.07]
    )
    weight: float = Field(examples=[0.35])
    counted_weight: float | None = Field(
        description="with its share of the weights left out", examples=[0.4118]
    )
    contribution: float | None = Field(
        description="to the total: the contributions add up to it", examples=[29.26]
    )
    left_out: str | None = Field(description="why it does not count, in words")
    inputs: list[InputOut]


class UnrankedOut(Out):
    code: str = Field(examples=["few_cases"])
    sentence: str


class ChangedOut(Out):
    figure: str
    kept: int
    now: int
    difference: int = Field(description="now - kept")


class NowOut(Out):
    """What today's figures give by the same version. Ranks are among today's."""

    total: float | None
    difference: float | None = Field(description="of the totals, now - kept")
    band: str | None
    rank: int | None
    of: int | None
    figures: list[ChangedOut] = Field(description="those that differ")


class IndexRowOut(Out):
    agency: AgencyRef
    level: int = Field(description="1: under no other body; a body is compared with those of its level")
    band: str | None = Field(description="null: too few cases to rank")
    received: int
    total: float | None = Field(description="0 to 100; null: no component has enough cases", examples=[78.4])
    rank: int | None = Field(description="within level and band; equal totals have one rank")
    of: int | None = Field(description="how many are ranked there")
    unranked: UnrankedOut | None = Field(description="why there is no rank")
    counted_weight: float = Field(description="of the components with enough cases", examples=[0.85])
    components: list[ComponentOut]
    now: NowOut | None = Field(None, description="with `beside=now`, of a closed period")


class IndexOut(Out):
    period: str | None = Field(description="null: whole months that are no quarter and no year")
    from_: date = Field(alias="from")
    to: date
    state: str = Field(description="`open`: from the figures as they are; `closed`: as it was kept")
    closed_at: datetime | None
    closes_on: date | None = Field(
        description="the first day on which it is closed; null: it is, or is of a time before the index, or "
        "is no month, quarter or year"
    )
    definition: DefinitionOut
    rows: list[IndexRowOut] = Field(description="by level, band and rank; each body with all under it")


class PeriodOut(Out):
    period: str = Field(examples=["2026-Q3"])
    from_: date = Field(alias="from")
    to: date
    closed_at: datetime


class PeriodsOut(Out):
    items: list[PeriodOut] = Field(description="closed ones, the newest first")

"""What may be asked about compliance, and what is answered. A figure is an object with its cases' address."""

from datetime import date
from typing import Any

from pydantic import Field

from app.appeals.codes import ApplicantType, Kind
from app.core.i18n import Language
from app.core.schema import Code, Day, Out
from app.oversight.columns import LISTED
from app.oversight.schemas import AgencyRef, Asked
from app.oversight.weekly import MOST_WEEKS, WEEKS

DIMENSIONS = ("channel", "applicant_type", "kind", "topic", "region")
SPANS = ("week", "month", "quarter")
COMPARISONS = ("before", "year", "both")
NO_REGION = "none"
"""How a request says that no region was named."""


def _one_of(codes: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": list(codes)}


class PeriodIn(Asked):
    from_: Day | None = Field(
        None,
        alias="from",
        description="first civil day; left out: the first day of the year of `to`",
        examples=["2021-01-01"],
    )
    to: Day | None = Field(
        None,
        description="last civil day; left out: the last day of the current year",
        examples=["2021-06-30"],
    )
    agency: Code | None = Field(
        None, description="this body and all under it; left out: all that one may see", examples=["energy"]
    )
    channel: Code | None = Field(None, examples=["reception_room"])
    applicant_type: Code | None = Field(None, json_schema_extra=_one_of(tuple(ApplicantType)))
    kind: Code | None = Field(None, json_schema_extra=_one_of(tuple(Kind)))
    topic: Code | None = Field(None, examples=["land"])
    region: Code | None = Field(None, description="ISO 3166-2, any case; `none`: no region was named")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class ComplianceIn(PeriodIn):
    by: Code | None = Field(
        None,
        description="a row for each of these; at most 60 weeks, months or quarters",
        json_schema_extra=_one_of(DIMENSIONS + SPANS),
    )
    compare: Code | None = Field(
        None,
        description="beside the period before (`before`), the same of the year before (`year`), or `both`",
        json_schema_extra=_one_of(COMPARISONS),
    )


class TopicsIn(PeriodIn):
    compare: Code | None = Field(None, json_schema_extra=_one_of(COMPARISONS))


class WeeksIn(PeriodIn):
    weeks: int = Field(WEEKS, ge=1, le=MOST_WEEKS)


class CasesOfIn(PeriodIn):
    figure: Code = Field(description="what is counted", json_schema_extra=_one_of(tuple(sorted(LISTED))))
    subtree: bool = Field(True, description="with the bodies under `agency`")


class CasesIn(CasesOfIn):
    cursor: Code | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(100, ge=1, le=1000)


class FigureOut(Out):
    value: int | float | None = Field(description="null: of nothing", examples=[12])
    cases_url: str = Field(description="lists the cases that are counted; of a share, those that it is of")
    n: int | None = Field(None, description="of a share, a percentile or an average: of how many cases it is")
    small: bool | None = Field(None, description="of such a figure: of so few that it says little")


Figures = dict[str, FigureOut]


class BesideOut(Out):
    from_: date = Field(alias="from")
    to: date
    figures: Figures


class SideOut(Out):
    figures: Figures = Field(description="by the codes of `GET /api/v1/compliance/columns`")
    before: BesideOut | None = Field(None, description="of the period before; with `compare`")
    year: BesideOut | None = Field(None, description="of the same days of the year before; with `compare`")


class PartOut(Out):
    """What of the question a row is about, where it was asked `by` something."""

    code: str | None = Field(None, description="of the dimension", examples=["land"])
    from_: date = Field(alias="from")
    to: date


class RowOut(Out):
    agency: AgencyRef
    part: PartOut
    own: SideOut = Field(description="the body's own cases")
    with_subtree: SideOut | None = Field(description="with the bodies under it; null: there are none")
    rank: int | None = Field(
        description="by the share on time among rows of the same part; null: nothing, or too few to compare"
    )


class ComplianceOut(Out):
    from_: date = Field(alias="from")
    to: date
    by: str | None
    rows: list[RowOut] = Field(description="bodies with anything counted, most received first")
    total: SideOut = Field(description="all of them together")


class TopicRowOut(Out):
    topic: str
    name: str
    all: SideOut


class TopicsOut(Out):
    from_: date = Field(alias="from")
    to: date
    rows: list[TopicRowOut] = Field(description="topics with anything counted, most received first")


class RegionRowOut(Out):
    region: str | None = Field(description="null: no region was named", examples=["KZ-61"])
    name: str | None
    all: SideOut


class RegionsOut(Out):
    from_: date = Field(alias="from")
    to: date
    rows: list[RegionRowOut] = Field(description="regions with anything counted, most received first")


class SpanOut(Out):
    from_: date = Field(alias="from")
    to: date


class SeriesOut(Out):
    """A number for each week."""

    received: list[int]
    answered: list[int]
    overdue: list[int] = Field(description="at the end of the week")
    growing_weeks: int = Field(
        description="for how many weeks in a row, up to the last, more was overdue; negative: less",
        examples=[3],
    )


class WeeksRowOut(Out):
    agency: AgencyRef
    own: SeriesOut
    with_subtree: SeriesOut | None = Field(description="with the bodies under it; null: there are none")


class WeeksOut(Out):
    weeks: list[SpanOut] = Field(description="the oldest first")
    rows: list[WeeksRowOut] = Field(description="bodies with anything in these weeks, most overdue first")
    total: SeriesOut


class OverdueRowOut(Out):
    agency: AgencyRef
    overdue: FigureOut
    oldest_due_on: date = Field(description="the earliest due day that was missed", examples=["2026-10-30"])
    late_up_to_week: int = Field(description="up to 7 days late")
    late_up_to_month: int = Field(description="8 to 30 days")
    late_up_to_quarter: int = Field(description="31 to 90 days")
    late_longer: int = Field(description="more than 90 days")


class OverdueOut(Out):
    on: date = Field(description="today: after the due day, unanswered, and the clock runs")
    rows: list[OverdueRowOut] = Field(description="own cases; the most first")
    overdue: int


class ColumnOut(Out):
    code: str = Field(examples=["answered_late"])
    unit: str = Field(examples=["cases"])
    title: str = Field(examples=["Answered late"])
    means: str


class ColumnsOut(Out):
    columns: list[ColumnOut]


class CaseOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    agency: AgencyRef
    kind: str
    topic: str
    channel: str
    region: str | None
    applicant_type: str
    origin: str = Field(description="how the body came by it", examples=["registered"])
    status: str
    registered_on: date
    due_on: date
    closed_on: date | None
    close: str | None = Field(description="answered, forwarded_out, closed_otherwise; null: open")
    outcome: str | None


class CasesOut(Out):
    items: list[CaseOut] = Field(description="one for each holding that the figure counts")
    next_cursor: str | None

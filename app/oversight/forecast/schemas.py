"""What may be asked of the forecast, and what it answers."""

from datetime import date

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Out
from app.oversight.schemas import AgencyRef, Asked


class ForecastOfIn(Asked):
    agency: Code | None = Field(None, description="this body alone, with its cases", examples=["energy"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class LateIn(Asked):
    agency: Code = Field(description="whose cases", examples=["energy"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class ForecastIn(ForecastOfIn):
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=200, description="cases on a page", examples=[50])


class LateDay(Out):
    due_on: date
    late_on: date = Field(description="the day on which they become late: after the due day")
    due: int = Field(description="open and due on this day", examples=[12])
    late: int = Field(description="of these: not done by then at this pace", examples=[4])
    last_done_on: date | None = Field(description="when the last of them would be; null: never at this pace")


class BacktestOut(Out):
    """What the same forecast would have said on sampled days of the last 90, from what was known on each."""

    made_on: date
    samples: int = Field(description="days", examples=[15])
    judged: int = Field(description="open holdings on these days whose end is known by now", examples=[900])
    predicted: int = Field(description="of the judged: were to be late", examples=[40])
    late: int = Field(description="of the judged: were late", examples=[50])
    hits: int = Field(description="both", examples=[30])
    precision: float | None = Field(description="hits / predicted", examples=[0.75])
    recall: float | None = Field(description="hits / late", examples=[0.6])
    mean_error_days: float | None = Field(
        description="civil days between the forecast and the real day of closing, on the average",
        examples=[2.4],
    )
    small: bool = Field(description="too few judged for the shares to say much")


class ForecastRow(Out):
    agency: AgencyRef
    open: int = Field(description="holdings whose clock runs", examples=[120])
    overdue: int = Field(description="of these: late already", examples=[3])
    closed: int = Field(description="in the eight weeks before today", examples=[390])
    working_days: int = Field(description="of these weeks", examples=[39])
    pace: float = Field(description="closed in a working day", examples=[10.0])
    will_be_late: int = Field(examples=[7])
    days: list[LateDay] = Field(description="those on which something will be late")
    backtest: BacktestOut | None = Field(description="null: not made yet")
    cases_url: str | None = Field(description="the cases that will be late; null: none")


class LateCase(Out):
    number: str = Field(examples=["ЖТ-2025-00000017"])
    kind: str = Field(examples=["statement"])
    topic: str = Field(examples=["land"])
    status: str = Field(examples=["in_progress"])
    registered_on: date
    due_on: date
    late_on: date
    expected_on: date | None = Field(description="null: never at this pace")
    url: str = Field(examples=["/api/v1/cases/ЖТ-2025-00000017"])


class ForecastOut(Out):
    on: date = Field(description="today")
    note: str = Field(description="how it is worked out, and what it leaves out")
    rows: list[ForecastRow] = Field(description="bodies with anything open, most that will be late first")
    cases: list[LateCase] = Field(description="with `agency` alone: what will be late, first due first")
    next_cursor: str | None

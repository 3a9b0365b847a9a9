"""What may be asked of stated totals, and how they are shown."""

from datetime import date

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Day, Out
from app.oversight.schemas import AgencyRef, Asked
from app.oversight.stated.codes import Measure


class StatedIn(Asked):
    agency: Code | None = Field(None, description="this agency's alone", examples=["health"])
    measure: Code | None = Field(None, json_schema_extra={"enum": [code.value for code in Measure]})
    from_: Day | None = Field(None, alias="from", description="what ends on this day or later")
    to: Day | None = Field(None, description="what begins on this day or earlier")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class PartOut(Out):
    name: str = Field(examples=["The minister's blog"])
    count: int = Field(examples=[3888])


class NoteOut(Out):
    code: str = Field(examples=["parts_differ"])
    sentence: str


class StatedOut(Out):
    """As the agency stated it. `total` null: only parts were stated."""

    agency: AgencyRef
    measure: Measure
    what: str = Field(description="the measure in words", examples=["Appeals received"])
    scope: str | None = Field(description="in words, where it is not the whole agency")
    from_: date | None = Field(alias="from", examples=["2020-01-01"])
    to: date | None = Field(examples=["2020-12-30"])
    period_as_stated: str | None = Field(description="where the statement says another period")
    total: int | None = Field(examples=[18573])
    parts: list[PartOut]
    parts_total: int | None = Field(description="computed here; null: no parts were stated", examples=[18870])
    difference: int | None = Field(description="parts_total - total", examples=[297])
    notes: list[NoteOut]
    source: str = Field(description="whose statement it is")
    counted_url: str | None = Field(
        description="what is counted here for the same agency and period; for appeals alone",
        examples=["/api/v1/statistics/agencies?agency=health&from=2020-01-01&to=2020-12-30"],
    )


class StatedListOut(Out):
    rows: list[StatedOut] = Field(description="by agency, measure and period")

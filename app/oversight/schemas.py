"""What may be asked of the statistics, and what they answer. Names are the public contract's."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field, model_validator

from app.appeals.codes import ApplicantType, Kind
from app.core.i18n import Language
from app.core.schema import Code, Day, Out, Schema
from app.oversight.statistics import Basis


def _codes(codes: type[Basis] | type[ApplicantType] | type[Kind]) -> dict[str, Any]:
    return {"enum": [code.value for code in codes]}


class Asked(Schema):
    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """A field of a form that was left empty asks for nothing."""
        if not isinstance(given, Mapping):
            return given
        ours = {field.alias or name for name, field in cls.model_fields.items()}
        return {name: value for name, value in given.items() if value != "" or name not in ours}


class StatisticsIn(Asked):
    """Codes are checked against the directory later, to say which are near."""

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
    as_of: Day | None = Field(
        None,
        description="what was known at the end of this day; left out: everything known now, also what is "
        "registered for the next working day. To the public with kind, topic or region: what was published",
        examples=["2021-06-30"],
    )
    basis: Code = Field(
        Basis.RECEIVED.value,
        description="`received`: what became of the holdings opened in the period; "
        "`activity`: what was done in the period, and the stock that it began with",
        json_schema_extra=_codes(Basis),
    )
    agency: Code | None = Field(None, description="this agency's row alone", examples=["justice"])
    channel: Code | None = Field(None, examples=["blog"])
    applicant_type: Code | None = Field(None, json_schema_extra=_codes(ApplicantType))
    kind: Code | None = Field(None, json_schema_extra=_codes(Kind))
    topic: Code | None = Field(None, examples=["land"])
    region: Code | None = Field(None, description="ISO 3166-2, any case", examples=["KZ-61"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class AgencyRef(Out):
    code: str = Field(examples=["culture-sport"])
    name: str = Field(
        description="as it was on the last day of the period, in the asked language",
        examples=["Ministry of Culture and Sports"],
    )


class FiguresOut(Out):
    """Numbers of holdings; null: hidden, because it is small or would reveal one that is."""

    received: int | None = Field(description="opened", examples=[289])
    answered: int | None = Field(examples=[287])
    pending: int | None = Field(description="open", examples=[2])
    overdue: int | None = Field(description="of the pending: after the due day", examples=[0])
    answered_late: int | None = Field(description="of the answered: after the due day", examples=[0])
    closed_late: int | None = Field(description="forwarded or closed otherwise after the due day")
    forwarded_out: int | None = Field(examples=[0])
    forwarded_late: int | None = Field(description="of the forwarded: after the third working day")
    closed_otherwise: int | None = Field(description="withdrawn, terminated and the like", examples=[0])
    extended: int | None = Field(description="extended at least once", examples=[0])
    on_time_share: float | None = Field(
        description="(answered - answered_late) / (answered + overdue); null also when that is nothing",
        examples=[1.0],
    )
    carried_in: int | None = Field(
        None, description="open when the period began; only with basis=activity", examples=[12]
    )
    suppressed: bool = Field(description="some of these are hidden", examples=[False])


class RowOut(FiguresOut):
    agency: AgencyRef


class TotalOut(FiguresOut):
    appeals: int | None = Field(
        description="distinct appeals behind the holdings; not told to the public with kind, topic or region",
        examples=[289],
    )


class StatisticsOut(Out):
    from_: date = Field(alias="from", examples=["2021-01-01"])
    to: date = Field(examples=["2021-06-30"])
    basis: Basis
    as_of: date | None = Field(examples=["2021-06-30"])
    rows: list[RowOut] = Field(description="agencies with anything counted, the largest first")
    total: TotalOut = Field(description="the sum of the rows")
    published_to: date | None = Field(
        None,
        description="to the public with kind, topic or region: the last day of the last month that is "
        "published; each as it stood at the end of the next month",
        examples=["2026-09-30"],
    )
    note: str | None = Field(
        None, description="in the asked language: why all is hidden, and what can be asked instead"
    )


# Calls


class PeriodIn(Asked):
    from_: Day | None = Field(
        None,
        alias="from",
        description="first civil day; left out: the first day of the year of `to`",
        examples=["2026-01-01"],
    )
    to: Day | None = Field(
        None,
        description="last civil day; left out: the last day of the current year",
        examples=["2026-12-31"],
    )


class CallsIn(PeriodIn):
    source: Code | None = Field(None, description="this call centre alone", examples=["109-turkistan"])
    region: Code | None = Field(None, description="ISO 3166-2, any case", examples=["KZ-61"])


class CallsOut(Out):
    from_: date = Field(alias="from", examples=["2026-01-01"])
    to: date = Field(examples=["2026-12-31"])
    source: str | None
    region: str | None
    calls: int | None = Field(description="consultations + registered", examples=[154145])
    consultations: int = Field(description="answered on the spot", examples=[151294])
    registered: int | None = Field(
        description="became appeals; null: `statistics/agencies` tells the public of a region's appeals",
        examples=[2851],
    )
    suppressed: bool = False


# Months and channels


class MonthsIn(PeriodIn):
    agency: Code | None = Field(None, description="this body alone", examples=["justice"])
    channel: Code | None = Field(None, examples=["blog"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class MonthOut(Out):
    month: str = Field(examples=["2021-01"])
    received: int = Field(description="holdings opened in the month", examples=[48])
    answered: int = Field(description="in the month, whenever they were opened", examples=[45])


class ChannelFlowOut(Out):
    code: str = Field(examples=["blog"])
    name: str
    received: int
    answered: int


class MonthsOut(Out):
    from_: date = Field(alias="from", examples=["2021-01-01"])
    to: date = Field(examples=["2021-06-30"])
    agency: str | None
    channel: str | None
    months: list[MonthOut] = Field(description="every month of the period")
    channels: list[ChannelFlowOut] = Field(description="the same by channel, the largest first")


# Receptions


class ReceptionsIn(PeriodIn):
    agency: Code | None = Field(None, description="this body alone", examples=["culture-sport"])


class ReceptionsOut(Out):
    """By the day of the reception. persons = resolved + explained + registered."""

    from_: date = Field(alias="from", examples=["2021-01-01"])
    to: date = Field(examples=["2021-06-30"])
    agency: str | None = Field(examples=["culture-sport"])
    persons: int = Field(description="who were received", examples=[28])
    receptions: int = Field(description="at which somebody was", examples=[8])
    resolved: int = Field(examples=[2])
    explained: int = Field(examples=[26])
    registered: int = Field(description="became oral appeals", examples=[0])
    through: int = Field(description="of the persons: through a party's public reception room", examples=[12])
    travelling: int = Field(description="of the persons: at a travelling reception", examples=[0])
    by_video: int = Field(description="of the persons", examples=[9])
    not_come: int = Field(description="had booked and did not come; not among the persons", examples=[3])

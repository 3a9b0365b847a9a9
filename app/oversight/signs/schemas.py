"""What may be asked about signs, and what is answered."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Code, Day, Out
from app.oversight.schemas import AgencyRef, Asked
from app.oversight.signs.codes import Sign


class PeriodIn(Asked):
    from_: Day | None = Field(
        None,
        alias="from",
        description="first civil day; left out: the first day of the year of `to`",
        examples=["2025-10-01"],
    )
    to: Day | None = Field(
        None,
        description="last civil day, a year later at most; left out: the last of the year",
        examples=["2025-10-31"],
    )
    agency: Code | None = Field(None, description="this body alone", examples=["energy"])
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class SignIn(PeriodIn):
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=200, examples=[50])


class CaseRef(Out):
    number: str = Field(examples=["ЖТ-2025-00000017"])
    kind: str = Field(examples=["statement"])
    topic: str = Field(examples=["land"])
    registered_on: date
    due_on: date
    closed_at: datetime | None
    outcome: str | None = Field(examples=["satisfied"])
    url: str = Field(examples=["/api/v1/cases/ЖТ-2025-00000017"])


class ItemOut(Out):
    agency: AgencyRef
    day: date = Field(description="of closing; of a group its Monday or its last day")
    code: str = Field(description="why it is listed", examples=["last_hour"])
    why: str = Field(examples=["Closed in the last working hour of the due day."])
    numbers: dict[str, Any] = Field(description="those in the sentence", examples=[{"score": 1}])
    count: int = Field(description="cases; of a large group not all are named", examples=[1])
    cases: list[CaseRef]


class SignOut(Out):
    """A page, the newest first."""

    sign: Sign
    what: str = Field(description="what is listed")
    note: str = Field(description="what it does not mean")
    from_: date = Field(alias="from")
    to: date
    items: list[ItemOut]
    next_cursor: str | None


class CountOut(Out):
    items: int = Field(description="of its list", examples=[4])
    cases: int = Field(description="in these items", examples=[4])
    share: float | None = Field(description="cases / closed", examples=[0.02])
    url: str = Field(description="the list that has exactly these")


class SignsRow(Out):
    agency: AgencyRef
    closed: int = Field(description="holdings closed in the period", examples=[200])
    small: bool = Field(description="too few closed for the shares to say much")
    signs: dict[Sign, CountOut]


class SignsOut(Out):
    note: str
    from_: date = Field(alias="from")
    to: date
    rows: list[SignsRow] = Field(description="those that closed anything, the largest first")

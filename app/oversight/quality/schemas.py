"""What controllers send and get about the quality of answers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.core.schema import Day, FullLine, FullText, Out, Schema
from app.oversight.schemas import AgencyRef

MOST_AN_AGENCY = 200


class Mark(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class SampleIn(Schema):
    from_: Day = Field(alias="from", description="answered on this day or later", examples=["2026-07-01"])
    to: Day = Field(examples=["2026-09-30"])
    per_agency: Annotated[int, Field(ge=1, le=MOST_AN_AGENCY, strict=True)] = Field(examples=[20])
    seed: Annotated[FullLine, Field(max_length=100)] = Field(
        description="any word, best one that is agreed on in public: the same one draws the same answers",
        examples=["2026-Q3"],
    )


class CriterionOut(Out):
    code: str = Field(examples=["appeal_right"])
    text: str
    rule: str | None = Field(description="what of the law it rests on", examples=["A02"])


class FormOut(Out):
    from_: date = Field(alias="from", description="used from this day on")
    criteria: list[CriterionOut]
    marks: list[Mark]


class SampleOut(Out):
    id: int
    from_: date = Field(alias="from")
    to: date
    per_agency: int
    seed: str
    form: date
    drawn_by: str
    drawn_at: datetime
    drawn: int = Field(description="answers")
    agencies: int = Field(description="that they are of")
    complete: int = Field(description="judged by both")


class SamplesOut(Out):
    items: list[SampleOut] = Field(description="the newest first")


class LotOut(Out):
    """An answer of a sample, as far as one who may judge it needs to know."""

    id: int
    place: int
    agency: AgencyRef
    judged: int = Field(description="0, 1 or 2")
    mine: bool = Field(description="judged by the caller")


class LotsOut(Out):
    items: list[LotOut] = Field(description="in the order of the draw; without those one may not judge")


class VerdictIn(Schema):
    marks: dict[str, Mark] = Field(
        description="one for each criterion of the form", examples=[{"on_time": "yes", "facts": "no"}]
    )
    note: Annotated[FullText, Field(max_length=4000)] | None = None


class VerdictOut(Out):
    judge: str
    at: datetime
    marks: dict[str, Mark]
    note: str | None


class AnswerOut(Out):
    """What is judged. Personal data of the applicant is masked in both texts."""

    id: int
    agency: AgencyRef
    language: str
    registered_on: date
    due_on: date
    answered_on: date
    outcome: str | None
    legal_basis: str | None
    appeal: str | None = Field(description="what was asked; null: it was erased")
    answer: str | None
    form: FormOut
    verdicts: list[VerdictOut] = Field(description="the caller's own; once both are in, both")
    complete: bool


class AgreedOut(Out):
    criterion: str
    text: str
    pairs: int = Field(description="answers that both have judged")
    agreed: int
    share: float | None = Field(description="agreed / pairs; null when there are none")
    kappa: float | None = Field(
        description="Cohen's: what of the agreement is more than chance; null where that is undefined: no "
        "pairs, or both always gave the same mark"
    )
    met: float | None = Field(
        description="share of yes among all yes and no of both; null when there are none"
    )


class AgreementOut(Out):
    drawn: int
    complete: int
    criteria: list[AgreedOut]

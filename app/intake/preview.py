"""What if I file now: the registration day and the due day of an appeal that nobody has sent."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.appeals.codes import Kind
from app.core import clock
from app.core.edge import Lang
from app.core.errors import FieldError, Invalid, problems
from app.core.i18n import Language
from app.core.schema import Code, Moment, Out, Schema
from app.deadlines.calendar import FIRST_YEAR, LAST_YEAR, OfficeHours, civil
from app.deadlines.explain import explain, rule_source
from app.deadlines.ledger import Term, open_term
from app.deadlines.regimes import LAW
from app.directory import snapshot
from app.directory.registry import Directory, UnknownCode
from app.directory.values import Agency
from app.intake.schemas import AgencyOut, StepOut
from app.staff.access import Public

router = APIRouter(prefix="/api/v1/deadlines", tags=["citizens"])


class PreviewIn(Schema):
    kind: Kind = Field(description="of the appeal", examples=["statement"])
    received_at: Moment | None = Field(
        None,
        description="any moment from 2007 on, with its offset; now, if left out",
        examples=["2026-11-23T19:42:00+05:00"],
    )
    agency: Code | None = Field(
        None,
        description="code of the body that receives it: its office hours and its week count",
        examples=["energy"],
    )
    # Read by the `Lang` dependency; declared here for the documentation.
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])


class PreviewStepOut(StepOut):
    rule: str = Field(description="id of the rule that the step rests on", examples=["R14"])
    source: str = Field(description="where the rule is said", examples=["Labour Code, art. 85(3)"])


class PreviewOut(Out):
    kind: Kind
    agency: AgencyOut | None
    received_at: datetime = Field(description="in the civil time of Kazakhstan on that day")
    registered_on: date
    due_on: date
    regime: str = Field(description="the law it falls under", examples=["code-2021"])
    procedure: str = Field(examples=["general"])
    steps: list[PreviewStepOut]


@router.get(
    "/preview",
    summary="What if I file now",
    description=(
        "The day on which an appeal would be registered and the last day for its answer, with the reasons. "
        "Nothing is filed.\n\n"
        "`curl '$HOST/api/v1/deadlines/preview?kind=statement&received_at=2026-11-23T19:42:00%2B05:00"
        "&agency=energy&lang=en'`"
    ),
    response_model=PreviewOut,
    responses=problems(Invalid),
)
async def preview(
    _: Public, request: Request, asked: Annotated[PreviewIn, Query()], lang: Lang, response: Response
) -> PreviewOut:
    _refuse_repeated(request)
    directory = snapshot.current()
    agency = _agency(asked.agency, directory)
    hours = agency.hours if agency else OfficeHours()
    try:
        received_at = civil(asked.received_at or clock.now())
        term = open_term(asked.kind, received_at, hours, directory.calendar)
    except ValueError:
        raise _out_of_range() from None
    response.headers.update({"Content-Language": lang, "Vary": "Accept-Language"})
    return PreviewOut(
        kind=asked.kind,
        agency=AgencyOut(code=agency.code, name=agency.name(lang, term.registered_on)) if agency else None,
        received_at=received_at,
        registered_on=term.registered_on,
        due_on=term.due_on,
        regime=term.regime,
        procedure=term.procedure,
        steps=_steps(term, lang),
    )


def _agency(code: str | None, directory: Directory) -> Agency | None:
    try:
        return directory.agency(code) if code else None
    except UnknownCode as unknown:
        near = ", ".join(directory.near("agency", unknown.typed)) or "—"
        raise Invalid.of("agency", "unknown_code", near=near) from None


def _out_of_range() -> Invalid:
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 30)
    return Invalid.of("received_at", "out_of_range", first=first, last=last)


def _steps(term: Term, lang: Language) -> list[PreviewStepOut]:
    return [
        PreviewStepOut(**step, source=rule_source(LAW.named(step["rule"], term.law_day), lang))
        for step in explain(term.entries, lang)
    ]


def _refuse_repeated(request: Request) -> None:
    """A field given twice would be answered by its last value, as if that alone had been asked."""
    names = [name for name, _ in request.query_params.multi_items()]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(errors=[FieldError(name, "repeated") for name in twice])

"""The rules that terms rest on, as an administrator reads them, and what another value would move.

The rules are dated legal text that comes with a release (decision 0015): nothing is changed here. What is
tried is a further row, as an amendment of the law is one, laid over the rules in memory.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.core import clock
from app.core.db import Database
from app.core.edge import LONG, Db, Lang
from app.core.errors import FieldError, Forbidden, Invalid, problems
from app.core.i18n import Language
from app.core.schema import Code, Day, Out, Schema
from app.deadlines.calendar import Calendar
from app.deadlines.explain import rule_sentence, rule_source
from app.deadlines.regimes import LAW, Evidence, Law, Matter, Rule, Unit
from app.timekeeping import repository
from app.timekeeping.api import Announcing, shown_moves
from app.timekeeping.moves import Reckoner
from app.timekeeping.orders import TriedOut, tried_on_all
from app.timekeeping.schemas import PreviewOut

router = APIRouter(prefix="/api/v1/admin/rules", tags=["administration"])

MOST_LISTED = 200


class RuleOut(Out):
    id: str = Field(examples=["R14"])
    matter: Matter = Field(description="what it decides")
    sentence: str = Field(description="in the asked language")
    source: str = Field(description="the act and the article; of a setting of this service neither")
    evidence: Evidence = Field(
        description="how the rule is known; what is not `read` is for a lawyer to check"
    )
    valid_from: date
    valid_to: date | None
    amount: int = Field(description="of `unit`; 0: none")
    unit: Unit | None
    reading: str = Field(description="the one that is used, where it can be read in several ways")
    readings: list[str]
    note: str


class RulesOut(Out):
    items: list[RuleOut]


class RuleIn(Schema):
    """A row as an amendment would be one; what is left out is as in the row that holds on the day."""

    id: Code = Field(examples=["R14"])
    from_: Day = Field(
        alias="from", description="the first day of receipt that it is for", examples=["2026-11-01"]
    )
    amount: Annotated[int, Field(ge=1, le=3650)] | None = Field(None, examples=[10])
    unit: Unit | None = None
    reading: Code | None = None


@router.get("", summary="The rules that terms rest on", responses=problems(Forbidden))
async def rules(_: Announcing, language: Lang) -> RulesOut:
    """Every row of every time: an amendment is a further row with the same id and a later first day."""
    return RulesOut(items=[_shown(rule, language) for rule in LAW.rules])


@router.post(
    "/preview",
    dependencies=[LONG],
    summary="What another rule would move",
    description="The open cases whose due day would be another one if the rule were so, before and after. "
    "Nothing is written: rules are legal text and come with a release of the service. It looks at every open "
    "case: with many it takes some seconds.",
    responses=problems(Forbidden, Invalid),
)
async def preview_rule(_: Announcing, said: RuleIn, db: Db, language: Lang) -> PreviewOut:
    return shown_moves(await try_out(db, said), language)


async def try_out(db: Database, said: RuleIn) -> TriedOut:
    """Raises Invalid."""
    law = LAW.amended(amendment(said))
    async with db.read() as connection:
        reckoner = Reckoner(Calendar(await repository.overrides(connection)), law)
    return await tried_on_all(db, reckoner, None, MOST_LISTED)


def amendment(said: RuleIn, law: Law = LAW) -> Rule:
    """The row that is tried. Raises Invalid for a rule that there is not, and for what it cannot say."""
    if said.id not in law.ids():
        raise Invalid.of("id", "unknown_code", near="—")
    row = law.named(said.id, said.from_)
    if errors := list(_wrong(said, row)):
        raise Invalid(errors=errors)
    return replace(
        row,
        valid_from=said.from_,
        valid_to=None,
        amount=row.amount if said.amount is None else said.amount,
        unit=said.unit or row.unit,
        reading=said.reading or row.reading,
    )


def _wrong(said: RuleIn, row: Rule) -> Iterator[FieldError]:
    if row.unit is None:
        yield from (
            FieldError(name, "rule_has_no_period") for name in ("amount", "unit") if getattr(said, name)
        )
    if said.reading and said.reading not in row.readings:
        yield FieldError("reading", "unknown_code", {"near": ", ".join(row.readings) or "—"})
    if said.from_ > clock.today():
        yield FieldError("from", "rule_of_nobody_yet")
    new = (said.amount or row.amount, said.unit or row.unit, said.reading or row.reading)
    if new == (row.amount, row.unit, row.reading):
        yield FieldError("id", "rule_is_so")


def _shown(rule: Rule, language: Language) -> RuleOut:
    names = ("id", "matter", "evidence", "valid_from", "valid_to", "amount", "unit", "reading", "note")
    return RuleOut(
        **{name: getattr(rule, name) for name in names},
        sentence=rule_sentence(rule, language),
        source=rule_source(rule, language),
        readings=list(rule.readings),
    )

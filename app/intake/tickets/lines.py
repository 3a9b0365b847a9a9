"""From bytes to what a source says, or to the error that says what is wrong with it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.core import clock, stream
from app.core.errors import AppError, FieldError, Invalid, Malformed, TooLarge
from app.core.http import field_errors
from app.core.i18n import Language
from app.core.schema import Moment
from app.core.stream import LONGEST_ITEM, Item
from app.deadlines.calendar import FIRST_YEAR, LAST_YEAR
from app.intake.tickets.schemas import EXTERNAL_ID, BatchOut, Identified, LineOut

T = TypeVar("T", bound=Identified)
M = TypeVar("M", bound=BaseModel)
S = TypeVar("S")
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


def parsed(cls: type[M], raw: Item) -> M:
    """Raises TooLarge, Malformed, Invalid."""
    if raw is None:
        raise TooLarge(limit=LONGEST_ITEM)
    try:
        return cls.model_validate_json(raw)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> AppError:
    """What a caller is told of a message that does not fit."""
    found: list[Any] = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Malformed()
    return Invalid(
        errors=[FieldError(one.field or "body", one.code, one.params) for one in field_errors(found, skip=0)]
    )


@dataclass(frozen=True, slots=True)
class Legible:
    """What can be told of a message that was not taken."""

    external_id: str | None = None
    day: date | None = None

    @classmethod
    def of(cls, raw: Item, id_field: str = "external_id", moment_field: str = "received_at") -> "Legible":
        try:
            said = orjson.loads(raw or b"")
        except orjson.JSONDecodeError:
            return cls()
        if not isinstance(said, dict):
            return cls()
        return cls(_id(said.get(id_field)), _day(said.get(moment_field)))


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and EXTERNAL_ID.fullmatch(value) else None


def _day(value: Any) -> date | None:
    try:
        moment = _MOMENT.validate_python(value)
    except ValidationError:
        return None
    return clock.civil_day(moment) if FIRST_YEAR <= moment.year < LAST_YEAR else None


@dataclass(slots=True)
class Line(Generic[S]):
    """One item of a batch: what it says, or what is wrong with it."""

    index: int
    legible: Legible
    said: S | None = None
    problem: AppError | None = None

    def result(self, status: Literal["created", "duplicate", "rejected"], **more: Any) -> LineOut:
        return LineOut(index=self.index, external_id=self.legible.external_id, status=status, **more)


async def read(request: Request, cls: type[T], understood: Callable[[T], tuple[S, date]]) -> list[Line[S]]:
    """Every item as it comes, so that only what it says is held, not its bytes.

    `understood`: what the caller makes of one, and its civil day; what it raises is that line's problem.
    Raises Malformed for an array that is not well-formed, and what `stream.many` raises.
    """
    lines: list[Line[S]] = []
    whole = not stream.is_lines(request)
    async for raw in stream.many(request):
        try:
            item = parsed(cls, raw)
            said, day = understood(item)
            lines.append(Line(len(lines), Legible(item.external_id, day), said))
        except AppError as error:
            if whole and isinstance(error, Malformed):
                raise
            lines.append(Line(len(lines), Legible.of(raw), problem=error))
    return lines


def batch_out(lines: Iterable[Line[S]], taken: Iterable[LineOut], lang: Language) -> BatchOut:
    """The results in the order of the lines; `taken`: those of the lines without a problem."""
    rejected = [line.result("rejected", problem=line.problem.as_json(lang)) for line in lines if line.problem]
    results = sorted([*taken, *rejected], key=lambda result: result.index)
    counts = Counter(result.status for result in results)
    return BatchOut(
        accepted=counts["created"],
        duplicates=counts["duplicate"],
        rejected=counts["rejected"],
        results=results,
    )

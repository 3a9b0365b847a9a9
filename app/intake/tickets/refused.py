"""What was not taken from a source, kept with the reason, so that a day can be reconciled.

It is written in a transaction of its own, once the refusal is certain. What a message said is not kept, nor
the names of fields that are not ours: a sender may have put anything there.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from app.core import clock
from app.core.db import Database, columns
from app.core.errors import AppError
from app.core.stream import Item
from app.intake.blogs.schemas import PostIn
from app.intake.schemas import ApplicantIn
from app.intake.tickets.lines import Legible, Line
from app.intake.tickets.schemas import TicketIn

# Of a caller's mistakes; a 503 or a 429 says only that it has to come again.
KEPT = frozenset({400, 403, 409, 413, 422})
MOST_FIELDS = 20

_KEEP = """
INSERT INTO refused_ticket AS r (source_id, external_id, day, code, fields, times, first_at, at)
SELECT $1, external_id, day, code, string_to_array(fields, ' '), times, $2, $2
FROM unnest($3::text[], $4::date[], $5::text[], $6::text[], $7::int[])
    AS new(external_id, day, code, fields, times)
ORDER BY day, external_id, code
ON CONFLICT (source_id, day, external_id, code)
DO UPDATE SET times = r.times + excluded.times, fields = excluded.fields, at = excluded.at
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    external_id: str | None
    day: date
    code: str
    fields: str
    """`field:code` with spaces between."""

    @classmethod
    def of(cls, legible: Legible, error: AppError) -> "Refusal":
        fields = " ".join(dict.fromkeys(_fields(error)))
        return cls(legible.external_id, legible.day or clock.today(), error.code, fields)


def _fields(error: AppError) -> Iterator[str]:
    for one in error.errors[:MOST_FIELDS]:
        yield f"{one.field if one.field in _OURS else '?'}:{one.code}"


def _names(cls: type[BaseModel], prefix: str = "") -> Iterator[str]:
    yield from (f"{prefix}{name}" for name in cls.model_fields)


_OURS = frozenset(
    {
        *("body", *_names(TicketIn), *_names(ApplicantIn, "applicant.")),
        *(*_names(PostIn), *_names(ApplicantIn, "author.")),
    }
)


async def keep_lines(db: Database, source_id: int, lines: Iterable[Line[Any]]) -> None:
    """Keep why lines of a batch were rejected."""
    await keep(db, source_id, [(line.legible, line.problem) for line in lines if line.problem])


async def keep(db: Database, source_id: int, refused: Iterable[tuple[Legible, AppError]]) -> None:
    """Keep why each was refused, what is legible of it with the reason; the same twice is one row."""
    counted: dict[tuple[date, str | None, str], tuple[str, int]] = {}
    for one in (Refusal.of(legible, error) for legible, error in refused if error.status in KEPT):
        key = (one.day, one.external_id, one.code)
        counted[key] = (one.fields, counted.get(key, ("", 0))[1] + 1)
    if not counted:
        return
    rows = [(id_, day, code, fields, times) for (day, id_, code), (fields, times) in counted.items()]
    async with db.transaction() as connection:
        await connection.execute(_KEEP, source_id, clock.now(), *columns(rows, 5))


@asynccontextmanager
async def kept(
    db: Database, source_id: int, raw: Item = None, legible: Callable[[Item], Legible] = Legible.of
) -> AsyncIterator[None]:
    """What the block refuses to the caller is kept; `raw`: the message, where it is one; `legible`: reads
    its id and day."""
    try:
        yield
    except AppError as error:
        await keep(db, source_id, [(legible(raw), error)])
        raise

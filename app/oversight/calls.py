"""Calls to call centres: those that were answered on the spot, and those that became appeals.

Both are counted by the civil day of the call, whenever it was brought in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import asyncpg

from app.core import clock, sight
from app.core.errors import Invalid
from app.core.limited import seeing
from app.directory.registry import Directory, UnknownCode
from app.directory.values import Source
from app.oversight.asked import days_asked, unknown_code, wrong_days
from app.oversight.schemas import CallsIn, CallsOut

CHANNEL = "call_centre"

COUNT = """
SELECT (SELECT count(*) FROM consultation c
        WHERE c.day BETWEEN $1 AND $2 AND c.channel = '{channel}' AND c.source_id = ANY ($5){region})
           AS consultations,
       (SELECT count(*) FROM appeal c
        WHERE c.received_at >= $3 AND c.received_at < $4 AND c.channel = '{channel}'
          AND c.external_id IS NOT NULL AND c.source_id = ANY ($5){region}) AS registered
"""


@dataclass(frozen=True, slots=True)
class Question:
    first: date
    last: date
    sources: Sequence[int]
    region: str | None


def understood(asked: CallsIn, directory: Directory, today: date) -> Question:
    """Raises Invalid, naming every field that is wrong."""
    first, last = days_asked(asked.from_, asked.to, today)
    errors = list(wrong_days({"from": asked.from_, "to": asked.to}, first, last))
    for name, typed, find in (
        ("source", asked.source, _counted_source(directory)),
        ("region", asked.region, directory.region),
    ):
        try:
            if typed is not None:
                find(typed)
        except UnknownCode:
            errors.append(unknown_code(name, directory.near(name, typed or "")))
    if errors:
        raise Invalid(errors=errors)
    of = [directory.source(asked.source)] if asked.source else directory.sources()
    sources = [source.id for source in of if CHANNEL in source.channels]
    return Question(first, last, sources, asked.region.upper() if asked.region else None)


def _counted_source(directory: Directory) -> Callable[[str], Source]:
    """Finds a source that is counted: a sandbox is none."""

    def find(code: str) -> Source:
        found = directory.source(code)
        if found.sandbox:
            raise UnknownCode("source", code)
        return found

    return find


async def count(
    connection: asyncpg.Connection, asked: CallsIn, directory: Directory, *, sees_all: bool = False
) -> CallsOut:
    """`sees_all`: staff. The public is not told a region's appeals by days: what is hidden of a published
    month could be worked out from them. Raises Invalid."""
    question = understood(asked, directory, clock.today())
    statement = COUNT.format(channel=CHANNEL, region=" AND c.region = $6" if question.region else "")
    values = [question.region] if question.region else []
    async with seeing(connection, sight.EVERYTHING):  # figures of all
        row = await connection.fetchrow(
            statement,
            question.first,
            question.last,
            _midnight(question.first),
            _midnight(question.last + timedelta(days=1)),
            question.sources,
            *values,
        )
    assert row is not None
    hidden = question.region is not None and not sees_all
    return CallsOut(
        **{"from": question.first},
        to=question.last,
        source=asked.source,
        region=question.region,
        calls=None if hidden else row["consultations"] + row["registered"],
        consultations=row["consultations"],
        registered=None if hidden else row["registered"],
        suppressed=hidden,
    )


def _midnight(day: date) -> datetime:
    """When a civil day begins."""
    return datetime.combine(day, time(), clock.ZONE)

"""What everybody may see of a question about a kind, a topic or a region (decision 0017)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import asyncpg

from app.directory.registry import Directory
from app.oversight import detail, publishing
from app.oversight.asked import Question
from app.oversight.statistics import Basis, Figures, Filters, Period, count
from app.oversight.suppression import MEASURES, TOTAL

MOST_AT_ONCE = 2_000
"""Holdings of months that are due and not kept yet, that a question may work out by itself."""

Shown = dict[str, int | None]
"""Figures by name; None: hidden."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """`rows`: by body, and under TOTAL the total. `note`: the id of a sentence about what is missing."""

    rows: Mapping[int, Shown]
    appeals: int | None
    published_to: date
    note: str | None


async def count_guarded(
    connection: asyncpg.Connection, question: Question, directory: Directory, *, today: date
) -> Guarded:
    """A period is the sum of its published months; of what is not published only what is nothing is told."""
    period, filters = question.period, question.filters
    months = detail.months_of(period)
    dimension = detail.askable(filters, period.basis)
    tables: dict[date, detail.Rows] = {}
    if dimension:
        due = [month for month in months if detail.is_due(month, period.as_of, today)]
        value = getattr(filters, dimension)
        tables = await _published(connection, due, dimension, value, directory, today)
    unknown = [month for month in months if month not in tables]
    rows = _named(detail.added(tables.values()), period.basis)
    missing = False
    for first, last in detail.runs(unknown) if unknown else ():
        exact = await _exact(connection, replace(period, first=first, last=last), filters, today)
        missing |= _veil(rows, exact)
    if filters.agency_id is not None:
        row = rows.get(filters.agency_id, dict.fromkeys(rows[TOTAL], 0))
        rows = {filters.agency_id: row, TOTAL: row}
    return Guarded(
        rows,
        _nothing(rows),
        detail.published_to(period.as_of, today),
        ("detail.alone" if dimension is None else "detail.not_yet") if missing else None,
    )


async def _published(
    connection: asyncpg.Connection,
    due: Sequence[date],
    dimension: str,
    value: str,
    directory: Directory,
    today: date,
) -> dict[date, detail.Rows]:
    """The rows of a value, by month. A month that is not there is not published yet."""
    found = await publishing.kept(connection, list(due), dimension, value)
    values = detail.values_of(dimension, directory)
    missing = [month for month in due if month not in found]
    for first, last in detail.runs(missing) if missing else ():
        exact = await _exact(connection, Period(first, last), Filters(), today)
        if exact.get(TOTAL, Figures()).received > MOST_AT_ONCE:
            continue
        held = await detail.held_by_month(connection, first, last, dimension)
        for month in missing:
            if first <= month <= last:
                found[month] = detail.Month.of_held(held.get(month, {}), values).of.get(value, {})
    return found


async def _exact(
    connection: asyncpg.Connection, period: Period, filters: Filters, today: date
) -> dict[int, Figures]:
    """The figures that everybody may see: without kind, topic and region."""
    open_ = Filters(channel=filters.channel, applicant_type=filters.applicant_type)
    rows = dict((await count(connection, period, open_, today=today)).rows)
    return {**rows, TOTAL: Figures.total(rows.values())} if rows else {}


def _named(rows: Mapping[int, detail.Row], basis: Basis) -> dict[int, Shown]:
    names = (*MEASURES, "carried_in") if basis is Basis.ACTIVITY else MEASURES
    found = {body: dict(zip(MEASURES, row, strict=True)) for body, row in rows.items()}
    found.setdefault(TOTAL, dict.fromkeys(names, 0))
    return found


def _veil(rows: dict[int, Shown], exact: Mapping[int, Figures]) -> bool:
    """Hides in `rows` what the exact figures do not show to be nothing; whether there is any such."""
    for body, figures in exact.items():
        row = rows.setdefault(body, dict.fromkeys(rows[TOTAL], 0))
        row.update({name: None for name in row if getattr(figures, name)})
    return bool(exact)


def _nothing(rows: Mapping[int, Shown]) -> int | None:
    """The distinct appeals, where there are none: they are not among what is kept of a month."""
    return 0 if rows[TOTAL]["received"] == 0 and not rows[TOTAL].get("carried_in", 0) else None

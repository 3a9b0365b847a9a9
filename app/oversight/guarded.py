"""What everybody may see of a question about a kind, a topic or a region (decision 0017)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import asyncpg

from app.directory.registry import Directory
from app.oversight import detail, suppression
from app.oversight.asked import Question
from app.oversight.statistics import Basis, Figures, Filters, Period, count
from app.oversight.suppression import MEASURES, TOTAL

MOST_AT_ONCE = 2_000
"""Holdings of a month that a question may publish by itself; of more the worker does."""

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
    certain = not missing and not any(None in row for table in tables.values() for row in table.values())
    return Guarded(
        rows,
        await _appeals(connection, question, rows, today) if certain else _nothing(rows),
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
    found: dict[date, detail.Rows] = {}
    values = detail.values_of(dimension, directory)
    for first, last in detail.runs(due) if due else ():
        exact = await _exact(connection, Period(first, last), Filters(), today)
        if exact.get(TOTAL, Figures()).received > MOST_AT_ONCE:
            continue
        held = await detail.held_by_month(connection, first, last, dimension)
        for month in due:
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
    return 0 if rows[TOTAL]["received"] == 0 and not rows[TOTAL].get("carried_in", 0) else None


async def _appeals(
    connection: asyncpg.Connection, question: Question, rows: Mapping[int, Shown], today: date
) -> int | None:
    """The distinct ones, where nothing of the value is hidden, and so no other record has another number."""
    if _nothing(rows) == 0:
        return 0
    counted = await count(connection, question.period, question.filters, today=today)
    same = sum(row.received for row in counted.rows.values()) == rows[TOTAL]["received"]
    return counted.appeals if same and not suppression.small(counted.appeals) else None

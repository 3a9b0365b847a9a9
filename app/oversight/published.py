"""The statistics as they are answered: named, ordered, and to the public without what tells of a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from app.core import clock
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight import suppression
from app.oversight.asked import Question, refuse_part_months, understood
from app.oversight.schemas import AgencyRef, RowOut, StatisticsIn, StatisticsOut, TotalOut
from app.oversight.statistics import NAMES, Basis, Figures, count
from app.oversight.suppression import TOTAL, Cell

Rows = Mapping[str, Figures]
NOTHING_HIDDEN: frozenset[Cell] = frozenset()


async def agencies(
    connection: asyncpg.Connection,
    asked: StatisticsIn,
    directory: Directory,
    language: Language,
    *,
    now: datetime,
    sees_all: bool = False,
) -> StatisticsOut:
    """The answer to a question about agencies. `sees_all`: staff, from whom nothing is hidden.

    Raises Invalid: a wrong day or code; of the public with kind, topic or region, a part of a month.
    """
    today = clock.civil_day(now)
    question = understood(asked, directory, today)
    guarded = question.filters.detailed and not sees_all
    if guarded:
        refuse_part_months(question.period)
    # What is hidden of a row depends on the other rows: it must not depend on which of them are asked for.
    counted = await count(connection, question.period, question.filters, today=today, every_row=guarded)
    rows = {directory.agency_by_id(id_).code: figures for id_, figures in counted.rows.items()}
    hidden = _hidden(rows) if guarded else NOTHING_HIDDEN
    if question.filters.agency_id is not None:
        rows, hidden = _only(directory.agency_by_id(question.filters.agency_id).code, rows, hidden)
    total = _shown(Figures.total(rows.values()), TOTAL, hidden, question.period.basis)
    return StatisticsOut(
        **{"from": question.period.first},
        to=question.period.last,
        basis=question.period.basis,
        as_of=question.period.as_of,
        rows=_named(rows, hidden, question, directory, language),
        total=TotalOut(appeals=_appeals(counted.appeals, hidden) if guarded else counted.appeals, **total),
    )


def _hidden(rows: Rows) -> frozenset[Cell]:
    return suppression.hidden(
        {code: {name: getattr(rows[code], name) for name in suppression.MEASURES} for code in sorted(rows)}
    )


def _only(code: str, rows: Rows, hidden: frozenset[Cell]) -> tuple[dict[str, Figures], frozenset[Cell]]:
    """One agency's row, and nothing else: the total is that row, and hides the same."""
    of_row = {name for row, name in hidden if row == code}
    return {code: rows.get(code, Figures())}, frozenset(
        (row, name) for row in (code, TOTAL) for name in of_row
    )


def _named(
    rows: Rows, hidden: frozenset[Cell], question: Question, directory: Directory, language: Language
) -> list[RowOut]:
    period = question.period
    found = [
        RowOut(
            agency=AgencyRef(code=code, name=directory.agency(code).name(language, period.end)),
            **_shown(figures, code, hidden, period.basis),
        )
        for code, figures in rows.items()
    ]
    # Ordered by what is shown: the place of a row must not tell what is hidden of it.
    return sorted(found, key=lambda row: (row.received is None, -(row.received or 0), row.agency.code))


def _shown(figures: Figures, row: str, hidden: frozenset[Cell], basis: Basis) -> dict[str, Any]:
    """The fields of a row, hidden ones None; `carried_in` only where the basis has it."""
    of_row = {name for where, name in hidden if where == row}
    names = [name for name in NAMES if name != "carried_in" or basis is Basis.ACTIVITY]
    return {
        **{name: None if name in of_row else getattr(figures, name) for name in names},
        "on_time_share": None if of_row.intersection(suppression.SHARE_OF) else figures.on_time_share,
        "suppressed": bool(of_row),
    }


def _appeals(appeals: int, hidden: frozenset[Cell]) -> int | None:
    """Nearly the number of holdings, which it would tell."""
    told = {(TOTAL, name) for name in suppression.CAME}
    return None if suppression.small(appeals) or hidden & told else appeals

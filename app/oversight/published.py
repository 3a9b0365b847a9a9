"""The statistics as they are answered: named, ordered, and to the public without what tells of a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from app.core import clock
from app.core.i18n import Language, t
from app.directory.registry import Directory
from app.oversight.asked import Question, refuse_part_months, understood
from app.oversight.guarded import Shown, count_guarded
from app.oversight.schemas import AgencyRef, RowOut, StatisticsIn, StatisticsOut, TotalOut
from app.oversight.statistics import NAMES, Basis, Figures, count, on_time_share
from app.oversight.suppression import SHARE_OF, TOTAL


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
    if question.filters.detailed and not sees_all:
        refuse_part_months(question.period)
        found = await count_guarded(connection, question, directory, today=today)
        answer = _answer(found.rows, found.appeals, question, directory, language)
        answer.published_to = found.published_to
        if found.note:
            answer.note = t(found.note, language, last=found.published_to)
        return answer
    counted = await count(connection, question.period, question.filters, today=today)
    rows = dict(counted.rows)
    if question.filters.agency_id is not None:
        rows.setdefault(question.filters.agency_id, Figures())
    rows[TOTAL] = Figures.total(rows.values())
    shown = {body: _named(figures, question.period.basis) for body, figures in rows.items()}
    return _answer(shown, counted.appeals, question, directory, language)


def _named(figures: Figures, basis: Basis) -> Shown:
    """`carried_in` only where the basis has it."""
    return {name: getattr(figures, name) for name in NAMES if name != "carried_in" or basis is Basis.ACTIVITY}


def _answer(
    shown: Mapping[int, Shown],
    appeals: int | None,
    question: Question,
    directory: Directory,
    language: Language,
) -> StatisticsOut:
    period = question.period
    rows = []
    for body, figures in shown.items():
        if body == TOTAL or not (any(value != 0 for value in figures.values()) or question.filters.agency_id):
            continue
        agency = directory.agency_by_id(body)
        name = agency.name(language, period.end)
        rows.append(RowOut(agency=AgencyRef(code=agency.code, name=name), **_fields(figures)))
    # Ordered by what is shown: the place of a row must not tell what is hidden of it.
    rows.sort(key=lambda row: (row.received is None, -(row.received or 0), row.agency.code))
    return StatisticsOut(
        **{"from": period.first},
        to=period.last,
        basis=period.basis,
        as_of=period.as_of,
        rows=rows,
        total=TotalOut(appeals=appeals, **_fields(shown[TOTAL])),
    )


def _fields(figures: Shown) -> dict[str, Any]:
    judged = {name: value for name in SHARE_OF if (value := figures[name]) is not None}
    return {
        **figures,
        "on_time_share": on_time_share(**judged) if len(judged) == len(SHARE_OF) else None,
        "suppressed": None in figures.values(),
    }

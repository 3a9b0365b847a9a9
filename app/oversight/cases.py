"""The cases behind a figure: exactly the holdings that it counts, a page at a time.

An act's figure is found by the counter deltas that made it, a stock by the holdings that are in it. A
complaint is walled off here as everywhere (A08): whom it is kept from counts it and does not see it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from app.appeals import walls
from app.oversight.cells import FLOWS
from app.oversight.reach import Looker
from app.oversight.statistics import Filters

_UNDER_REVIEW = """
EXISTS (SELECT FROM holding reviewed WHERE reviewed.appeal_id = h.appeal_id AND reviewed.stage = 'review'
        AND reviewed.closed_at IS NULL)
"""
_AT_END = "h.registered_on <= {end} AND (h.closed_on IS NULL OR h.closed_on > {end})"
_OPEN = f"h.stands_for IS NULL AND {_AT_END}"
_CARRIED = (
    "h.stands_for IS NULL AND h.registered_on < {first} AND (h.closed_on IS NULL OR h.closed_on >= {first})"
)
_ACTED = """
SELECT d.holding_id FROM counter_delta d
WHERE d.agency_id = ANY ({agencies}) AND d.day BETWEEN {first} AND {end} AND d.{figure} <> 0{about}
GROUP BY d.holding_id HAVING sum(d.{figure}) > 0
"""
# By what was known at the end of the day, and only of days on which something opened that was open then.
_OVERDUE = """
SELECT d.holding_id FROM counter_delta d
WHERE d.agency_id = ANY ({agencies}) AND d.day <= {end} AND d.running <> 0{about}
  AND d.opened_on = ANY (ARRAY(SELECT DISTINCT h.registered_on FROM holding h
                               WHERE h.agency_id = ANY ({agencies}) AND {at_end}))
GROUP BY d.holding_id HAVING sum(d.running) FILTER (WHERE d.due_on < {judged_on}) > 0
"""
_PAGE = """
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.status, h.kind, h.topic, h.channel, h.region,
       h.applicant_type, h.origin, h.registered_on, h.due_on, h.running, h.closed_on, h.close, h.outcome
FROM holding h
WHERE h.agency_id = ANY ({agencies}) AND {figure}{about} AND {not_walled} AND h.id > {after}
ORDER BY h.id LIMIT {limit}
"""
# Of the pages' total: what is more is said to be more.
_COUNT = """
SELECT count(*) FROM (
    SELECT FROM holding h WHERE h.agency_id = ANY ({agencies}) AND {figure}{about} AND {not_walled}
    LIMIT {limit}) counted
"""
PORTION = 1000
MOST_COUNTED = 10_000


@dataclass
class _Values:
    values: list[Any]

    def bind(self, value: Any, sql_type: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"


@dataclass(frozen=True, slots=True)
class Listed:
    """The cases of a figure of these agencies, in these days."""

    figure: str
    first: date
    last: date
    filters: Filters
    agencies: Sequence[int]
    looker: Looker
    today: date

    async def page(self, connection: asyncpg.Connection, *, after: int, limit: int) -> list[asyncpg.Record]:
        """The holdings after the id `after`; at most `limit`."""
        sql, values = self._statement(after, limit)
        rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
        return rows

    async def count(self, connection: asyncpg.Connection) -> int:
        """How many there are; MOST_COUNTED + 1 when there are more than MOST_COUNTED."""
        sql, values = self._statement(0, MOST_COUNTED + 1, _COUNT)
        total: int = await connection.fetchval(sql, *values)
        return total

    async def all(self, connection: asyncpg.Connection) -> AsyncIterator[list[asyncpg.Record]]:
        """All of them, in portions and by one statement; the connection is in a transaction."""
        sql, values = self._statement(0, None)
        cursor = await connection.cursor(sql, *values)
        while rows := await cursor.fetch(PORTION):
            yield rows

    def _statement(self, after: int, limit: int | None, statement: str = _PAGE) -> tuple[str, list[Any]]:
        bound = _Values([])
        about = {name: value for name, value in self.filters.given().items() if name != "agency_id"}
        names = {
            "agencies": bound.bind(sorted(self.agencies), "bigint[]"),
            "first": bound.bind(self.first, "date"),
            "end": bound.bind(self.last, "date"),
            "judged_on": bound.bind(min(self.last, self.today), "date"),
        }
        given = {name: bound.bind(value, "text") for name, value in about.items()}
        me, own, head = self.looker.before_a_wall()
        not_walled = walls.condition(
            me=bound.bind(me, "bigint"),
            agencies=bound.bind(own, "bigint[]"),
            head=bound.bind(head, "boolean"),
            under_review=_UNDER_REVIEW,
        )
        place = bound.bind(after, "bigint")
        sql = statement.format(
            agencies=names["agencies"],
            figure=_condition(self.figure, names, given),
            about="".join(f" AND h.{name} = {place}" for name, place in given.items()),
            not_walled=not_walled,
            after=place,
            limit=bound.bind(limit, "int"),
        )
        # Every value is compared with something, whichever figure it is.
        asked = f"SELECT {names['first']}, {names['end']}, {names['judged_on']}, {place}"
        return f"WITH asked AS ({asked}) {sql}", bound.values


def _condition(figure: str, names: Mapping[str, str], given: Mapping[str, str]) -> str:
    if figure == "pending":
        return _OPEN.format(**names)
    if figure == "carried_in":
        return _CARRIED.format(**names)
    parts = ("answered", "overdue") if figure == "judged" else (figure,)
    return f"h.id IN ({' UNION ALL '.join(f'({_counted(one, names, given)})' for one in parts)})"


def _counted(figure: str, names: Mapping[str, str], given: Mapping[str, str]) -> str:
    """The ids of those that deltas count."""
    about = "".join(f" AND d.{name} = {place}" for name, place in given.items())
    if figure == "overdue":
        return _OVERDUE.format(about=about, at_end=_AT_END.format(**names), **names)
    assert figure in FLOWS
    return _ACTED.format(figure=figure, about=about, **names)

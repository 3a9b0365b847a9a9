"""What is asked of the statistics at size: how long an answer takes, and what its plan reads."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from app.oversight import compliance
from app.oversight.statistics import Basis, Filters, Period, count

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Question:
    """`quick`: all agencies, with at most one filter beside the channel: what is answered from slices."""

    name: str
    period: Period
    filters: Filters
    quick: bool = True


def questions(last: date) -> list[Question]:
    """Of the year before the last day, and of all eight."""
    year = Period(date(last.year - 1, 1, 1), date(last.year - 1, 12, 31))
    acts = Period(year.first, year.last, basis=Basis.ACTIVITY)
    known = Period(year.first, year.last, as_of=date(last.year - 1, 9, 17))
    all_years = Period(date(last.year - 8, 1, 1), last)
    months = Period(date(last.year - 1, 2, 10), date(last.year - 1, 5, 20))
    alone, both = Filters(channel="blog"), Filters(channel="blog", applicant_type="individual")
    topic, region = Filters(topic="utilities"), Filters(region="KZ-61")
    two = Filters(channel="blog", topic="land")
    three = Filters(kind="complaint", topic="utilities", region="KZ-61")
    return [
        Question("a year", year, Filters()),
        Question("a year, by what was done", acts, Filters()),
        Question("a year, as of a day", known, Filters()),
        Question("days within months", months, Filters()),
        Question("eight years", all_years, Filters()),
        Question("a year, a channel", year, alone),
        Question("a year, a channel and a type", year, both),
        Question("a year, a topic", year, topic),
        Question("a year, a region", year, region),
        Question("a year, kind, topic and region", year, three, quick=False),
        Question("eight years, a channel and a topic", all_years, two, quick=False),
    ]


async def milliseconds(connection: asyncpg.Connection, asked: Question, today: date) -> float:
    """The median of some rounds, by the plan that a connection keeps after its first five."""
    took = []
    for _ in range(2 * ROUNDS):
        begun = time.perf_counter()
        await count(connection, asked.period, asked.filters, today=today)
        took.append(time.perf_counter() - begun)
    return statistics.median(took[ROUNDS:]) * 1000


class _Explaining:
    """In place of a connection: it has everything explained and answers nothing."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.plans: list[Mapping[str, Any]] = []

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        explained = await self._explained(sql, values)
        self.plans += [one["Plan"] for one in explained]
        return []

    async def _explained(self, sql: str, values: Sequence[Any]) -> Any:
        return await self.connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """What a statement sets for the transaction is not explained."""
        return await self.connection.fetchval(sql, *values)


class _ForAnyValues(_Explaining):
    """The plan that a connection keeps once it has asked a few times: made without looking at the values."""

    async def _explained(self, sql: str, values: Sequence[Any]) -> Any:
        await self.connection.execute("SET plan_cache_mode = force_generic_plan")
        await self.connection.execute(f"PREPARE asked AS {sql}")
        said = ", ".join(_literal(value) for value in values)
        try:
            return await self.connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked({said})")
        finally:
            await self.connection.execute("DEALLOCATE asked")
            await self.connection.execute("RESET plan_cache_mode")


def _literal(value: Any) -> str:
    said = "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)
    return f"'{said}'"


@dataclass(frozen=True, slots=True)
class Reads:
    """A table that a plan reads. `apart`: in a statement within the statement; `how`: as the plan says it;
    `index`: by which, where there is one."""

    table: str
    how: str
    apart: bool
    index: str


async def reads(connection: asyncpg.Connection, asked: Question, today: date) -> Sequence[Reads]:
    """What the statement of an answer reads."""
    explaining: Any = _Explaining(connection)
    await count(explaining, asked.period, asked.filters, today=today)
    return _all(explaining)


async def reads_for_any(connection: asyncpg.Connection, asked: Question, today: date) -> Sequence[Reads]:
    """What it reads by the plan that is kept."""
    explaining: Any = _ForAnyValues(connection)
    await count(explaining, asked.period, asked.filters, today=today)
    return _all(explaining)


async def compliance_reads(connection: asyncpg.Connection, asked: Question, today: date) -> Sequence[Reads]:
    """What those of all figures of compliance read, for the same days."""
    explaining: Any = _Explaining(connection)
    first, last = asked.period.first, asked.period.last
    await compliance.count(explaining, first, last, asked.filters, today=today)
    return _all(explaining)


async def statement_reads(connection: asyncpg.Connection, sql: str, *values: Any) -> Sequence[Reads]:
    explaining = _Explaining(connection)
    await explaining.fetch(sql, *values)
    return _all(explaining)


def _all(explained: _Explaining) -> Sequence[Reads]:
    return [found for plan in explained.plans for found in _read(plan, apart=False)]


def _read(plan: Mapping[str, Any], *, apart: bool) -> Iterator[Reads]:
    apart = apart or plan.get("Parent Relationship") in {"InitPlan", "SubPlan"}
    if "Relation Name" in plan:
        yield Reads(plan["Relation Name"], plan["Node Type"], apart, plan.get("Index Name", ""))
    for below in plan.get("Plans", ()):
        yield from _read(below, apart=apart)

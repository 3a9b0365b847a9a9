"""From a question to a forecast: what is open by due day, the pace, the backtest, the cases."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg

from app.appeals import walls
from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock, paging
from app.core.i18n import Language, t
from app.deadlines.calendar import Calendar
from app.directory.registry import Directory
from app.directory.values import Agency
from app.oversight import reach, statistics
from app.oversight.forecast.backtest import PACE_DAYS
from app.oversight.forecast.outlook import ONE_DAY, Due, Pace, expected_on, outlook
from app.oversight.forecast.schemas import (
    BacktestOut,
    ForecastIn,
    ForecastOut,
    ForecastRow,
    LateCase,
    LateDay,
)
from app.oversight.reach import Looker
from app.oversight.schemas import AgencyRef
from app.oversight.signs.codes import ENOUGH
from app.oversight.statistics import Basis, Figures, Filters, Period
from app.staff.access import StaffCaller

PATH = "/api/v1/oversight/forecast"

_OPEN = """
SELECT agency_id, due_on, count(*) AS count FROM holding
WHERE agency_id = ANY ($1::bigint[]) AND closed_at IS NULL AND running
GROUP BY agency_id, due_on ORDER BY agency_id, due_on
"""
_TRIALS = "SELECT * FROM forecast_trial WHERE agency_id = ANY ($1::bigint[])"
_SEEN = walls.condition(me="$2::bigint", agencies="$3::bigint[]", head="$4::boolean")
# The queue is counted whole; what the caller does not see is not listed.
_CASES = f"""
SELECT h.* FROM (
    SELECT h.*, row_number() OVER (PARTITION BY h.due_on ORDER BY h.id) AS place FROM holding h
    WHERE h.agency_id = $1 AND h.closed_at IS NULL AND h.running
) h JOIN unnest($5::date[], $6::bigint[]) AS day(due_on, in_time) USING (due_on)
WHERE h.place > day.in_time AND (h.due_on, h.id) > ($7::date, $8::bigint) AND {_SEEN}
ORDER BY h.due_on, h.id LIMIT $9
"""


async def forecast(
    connection: asyncpg.Connection,
    asked: ForecastIn,
    caller: StaffCaller,
    directory: Directory,
    lang: Language,
) -> ForecastOut:
    """Raises Invalid, Forbidden."""
    today = clock.today()
    looker = Looker.of(caller, directory)
    agencies = reach.agencies(looker, asked.agency, directory)
    after = paging.place(asked.cursor, date, int) if asked.cursor else (date.min, 0)
    ids = [agency.id for agency in agencies]
    due: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for row in await connection.fetch(_OPEN, ids):
        due[row["agency_id"]].append((row["due_on"], row["count"]))
    closed = await _closed(connection, ids, today)
    trials = {row["agency_id"]: row for row in await connection.fetch(_TRIALS, ids)}
    bodies = [
        _Body(agency, due[agency.id], closed.get(agency.id, 0), today, directory)
        for agency in agencies
        if agency.id in due or asked.agency
    ]
    rows = [body.row(trials.get(body.agency.id), lang) for body in bodies]
    cases: list[LateCase] = []
    following = None
    if asked.agency:
        cases, following = await _cases(connection, bodies[0], looker, after, asked.limit)
    return ForecastOut(
        on=today,
        note=t("forecast.note", lang),
        rows=sorted(rows, key=lambda row: (-row.will_be_late, row.agency.code)),
        cases=cases,
        next_cursor=following,
    )


async def _closed(connection: asyncpg.Connection, ids: Sequence[int], today: date) -> dict[int, int]:
    """What each closed in the eight weeks before today, from the counters."""
    period = Period(today - timedelta(days=PACE_DAYS), today - ONE_DAY, basis=Basis.ACTIVITY)
    only = Filters(agency_id=ids[0]) if len(ids) == 1 else Filters()
    counted = await statistics.count(connection, period, only, today=today)
    return {agency_id: _all_closed(figures) for agency_id, figures in counted.rows.items()}


def _all_closed(figures: Figures) -> int:
    return figures.answered + figures.forwarded_out + figures.closed_otherwise


class _Body:
    """One agency's queue, worked off at its pace."""

    def __init__(
        self, agency: Agency, due: list[tuple[date, int]], closed: int, today: date, directory: Directory
    ) -> None:
        self.agency, self.today = agency, today
        self.calendar: Calendar = directory.calendar.for_week(agency.hours.week)
        first = today - timedelta(days=PACE_DAYS)
        self.pace = Pace(closed, self.calendar.working_days_between(first - ONE_DAY, today - ONE_DAY))
        self.days: list[Due] = outlook(due, self.pace, today, self.calendar)

    @property
    def late(self) -> list[Due]:
        """What is not late yet and will be."""
        return [day for day in self.days if day.due_on >= self.today and day.late]

    def row(self, trial: asyncpg.Record | None, lang: Language) -> ForecastRow:
        late = self.late
        return ForecastRow(
            agency=AgencyRef(code=self.agency.code, name=self.agency.name(lang, self.today)),
            open=sum(day.count for day in self.days),
            overdue=sum(day.count for day in self.days if day.due_on < self.today),
            closed=self.pace.closed,
            working_days=self.pace.days,
            pace=self.pace.per_day,
            will_be_late=sum(day.late for day in late),
            days=[
                LateDay(
                    due_on=day.due_on,
                    late_on=day.due_on + ONE_DAY,
                    due=day.count,
                    late=day.late,
                    last_done_on=self.expected(day.before + day.count),
                )
                for day in late
            ],
            backtest=_backtest(trial) if trial else None,
            cases_url=f"{PATH}?agency={self.agency.code}" if late else None,
        )

    def expected(self, rank: int) -> date | None:
        return expected_on(rank, self.pace, self.today, self.calendar)


def _backtest(trial: asyncpg.Record) -> BacktestOut:
    def share(part: int, whole: int) -> float | None:
        return round(part / whole, 4) if whole else None

    counted = {name: trial[name] for name in ("made_on", "samples", "judged", "predicted", "late", "hits")}
    return BacktestOut(
        **counted,
        precision=share(trial["hits"], trial["predicted"]),
        recall=share(trial["hits"], trial["late"]),
        mean_error_days=share(trial["error_days"], trial["errors"]),
        small=trial["judged"] < ENOUGH,
    )


async def _cases(
    connection: asyncpg.Connection,
    body: _Body,
    looker: Looker,
    after: tuple[date, int],
    limit: int,
) -> tuple[list[LateCase], str | None]:
    days = {day.due_on: day for day in body.late}
    in_time = [day.in_time for day in days.values()]
    values = (*looker.before_a_wall(), list(days), in_time, *after)
    rows = await connection.fetch(_CASES, body.agency.id, *values, limit + 1)
    shown = rows[:limit]
    following = paging.cursor(shown[-1]["due_on"], shown[-1]["id"]) if len(rows) > limit else None
    return [_case(row, body, days[row["due_on"]]) for row in shown], following


def _case(row: asyncpg.Record, body: _Body, day: Due) -> LateCase:
    number = format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"])
    told = {name: row[name] for name in ("kind", "topic", "status", "registered_on", "due_on")}
    return LateCase(
        **told,
        number=number,
        late_on=day.due_on + ONE_DAY,
        expected_on=body.expected(day.before + row["place"]),
        url=f"/api/v1/cases/{number}",
    )

"""From a question to the statement that adds up rollups, and what is not in them yet.

A question is about two axes: the days on which the holdings opened, and the days of what is counted. The
rollups have years or months on both, or months on one of them; a year that a bound of the question cuts is
read by months, and a month by days.
The statement is one: one moment of the record, whatever is folded meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app.oversight.cells import ABOUT, FLOWS, FOLDED, ROLLUPS, UNFOLDED

SLICED = frozenset(rollup.table for rollup in ROLLUPS if rollup.sliced)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Which deltas count, and as what. Days, both ends inclusive.

    `acts_from`: what is dated before it is carried in. `judged_on`: what is due before it is overdue.
    """

    opened_from: date
    opened_to: date
    until: date
    acts_from: date
    judged_on: date


@dataclass(frozen=True, slots=True)
class Days:
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Plan:
    """`years` and `months`: of opening, whole ones; `edges`: the days of opening beside them. `cut`: months
    that a bound of what is counted cuts, and `cut_flows` those that cut more than what is overdue;
    `cut_years`: the years that such a bound cuts."""

    years: Days | None
    months: tuple[Days, ...]
    edges: tuple[Days, ...]
    cut: tuple[date, ...]
    cut_flows: tuple[date, ...]
    cut_years: tuple[date, ...]

    @classmethod
    def of(cls, window: Window) -> "Plan":
        flows = {_month(day) for day in (window.acts_from,) if day.day != 1}
        flows |= {_month(window.until)} if not _ends_month(window.until) else set()
        judged = {_month(window.judged_on)} if not _ends_month(window.judged_on) else set()
        cut_years = {_year(day) for day in (window.acts_from,) if day != _year(day)}
        cut_years |= {_year(day) for day in (window.until, window.judged_on) if day != _last_of_year(day)}
        first, last = window.opened_from, window.opened_to
        if last >= window.until:  # nothing that opened later has happened by then
            last = _last_of_year(last)
        whole_from = first if first.day == 1 else _next(first)
        whole_to = last if _ends_month(last) else _month(last) - ONE_DAY
        edges: list[Days] = []
        if first.day != 1:
            edges.append(Days(first, min(last, _last_of(first))))
        if not _ends_month(last) and (first.day == 1 or _month(first) != _month(last)):
            edges.append(Days(_month(last), last))
        years, months = _years_and_months(whole_from, whole_to)
        return cls(
            years, months, tuple(edges), tuple(sorted(flows | judged)), tuple(sorted(flows)), tuple(cut_years)
        )


def _years_and_months(first: date, last: date) -> tuple[Days | None, tuple[Days, ...]]:
    """Whole months, as the whole years in them and what is left before and after."""
    years = Days(
        first if first == _year(first) else _last_of_year(first) + ONE_DAY,
        last if last == _last_of_year(last) else _year(last) - ONE_DAY,
    )
    if years.first > years.last:
        return None, (Days(first, last),) if first <= last else ()
    around = (
        Days(first, years.first - ONE_DAY) if first < years.first else None,
        Days(years.last + ONE_DAY, last) if last > years.last else None,
    )
    return years, tuple(days for days in around if days)


def _year(day: date) -> date:
    return day.replace(month=1, day=1)


def _last_of_year(day: date) -> date:
    return day.replace(month=12, day=31)


def _month(day: date) -> date:
    return day.replace(day=1)


def _ends_month(day: date) -> bool:
    return day == _last_of(day)


def _last_of(day: date) -> date:
    return _next(day) - ONE_DAY if (day.year, day.month) != (date.max.year, 12) else date.max


def _next(day: date) -> date:
    """The first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True)
class By:
    """A dimension that is told apart by its codes."""

    name: str
    codes: Sequence[str]


def slices_of(given: Mapping[str, Any], by: By | None = None) -> list[str] | None:
    """The slices that add up to what is filtered by, and tell apart what is asked for; None: none do."""
    codes = {name: [value] for name, value in given.items()}
    if by and by.name not in codes:
        codes[by.name] = list(by.codes)
    types = codes.get("applicant_type", ["individual", "legal_entity"])
    if codes.keys() <= {"channel", "applicant_type"}:
        before = [f"channel/{code}" for code in codes["channel"]] if "channel" in codes else ["type"]
        return [f"{one}/{type_}" for one in before for type_ in types]
    if len(codes) == 1:
        ((name, values),) = codes.items()
        return [f"{name}/{value}" for value in values]
    return None


def told_apart(by: By | None, slices: list[str] | None) -> str:
    """The code of the dimension, in SQL about a row `d`; of one with a slice when there are `slices`."""
    if by is None:
        return "''"
    if slices is None:
        return f"d.{by.name}"
    place = 3 if by.name == "applicant_type" and slices and slices[0].startswith("channel/") else 2
    return f"split_part(d.slice, '/', {place})"


_FLOWS = ", ".join(f"d.{name}" for name in FLOWS)
_NO_FLOWS = ", ".join("NULL::int" for _ in FLOWS)
# Deltas that are not folded yet, on the day on which they make something overdue, or no longer so (cells.py).
_TURNS = f"""
SELECT agency_id, opened_on, greatest(day, due_on + 1) AS day, {", ".join(ABOUT)}, running
FROM {UNFOLDED} d WHERE running <> 0
"""


@dataclass
class Statement:
    """The parts that add up, each with `agency_id`, `of`, `day`, the flows and `overdue`; and their values.

    `of` is the code of the dimension `by`.
    """

    window: Window
    given: Mapping[str, Any]
    agencies: list[int] | None = None
    by: By | None = None
    values: list[Any] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    places: dict[Any, str] = field(default_factory=dict)

    def bind(self, value: Any, sql_type: str) -> str:
        key = (repr(value), sql_type)
        if key not in self.places:
            self.values.append(value)
            self.places[key] = f"${len(self.values)}::{sql_type}"
        return self.places[key]

    def sql(self) -> str:
        """All parts, as one derived table."""
        plan, slices = Plan.of(self.window), slices_of(self.given, self.by)
        if plan.years:
            self._years(plan, plan.years, slices)
        for days in plan.months:
            self._months(plan, days, slices)
        for days in plan.edges:
            self._edge(plan, days, slices)
        self._tail()
        return "\nUNION ALL\n".join(self.parts)

    def _years(self, plan: Plan, days: Days, slices: list[str] | None) -> None:
        if slices is None:
            self._months(plan, days, slices)
            return
        self._whole("rollup_year", days, self._uncut(plan.cut_years), slices)
        for year in plan.cut_years:
            inside = self._between("d.day", Days(year, _last_of_year(year)))
            self._whole("rollup_month", days, f"{inside} AND {self._uncut(plan.cut)}", slices)
        self._cut(plan, days, slices)

    def _months(self, plan: Plan, days: Days, slices: list[str] | None) -> None:
        whole = "rollup_cube" if slices is None else "rollup_month"
        self._whole(whole, days, self._uncut(plan.cut), slices)
        self._cut(plan, days, slices)

    def _whole(self, table: str, days: Days, uncut: str, slices: list[str] | None) -> None:
        opened = self._between("d.opened_on", days)
        self._part(table, [self._about(slices), opened, uncut, self._until()], overdue=self._judged())

    def _cut(self, plan: Plan, days: Days, slices: list[str] | None) -> None:
        opened = self._between("d.opened_on", days)
        for month in plan.cut:
            inside = self._between("d.day", Days(month, _last_of(month)))
            if slices is not None:
                by_day = [self._about(slices), opened, inside, self._until()]
                self._part("rollup_acted", by_day, overdue=self._judged())
                continue
            self._part("counter_delta", [self._about(None), opened, inside, self._until(), FOLDED])
            self._due([opened, inside])

    def _uncut(self, cut: Sequence[date]) -> str:
        return f"d.day <> ALL ({self.bind(list(cut), 'date[]')})" if cut else "true"

    def _edge(self, plan: Plan, days: Days, slices: list[str] | None) -> None:
        opened = self._between("d.opened_on", days)
        if slices is None:
            self._part("counter_delta", [self._about(None), opened, self._until(), FOLDED])
        else:
            uncut = self._uncut(plan.cut_flows)
            self._part("rollup_opened", [self._about(slices), opened, uncut, self._until()])
            for month in plan.cut_flows:
                inside = self._between("d.day", Days(month, _last_of(month)))
                self._part("counter_delta", [self._about(None), opened, inside, self._until(), FOLDED])
        self._due([opened])

    def _due(self, conditions: list[str]) -> None:
        judged = f"d.day <= {self.bind(self.window.judged_on, 'date')}"
        self._part(
            "rollup_due", [self._about(None), *conditions, judged], flows=_NO_FLOWS, overdue="d.overdue"
        )

    def _tail(self) -> None:
        opened = self._between("d.opened_on", Days(self.window.opened_from, self.window.opened_to))
        late = f"CASE WHEN d.due_on < {self.bind(self.window.judged_on, 'date')} THEN d.running END"
        self._part(UNFOLDED, [self._about(None), opened, self._until()], overdue=late)

    def _part(
        self, table: str, conditions: Iterable[str], *, flows: str = _FLOWS, overdue: str = "NULL::int"
    ) -> None:
        self.parts.append(
            f"SELECT d.agency_id, {self._of(table)} AS of, d.day, {flows}, {overdue} AS overdue "
            f"FROM {table} d WHERE {self._where(conditions)}"
        )

    def _of(self, table: str) -> str:
        return told_apart(self.by, slices_of(self.given, self.by) if table in SLICED else None)

    def _where(self, conditions: Iterable[str]) -> str:
        only = "true"
        if self.agencies is not None:
            only = f"d.agency_id = ANY ({self.bind(self.agencies, 'bigint[]')})"
        return " AND ".join(one for one in (*conditions, only) if one != "true") or "true"

    def took(self) -> str:
        """The answers of the window's days by working days, as one derived table."""
        plan, slices = Plan.of(self.window), slices_of(self.given, self.by)
        answers = "d.answered > 0 AND d.working_days IS NOT NULL"
        within = [self._until(), f"d.day >= {self.bind(self.window.acts_from, 'date')}"]
        if slices is None:
            self._took("counter_delta", [self._about(None), *within, answers])
        else:
            whole_years = self._uncut(plan.cut_years)
            self._took("rollup_took_year", [self._about(slices), *within, whole_years])
            for year in plan.cut_years:
                inside = self._between("d.day", Days(year, _last_of_year(year)))
                self._took("rollup_took_month", [self._about(slices), *within, inside, self._uncut(plan.cut)])
            for month in plan.cut:
                inside = self._between("d.day", Days(month, _last_of(month)))
                self._took("rollup_took", [self._about(slices), *within, inside])
            self._took(UNFOLDED, [self._about(None), *within, answers])
        return "\nUNION ALL\n".join(self.parts)

    def entries(self, days: Days) -> str:
        """What happened on each of the days, and what became overdue on it or ceased to be (`overdue`, a
        change), whenever the holdings opened; as one derived table."""
        slices, inside = slices_of(self.given, self.by), self._between("d.day", days)
        if slices is not None:
            self._part("rollup_acted", [self._about(slices), inside], overdue="d.overdue")
        else:
            self._part("counter_delta", [self._about(None), inside, FOLDED])
            self._part("rollup_due", [self._about(None), inside], flows=_NO_FLOWS, overdue="d.overdue")
        self._part(UNFOLDED, [self._about(None), inside])
        self._part(f"({_TURNS})", [self._about(None), inside], flows=_NO_FLOWS, overdue="d.running::int")
        return "\nUNION ALL\n".join(self.parts)

    def _took(self, table: str, conditions: Iterable[str]) -> None:
        self.parts.append(
            f"SELECT d.agency_id, {self._of(table)} AS of, d.working_days, d.answered::int AS answered "
            f"FROM {table} d WHERE {self._where(conditions)}"
        )

    def _about(self, slices: list[str] | None) -> str:
        if slices is not None:
            return f"d.slice = ANY ({self.bind(slices, 'text[]')})"
        given = [f"d.{name} = {self.bind(self.given[name], 'text')}" for name in ABOUT if name in self.given]
        return " AND ".join(given) or "true"

    def _between(self, column: str, days: Days) -> str:
        return f"{column} BETWEEN {self.bind(days.first, 'date')} AND {self.bind(days.last, 'date')}"

    def _until(self) -> str:
        return f"d.day <= {self.bind(self.window.until, 'date')}"

    def _judged(self) -> str:
        return f"CASE WHEN d.day <= {self.bind(self.window.judged_on, 'date')} THEN d.overdue END"

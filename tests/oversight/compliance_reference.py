"""The figures of compliance as docs/figures.md defines them, told from a plain list of events.

What is open, when it is due and how it ended is told by `course.told`; here is what was done on which day.
How many working days an answer took stands in its event; how that is computed test_compliance.py says.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.core import clock
from app.oversight.columns import COLUMNS
from tests.oversight.course import CLOSES, OPENINGS, told
from tests.oversight.reference import Held

OUTCOMES = ("satisfied", "partly_satisfied", "refused", "explained", "taken_note")
FIRST_TIMES = {"suspended": "suspended", "correction_requested": "corrections"}
FOR_THE_APPLICANT = ("cancelled", "replaced", "obliged")


@dataclass
class Case:
    """A holding and what is charged to it: each figure with the days on which it counts."""

    held: Held
    charged: list[tuple[str, date, int]] = field(default_factory=list)
    took: list[tuple[date, int]] = field(default_factory=list)

    def once(self, figure: str, day: date) -> None:
        if figure not in {name for name, _, _ in self.charged}:
            self.charge(figure, day)

    def charge(self, figure: str, day: date, count: int = 1) -> None:
        self.charged.append((figure, max(day, self.held.opened_on), count))


def values(
    rows: Sequence[Any], first: date, last: date, filters: dict[str, str], today: date
) -> dict[str, dict[str, int | float | None]]:
    """Every column's value of each body that has any: of the events in their order."""
    cases = [case for case in charged(rows) if case.held.matches(filters)]
    agencies = {case.held.agency for case in cases}
    found = {
        agency: _sums([case for case in cases if case.held.agency == agency], first, last, today)
        for agency in agencies
    }
    return {agency: _columns(*sums) for agency, sums in found.items() if any(sums[0].values())}


def charged(rows: Sequence[Any]) -> list[Case]:
    holdings = dict.fromkeys(row["holding_id"] for row in rows if row["event"] in OPENINGS)
    cases = dict(zip(holdings, map(Case, told(rows)), strict=True))
    passed_on: Counter[tuple[int, int]] = Counter()
    for row in rows:
        case, chain = cases[row["holding_id"]], (row["appeal_id"], row["part"])
        of_chain = [other for other in cases.values() if (other.held.appeal, other.held.part) == chain]
        day = max(clock.civil_day(row["at"]), case.held.opened_on)
        _opening(row, case, passed_on[chain])
        _act(row, case, day, of_chain)
        if row["event"] == "forwarded" and "handover" not in row["data"]:
            passed_on[chain] += 1
            if passed_on[chain] == 3:
                for other in of_chain[: of_chain.index(case) + 1]:
                    other.charge("chained", day)
    return list(cases.values())


def _opening(row: Any, case: Case, passed_on: int) -> None:
    event, day = row["event"], case.held.opened_on
    if event not in OPENINGS:
        return
    case.charge("received", day)
    if event == "received":
        case.charge("forwarded_in", day)
        if passed_on >= 3:
            case.charge("chained", day)
    if event == "reopened":
        case.charge("reopened", day)
    if event == "registered" and (row["data"].get("complaint") or {}).get("stage") == "handover":
        case.charge("complaints", day)


def _act(row: Any, case: Case, day: date, chain: Sequence[Case]) -> None:
    event, data = row["event"], row["data"]
    if event in FIRST_TIMES:
        case.once(FIRST_TIMES[event], day)
    if event == "linked" and data["as"] == "repeat":
        case.once("repeated", day)
    if event == "rated":
        case.charge("ratings", day)
        case.charge("rating_sum", day, data["score"])
        case.charge("resolved", day, int(data["resolved"]))
    if event == "self_corrected" or (event == "decided" and data["outcome"] in FOR_THE_APPLICANT):
        chain[0].charge("complaints_upheld", day)
    if event in CLOSES and not data.get("kept"):
        _closing(event, data, case, day)


def _closing(event: str, data: dict[str, Any], case: Case, day: date) -> None:
    close, late = CLOSES[event], day > case.held.due_on
    case.charge(close, day)
    if close == "answered":
        case.charge("answered_late", day, int(late))
        case.charge("answered_last_day", day, int(day == case.held.due_on))
        case.charge("decided" if event == "decided" else data["outcome"], day)
        if data.get("took") is not None:
            case.took.append((day, data["took"]))
    else:
        case.charge("closed_late", day, int(late))
        case.charge("forwarded_late", day, int(bool(data.get("late"))))


def _sums(cases: Sequence[Case], first: date, last: date, today: date) -> tuple[Counter[str], list[int]]:
    sums: Counter[str] = Counter()
    for case in cases:
        held = case.held
        for figure, day, count in case.charged:
            sums[figure] += count if first <= day <= last else 0
        sums["extended"] += bool(held.extended_on and first <= held.extended_on <= last)
        if held.opened_on < first and not (held.closed_on and held.closed_on < first):
            sums["carried_in"] += 1
        if held.opened_on <= last and not held.closed_by(last):
            sums["pending"] += 1
            sums["overdue"] += held.overdue(min(last, today), last)
    return sums, sorted(days for case in cases for day, days in case.took if first <= day <= last)


def _columns(sums: Counter[str], days: Sequence[int]) -> dict[str, int | float | None]:
    judged = sums["answered"] + sums["overdue"]
    told_ = {
        "on_time_share": _share(sums["answered"] - sums["answered_late"], judged),
        "rating_average": _share(sums["rating_sum"], sums["ratings"]),
        "resolved_share": _share(sums["resolved"], sums["ratings"]),
        "days_median": _within(days, 50),
        "days_p90": _within(days, 90),
        "days_p99": _within(days, 99),
    }
    return {column.code: told_.get(column.code, sums[column.code]) for column in COLUMNS}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _within(days: Iterable[int], percent: int) -> int | None:
    """The first number of days by which so many of a hundred had come."""
    all_ = list(days)
    return next((one for n, one in enumerate(all_, start=1) if n * 100 >= percent * len(all_)), None)

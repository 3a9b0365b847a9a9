"""Who is not answering, and is it getting worse: what a controller is told first, from the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.oversight.compliance_schemas import RowOut, SideOut

LATE_SHARE = 0.05
"""A body is late when more of what it answered, or should have, was not in time."""
WORSE_FOR = 2
"""So many weeks in a row of more overdue are told of."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`late` of the `judged`: bodies with enough cases to say so. `worst`: the code of the body in which what
    is overdue has grown the longest, `weeks` in a row; of equals the one with the most. `overdue`: cases at
    the end of the period, `at` so many bodies."""

    judged: int
    late: int
    overdue: int
    at: int
    worst: str | None
    weeks: int


def side(row: RowOut) -> SideOut:
    """A body with all under it."""
    return row.with_subtree or row.own


def is_late(row: RowOut) -> bool:
    share = side(row).figures["on_time_share"]
    return share.value is not None and not share.small and share.value < 1 - LATE_SHARE


def finding(rows: Sequence[RowOut], growing: Mapping[str, int]) -> Finding:
    """`rows`: bodies none of which is under another. `growing`: weeks in a row, by code."""
    judged = [row for row in rows if _judged(row)]
    overdue = {row.agency.code: side(row).figures["overdue"].value or 0 for row in rows}
    worse = [code for code in overdue if growing.get(code, 0) >= WORSE_FOR]
    worst = max(worse, key=lambda code: (growing[code], overdue[code]), default=None)
    late = sum(is_late(row) for row in judged)
    return Finding(
        judged=len(judged),
        late=late,
        overdue=int(sum(overdue.values())),
        at=sum(1 for cases in overdue.values() if cases),
        worst=worst,
        weeks=growing[worst] if worst else 0,
    )


def _judged(row: RowOut) -> bool:
    share = side(row).figures["on_time_share"]
    return share.value is not None and not share.small

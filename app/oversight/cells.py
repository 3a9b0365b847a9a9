"""The rollups: tables of cells, and what a set of deltas adds to them (docs/decisions/0008).

Whatever is not folded yet readers add (`TAIL`); rollups.py says how far that goes.
"""

from dataclasses import dataclass

from app.oversight.models import ROLLED

ABOUT = ("channel", "applicant_type", "kind", "topic", "region")
PLACE = ("opened_on", "day", "agency_id")
FLOWS = tuple(name for name in ROLLED if name != "overdue")

TAIL = "d.xid >= (SELECT below FROM folding)"
FOLDED = "d.xid < (SELECT below FROM folding)"

# What a delta says twice: what happened on its day, and on which day that makes something overdue, or no
# longer so (+1 on the day after its due day, -1 on the day that ends it: in time, both fall on one day).
_ENTRIES = """
SELECT d.agency_id, d.opened_on, d.day, {about}, d.working_days, {flows}, NULL::int AS overdue
FROM counter_delta d WHERE {which}
UNION ALL
SELECT d.agency_id, d.opened_on, greatest(d.day, d.due_on + 1), {about}, NULL, {nothing}, d.running
FROM counter_delta d WHERE d.running <> 0 AND {which}
"""
SLICES = """
CROSS JOIN LATERAL (VALUES ('type/' || applicant_type), ('channel/' || channel || '/' || applicant_type),
                           ('kind/' || kind), ('topic/' || topic), ('region/' || region)) AS s(slice)
"""


def _entries(which: str) -> str:
    return _ENTRIES.format(
        about=", ".join(f"d.{name}" for name in ABOUT),
        flows=", ".join(f"d.{name}::int" for name in FLOWS),
        nothing=", ".join("NULL" for _ in FLOWS),
        which=which,
    )


def month_of(column: str) -> str:
    """The first day of a day's month, in SQL."""
    return f"date_trunc('month', {column}::timestamp)::date"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of cells: its key as it is called there, and as it is computed from an entry."""

    table: str
    key: dict[str, str]
    figures: tuple[str, ...] = ROLLED
    sliced: bool = True
    only: str = "true"
    """Which entries it is about."""

    def cells(self, which: str) -> str:
        """The cells that the deltas of which `which` (SQL about `d`) is true add up to."""
        key = ", ".join(f"{computed} AS {name}" for name, computed in self.key.items())
        sums = ", ".join(f"sum({name}) AS {name}" for name in self.figures)
        something = " OR ".join(f"sum({name}) <> 0" for name in self.figures)
        places = ", ".join(str(n + 1) for n in range(len(self.key)))
        sliced = SLICES if self.sliced else ""
        return (
            f"SELECT {key}, {sums} FROM ({_entries(which)}) entry {sliced} WHERE {self.only} "
            f"GROUP BY {places} HAVING {something}"
        )

    def add(self, which: str) -> str:
        """Their sums to what is there, in the order of keys."""
        names = ", ".join((*self.key, *self.figures))
        added = ", ".join(
            f"{name} = nullif(coalesce(r.{name}, 0) + coalesce(excluded.{name}, 0), 0)"
            if len(self.figures) > 1
            else f"{name} = r.{name} + excluded.{name}"
            for name in self.figures
        )
        key = ", ".join(self.key)
        return (
            f"INSERT INTO {self.table} AS r ({names}) SELECT {names} FROM ({self.cells(which)}) cell "
            f"ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET {added}"
        )


def _place(opened_on: str, day: str) -> dict[str, str]:
    return {"opened_on": opened_on, "day": day, "agency_id": "agency_id"}


_MONTHS = _place(month_of("opened_on"), month_of("day"))
_WHOLE = {name: name for name in ABOUT}
MONTH = Rollup("rollup_month", {"slice": "slice"} | _MONTHS)
OPENED = Rollup("rollup_opened", {"slice": "slice"} | _place("opened_on", month_of("day")))
ACTED = Rollup("rollup_acted", {"slice": "slice"} | _place(month_of("opened_on"), "day"))
CUBE = Rollup("rollup_cube", _WHOLE | _MONTHS, sliced=False)
DUE = Rollup("rollup_due", _place("opened_on", "day") | _WHOLE, figures=("overdue",), sliced=False)
TOOK_MONTH = Rollup(
    "rollup_took_month",
    MONTH.key | {"working_days": "working_days"},
    figures=("answered",),
    only="working_days IS NOT NULL",
)
TOOK = Rollup(
    "rollup_took",
    ACTED.key | {"working_days": "working_days"},
    figures=("answered",),
    only="working_days IS NOT NULL",
)
ROLLUPS = (MONTH, OPENED, ACTED, CUBE, TOOK_MONTH, TOOK, DUE)

"""The rollups: tables of cells, and what a set of deltas adds to them (docs/decisions/0008).

Whatever is not folded yet readers add (`UNFOLDED`); rollups.py says how far that goes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.oversight.models import ROLLED

ABOUT = ("channel", "applicant_type", "kind", "topic", "region")
PLACE = ("opened_on", "day", "agency_id")
FLOWS = tuple(name for name in ROLLED if name != "overdue")

TAIL = "d.xid >= (SELECT below FROM folding)"
FOLDED = "d.xid < (SELECT below FROM folding)"
UNFOLDED = f"(SELECT * FROM counter_delta d WHERE {TAIL} OFFSET 0)"
"""The tail as a table, found by that and nothing else: a plan for any parameters takes the days that are
asked about for narrower, and reads every delta of the year."""

# What a delta says twice: what happened on its day, and on which day that makes something overdue, or no
# longer so (+1 on the day after its due day, -1 on the day that ends it: in time, both fall on one day).
_ENTRIES = """
SELECT d.agency_id, d.opened_on, d.day, {about}, d.working_days, {flows}, NULL::smallint AS overdue
FROM counter_delta d WHERE {which}
UNION ALL
SELECT d.agency_id, d.opened_on, greatest(d.day, d.due_on + 1), {about}, NULL, {nothing}, d.running
FROM counter_delta d WHERE d.running <> 0 AND {which}
"""
SLICES = """
CROSS JOIN LATERAL (VALUES ('type/' || applicant_type), ('channel/' || channel || '/' || applicant_type),
                           ('kind/' || kind), ('topic/' || topic), ('region/' || region)) AS s(slice)
"""
# The same slices as grouping sets, which is one reading in place of five rows for each; what is not in the
# set of a row is null there.
_SETS = (("applicant_type",), ("channel", "applicant_type"), ("kind",), ("topic",), ("region",))
_SLICE = """
coalesce('channel/' || channel || '/' || applicant_type, 'kind/' || kind, 'topic/' || topic,
         'region/' || region, 'type/' || applicant_type)
"""


def _entries(which: str) -> str:
    return _ENTRIES.format(
        about=", ".join(f"d.{name}" for name in ABOUT),
        flows=", ".join(f"d.{name}" for name in FLOWS),
        nothing=", ".join("NULL::smallint" for _ in FLOWS),
        which=which,
    )


def month_of(column: str) -> str:
    """The first day of a day's month, in SQL."""
    return f"date_trunc('month', {column}::timestamp)::date"


def year_of(column: str) -> str:
    """The first day of a day's year, in SQL."""
    return f"date_trunc('year', {column}::timestamp)::date"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of cells: its key beside the slice, as it is called there and as it is computed from an entry,
    or from a cell of the rollup `of`, whose cells its own are made of."""

    table: str
    key: dict[str, str]
    figures: tuple[str, ...] = ROLLED
    sliced: bool = True
    only: str = "true"
    """Which entries it is about."""
    of: "Rollup | None" = None
    opened_by: str = "month"
    """The finest span, month or year, whose openings have cells of their own."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the key."""
        return ("slice", *self.key) if self.sliced else tuple(self.key)

    def cells(self, which: str) -> str:
        """The cells that the deltas of which `which` (SQL about `d`) is true add up to."""
        key = ", ".join(f"{computed} AS {name}" for name, computed in self.key.items())
        read = f"SELECT {key}, {', '.join(self._beside)} FROM ({_entries(which)}) entry WHERE {self.only}"
        names = ", ".join(self.key)
        slice_ = f"{_SLICE} AS slice, " if self.sliced else ""
        sets = ", ".join(f"({names}, {', '.join(one)})" for one in _SETS)
        groups = f"GROUPING SETS ({sets})" if self.sliced else names
        return (
            f"SELECT {slice_}{names}, {self._sums} FROM ({read}) entry GROUP BY {groups} "
            f"HAVING {self._something}"
        )

    def summed(self, cells: str) -> str:
        """The same from those of `of`: the name of a table or query that has them."""
        key = ", ".join(f"{computed} AS {name}" for name, computed in self.key.items())
        places = ", ".join(str(n + 1) for n in range(len(self.names)))
        return f"SELECT slice, {key}, {self._sums} FROM {cells} d GROUP BY {places} HAVING {self._something}"

    @property
    def _beside(self) -> tuple[str, ...]:
        """What is read of an entry beside the key."""
        return (*(ABOUT if self.sliced else ()), *self.figures)

    @property
    def _sums(self) -> str:
        """Integers again, as in the table: to sum larger ones once more would take numeric."""
        return ", ".join(f"sum({name})::int AS {name}" for name in self.figures)

    @property
    def _something(self) -> str:
        return " OR ".join(f"sum({name}) <> 0" for name in self.figures)

    def put(self, cells: str) -> str:
        """These cells where there are none. `cells`: a table or query that has them."""
        names = ", ".join((*self.names, *self.figures))
        return f"INSERT INTO {self.table} AS r ({names}) SELECT {names} FROM {cells} cell"

    def add(self, cells: str) -> str:
        """Their figures to what is there, in the order of keys."""
        added = ", ".join(
            f"{name} = nullif(coalesce(r.{name}, 0) + coalesce(excluded.{name}, 0), 0)"
            if len(self.figures) > 1
            else f"{name} = r.{name} + excluded.{name}"
            for name in self.figures
        )
        key = ", ".join(self.names)
        return f"{self.put(cells)} ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET {added}"


def in_one(which: str, rollups: Iterable[Rollup], write: Callable[[Rollup, str], str]) -> str:
    """One statement that writes (`put` or `add`) what these deltas (SQL about `d`) say to the rollups; what
    is summed from finer cells is summed from theirs, which come before it."""
    steps: list[str] = []
    for rollup in rollups:
        cells = rollup.summed(f"{rollup.of.table}_cells") if rollup.of else rollup.cells(which)
        steps.append(f"{rollup.table}_cells AS MATERIALIZED ({cells})")
        steps.append(f"{rollup.table}_written AS ({write(rollup, f'{rollup.table}_cells')})")
    return f"WITH {', '.join(steps)} SELECT 1"


def _place(opened_on: str, day: str) -> dict[str, str]:
    return {"opened_on": opened_on, "day": day, "agency_id": "agency_id"}


_MONTHS = _place(month_of("opened_on"), month_of("day"))
_YEARS = _place(year_of("opened_on"), year_of("day"))
_DAYS = {"working_days": "working_days"}
OPENED = Rollup("rollup_opened", _place("opened_on", month_of("day")))
ACTED = Rollup("rollup_acted", _place(month_of("opened_on"), "day"))
MONTH = Rollup("rollup_month", _MONTHS, of=ACTED)
YEAR = Rollup("rollup_year", _YEARS, of=MONTH, opened_by="year")
CUBE = Rollup("rollup_cube", {name: name for name in ABOUT} | _MONTHS, sliced=False)
DUE = Rollup(
    "rollup_due",
    _place("opened_on", "day") | {name: name for name in ABOUT},
    figures=("overdue",),
    sliced=False,
)


def _took(table: str, key: dict[str, str], of: Rollup | None = None, opened_by: str = "month") -> Rollup:
    """How many answers took so many working days."""
    only = "working_days IS NOT NULL"
    return Rollup(table, key | _DAYS, ("answered",), only=only, of=of, opened_by=opened_by)


TOOK = _took("rollup_took", ACTED.key)
TOOK_MONTH = _took("rollup_took_month", _MONTHS, TOOK)
TOOK_YEAR = _took("rollup_took_year", _YEARS, TOOK_MONTH, "year")
ROLLUPS = (ACTED, MONTH, YEAR, OPENED, CUBE, TOOK, TOOK_MONTH, TOOK_YEAR, DUE)

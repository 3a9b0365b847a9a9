"""What totals.toml may say, checked entry by entry."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import Any

from pydantic import Field, ValidationError

from app.directory.files import DataError, Entry, NamedEntry, Slug
from app.oversight.stated.codes import Measure

FILE = "totals.toml"
REPEATED = "year_repeated"
DIFFER = "parts_differ"


class Part(NamedEntry):
    count: int = Field(ge=0)


class Stated(Entry):
    agency: Slug
    measure: Measure
    scope: str = Field("", pattern=r"^[a-z_]*$")
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    period: str = ""
    source: Slug
    total: int | None = Field(None, ge=0)
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def difference(self) -> int | None:
        """What the parts have more than the total; None where one of the two was not stated."""
        if self.total is None or not self.parts:
            return None
        return sum(part.count for part in self.parts) - self.total


def stated(text: str | None = None) -> list[dict[str, Any]]:
    """The rows of the table, checked. Raises DataError, naming the entry.

    An agency states a thing once for a period. One that names a year twice for the same thing does it by
    mistake: then the second entry says so in its notes, and by `period` what was written.
    """
    given = tomllib.loads(text if text is not None else files(__package__).joinpath(FILE).read_text("utf-8"))
    sources = {code: _checked(NamedEntry, names, code) for code, names in given.get("sources", {}).items()}
    entries = [_checked(Stated, entry, f"entry {n}") for n, entry in enumerate(given.get("stated", ()), 1)]
    for n, entry in enumerate(entries, 1):
        _whole(entry, sources, f"entry {n}")
    _once(entries)
    return [_row(entry, sources[entry.source]) for entry in entries]


def _checked(kind: type[Any], given: Any, where: str) -> Any:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(FILE, f"{where}: {place}: {first['msg']}") from error


def _whole(entry: Stated, sources: Mapping[str, NamedEntry], where: str) -> None:
    wrong = ""
    if entry.source not in sources:
        wrong = f"no source {entry.source!r}"
    elif entry.total is None and not entry.parts:
        wrong = "neither a total nor parts"
    elif (entry.first or date.max) > (entry.last or date.min) and (entry.first or entry.last):
        wrong = "a period has both ends, in order"
    elif bool(entry.difference) != (DIFFER in entry.notes):
        wrong = f"parts - total = {entry.difference}: the note {DIFFER!r} goes with a difference"
    if wrong:
        raise DataError(FILE, f"{where}: {wrong}")


def _once(entries: Sequence[Stated]) -> None:
    seen: set[tuple[object, ...]] = set()
    years: set[tuple[object, ...]] = set()
    for n, entry in enumerate(entries, 1):
        about = (entry.agency, entry.measure, entry.scope)
        if (*about, entry.first, entry.last) in seen:
            raise DataError(FILE, f"entry {n}: stated twice: {entry.agency} {entry.measure}")
        seen.add((*about, entry.first, entry.last))
        year = entry.period or (str(entry.first.year) if entry.first else "")
        if year and (*about, year) in years and REPEATED not in entry.notes:
            raise DataError(FILE, f"entry {n}: {year} a second time: {entry.agency} {entry.measure}")
        years.add((*about, year))


def _row(entry: Stated, source: NamedEntry) -> dict[str, Any]:
    names = {"kk", "ru", "en"}
    return {
        **entry.model_dump(include={"agency", "measure", "scope", "first", "last", "period", "total"}),
        "parts": [part.model_dump(include=names | {"count"}) for part in entry.parts],
        "notes": list(entry.notes),
        "source": source.model_dump(include=names),
    }

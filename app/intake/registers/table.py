"""A register as rows of text, whatever file it is; read row by row, so that memory stays flat."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.intake.registers import csv_table, xlsx_table
from app.intake.registers.flaws import Flaw, Unusable
from app.intake.registers.mapping import RegisterMapping
from app.intake.registers.raw import Raw

# Columns of a file of refused rows: they are no part of the register.
PLACE, REASON = "import:row", "import:reason"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ZIP = b"PK\x03\x04"


class Opened(Protocol):
    def records(self) -> Iterator[Raw]: ...
    def position(self) -> tuple[int, int]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A row. `place`: its number as a spreadsheet shows it. `flaw`: what makes its cells unusable."""

    place: int
    cells: list[str]
    flaw: Flaw | None = None


class Table:
    """`header`: without the columns that a file of refused rows has."""

    def __init__(self, opened: Opened, mapping: RegisterMapping) -> None:
        self._opened = opened
        self._records = opened.records()
        self.mapping = mapping
        self._names = self._read_header()
        self._ours = [n for n, name in enumerate(self._names) if name not in (PLACE, REASON)]
        self._all = len(self._ours) == len(self._names)
        self.header = [self._names[n] for n in self._ours]
        self._check_header()

    def position(self) -> tuple[int, int]:
        """How much of how much has been read."""
        return self._opened.position()

    def lines(self) -> Iterator[Line]:
        """Every row that is not empty. Raises Unusable where nothing more can be read."""
        for raw in self._records:
            if raw.flaw or any(raw.cells):
                yield self._line(raw)

    def _line(self, raw: Raw) -> Line:
        if raw.flaw:
            return Line(raw.place, raw.cells, raw.flaw)
        if len(raw.cells) != len(self._names):
            counted = {"found": len(raw.cells), "expected": len(self._names)}
            return Line(raw.place, self._without_ours(raw.cells), Flaw("ragged", "", counted))
        cells = raw.cells if self._all else [raw.cells[n] for n in self._ours]
        if cells == self.header or [cell.strip() for cell in cells] == self.header:
            return Line(raw.place, cells, Flaw("header_again"))
        for name, cell in zip(self.header, cells, strict=True):
            if not cell.isascii() and undecoded(cell):
                return Line(raw.place, cells, Flaw("undecoded", name, {"encoding": self.mapping.encoding}))
        return Line(raw.place, cells)

    def _without_ours(self, cells: list[str]) -> list[str]:
        """Where the columns of refused rows stand in front, as we write them."""
        ahead = len(self._names) - len(self._ours)
        return cells[ahead:] if self._names[:ahead] == [PLACE, REASON][:ahead] else cells

    def _read_header(self) -> list[str]:
        for raw in self._records:
            if raw.place <= self.mapping.skip or not (raw.flaw or any(raw.cells)):
                continue
            names = [cell.strip() for cell in raw.cells]
            if raw.flaw or any(undecoded(name) for name in names):
                raise Unusable("header_unreadable", encoding=self.mapping.encoding)
            return names
        raise Unusable("empty")

    def _check_header(self) -> None:
        wanted = self.mapping.columns()
        missing = [name for name in wanted if name not in self.header]
        if missing:
            shown = ", ".join(name for name in self.header[:40] if name)
            raise Unusable("columns_missing", missing=", ".join(missing), found=shown[:1000] or "—")
        for name in wanted:
            if self.header.count(name) > 1:
                raise Unusable("column_twice", column=name)


@contextmanager
def open_table(path: Path, mapping: RegisterMapping) -> Iterator[Table]:
    """The file says itself whether it is XLSX. Raises Unusable."""
    try:
        with path.open("rb") as source:
            begins = source.read(len(_ZIP))
    except OSError as error:
        raise Unusable("unreadable", problem=str(error)) from error
    opener = xlsx_table.opened if begins == _ZIP else csv_table.opened
    with opener(path, mapping) as found:
        yield Table(found, mapping)


def undecoded(text: str) -> bool:
    """Whether bytes stand in it that were not in the encoding (they are kept as lone surrogates)."""
    return _SURROGATE.search(text) is not None


def numbered(cells: Sequence[str], header: Sequence[str]) -> list[tuple[str, str]]:
    """What is filled in, with the names of the columns."""
    return [(name, cell) for name, cell in zip(header, cells, strict=True) if cell]

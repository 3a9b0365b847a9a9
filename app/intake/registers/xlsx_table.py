"""XLSX, read row by row. The archive is looked through first: one that would unpack to far more than it is,
or whose rows have no end, is refused before anything of it is taken for a table."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException

from app.intake.registers.flaws import Unusable
from app.intake.registers.mapping import RegisterMapping
from app.intake.registers.raw import Raw

MEGABYTE = 1 << 20
MOST_ROWS, MOST_COLUMNS = 1_048_576, 500
# Of what is unpacked: sheets are streamed, everything else is held in memory.
LARGEST_SHEET, LARGEST_OTHER, LARGEST_ROW = 2048 * MEGABYTE, 64 * MEGABYTE, 8 * MEGABYTE
SHRUNK_AT_MOST, UNSUSPECTED = 150, 16 * MEGABYTE
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_MEDIA = re.compile(r"xl/(media|drawings|charts|embeddings|printerSettings)/", re.IGNORECASE)
_END_OF_ROW = re.compile(rb"</(?:[\w.-]+:)?row\s*>|<(?:[\w.-]+:)?row\b[^<>]*/>")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    OverflowError,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
)


class XlsxTable:
    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._place = 0

    def position(self) -> tuple[int, int]:
        """Rows; how many there are the file may not say."""
        total = min(self._sheet.max_row or 0, MOST_ROWS)
        return (min(self._place, total), total) if total else (0, 1)

    def records(self) -> Iterator[Raw]:
        width = 0
        try:
            for values in self._sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
                self._place += 1
                if self._place > MOST_ROWS:
                    raise Unusable("too_many_rows", most=MOST_ROWS)
                cells = _filled(values)
                width = width or len(cells)
                # Empty cells at the end of a row are often not in the file.
                yield Raw(self._place, cells + [""] * (width - len(cells)) if cells else cells)
        except _BROKEN as error:
            raise Unusable("xlsx_broken", problem=_first_line(error)) from error


def _filled(values: Iterable[Any]) -> list[str]:
    """As text, up to the last cell that is filled in."""
    cells = [shown(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def shown(value: Any) -> str:
    """A cell as text; days and moments as ISO 8601 has them, to the second."""
    match value:
        case None:
            return ""
        case str():
            return value
        case datetime():
            whole = (value + timedelta(milliseconds=500)).replace(microsecond=0)
            return whole.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


@contextmanager
def opened(path: Path, mapping: RegisterMapping) -> Iterator[XlsxTable]:
    with path.open("rb") as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and the like, which nobody asks for
        try:
            _look_through(source)
            book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
        except _BROKEN as error:
            raise Unusable("xlsx_broken", problem=_first_line(error)) from error
        try:
            yield XlsxTable(_sheet(book, mapping))
        finally:
            book.close()


def _sheet(book: Any, mapping: RegisterMapping) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if mapping.sheet is None and names:
        return book.worksheets[0]
    if mapping.sheet not in names:
        raise Unusable("sheet_missing", sheet=mapping.sheet or "—", found=", ".join(names) or "—")
    return book[mapping.sheet]


def _look_through(source: BinaryIO) -> None:
    """Raises Unusable for an archive that is not what it seems. What an archive says of a member's size is
    what is read of it at most."""
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            if _MEDIA.match(member.filename):
                continue  # never opened
            sheet = _SHEET.fullmatch(member.filename)
            shrunk = member.file_size / max(1, member.compress_size)
            too_large = member.file_size > (LARGEST_SHEET if sheet else LARGEST_OTHER)
            if too_large or (member.file_size > UNSUSPECTED and shrunk > SHRUNK_AT_MOST):
                raise Unusable("zip_bomb", size=member.file_size // MEGABYTE)
            if sheet:
                _rows_end(archive, member)


def _rows_end(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """A row is read as a whole: no piece of LARGEST_ROW may be without the end of one."""
    since = 0
    with archive.open(member) as source:
        while piece := source.read(MEGABYTE):
            ends = [found.end() for found in _END_OF_ROW.finditer(piece)]
            since = len(piece) - ends[-1] if ends else since + len(piece)
            if since > LARGEST_ROW:
                raise Unusable("zip_bomb", size=member.file_size // MEGABYTE)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__} {str(error)[:200]}".partition("\n")[0].strip()

"""CSV, read line by line. Neither a line nor a record without end can fill the memory."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.intake.registers.flaws import Flaw, Unusable
from app.intake.registers.mapping import RegisterMapping
from app.intake.registers.raw import Raw

LONGEST_RECORD = 1_000_000


class _Lines:
    """The lines of a text, none of them nor any record longer than LONGEST_RECORD."""

    def __init__(self, source: io.TextIOWrapper) -> None:
        self._source = source
        self.record: list[str] = []
        """The lines of the record that is being read."""
        self.place = 0
        """Of the record that is being read."""
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._source.readline(LONGEST_RECORD)
        if not line:
            raise StopIteration
        self._length += len(line)
        if self._length >= LONGEST_RECORD:
            raise Unusable("record_too_long", row=self.place)
        self.record.append(line)
        return line

    def next_record(self) -> None:
        self.place += 1
        self._length = 0
        self.record.clear()


class CsvTable:
    def __init__(self, binary: BinaryIO, size: int, mapping: RegisterMapping) -> None:
        self._binary, self._size = binary, size
        self._delimiter = mapping.delimiter
        self._encoding = mapping.encoding
        # Files of refused rows are written so; spreadsheets do it, too.
        bom = binary.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        binary.seek(0)
        self._text = io.TextIOWrapper(
            binary, encoding="utf-8-sig" if bom else mapping.encoding, errors="surrogateescape", newline=""
        )

    def position(self) -> tuple[int, int]:
        return min(self._binary.tell(), self._size), self._size

    def records(self) -> Iterator[Raw]:
        """A record that cannot be read is one with a flaw; where no end of one is found, Unusable."""
        lines = _Lines(self._text)
        csv.field_size_limit(LONGEST_RECORD)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            lines.next_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise Unusable("quote_open", row=lines.place) from error
                yield Raw(lines.place, ["".join(lines.record)], Flaw("not_csv"))
            except UnicodeError as error:
                raise Unusable("not_decodable", row=lines.place, encoding=self._encoding) from error
            else:
                yield Raw(lines.place, cells)


@contextmanager
def opened(path: Path, mapping: RegisterMapping) -> Iterator[CsvTable]:
    with path.open("rb") as binary:
        yield CsvTable(binary, path.stat().st_size, mapping)

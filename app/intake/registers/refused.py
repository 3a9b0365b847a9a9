"""The file of refused rows: each as it was, with its number and why, to be mended and fed again."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from app.intake.registers.table import PLACE, REASON, Line


class RefusedRows:
    """In UTF-8 with a byte order mark, which is read whatever the mapping says of encodings. It takes its
    name when it is complete; without a refused row there is none."""

    def __init__(self, path: Path, header: Sequence[str], delimiter: str) -> None:
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._header, self._delimiter = header, delimiter
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()
            os.replace(self._part, self.path)

    def add(self, line: Line, reasons: Sequence[str]) -> None:
        if self._file is None:
            self._file = self._part.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="")
            self._write([PLACE, REASON, *self._header])
        self._write([str(line.place), " ".join(reasons), *line.cells])

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file
        csv.writer(self._file, delimiter=self._delimiter).writerow(cells)

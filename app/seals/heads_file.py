"""The heads outside the database too: a file that is only ever added to, one head a line.

It is written after the commit: what a crash left out is added at the next round. Who changes the database
changes not this file, nor the copies that others keep of it.
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from app.appeals.history import canonical
from app.seals.heads import Head, NotAHead
from app.settings import Settings

# Longer than any line; more is read only of what a crash left without a line's end.
_TAIL = 4_096


@dataclass(frozen=True, slots=True)
class Signed:
    """A head and its signature, as a line of the file."""

    head: str
    signature: bytes

    @property
    def number(self) -> int:
        return Head.read(self.head).number

    def line(self) -> str:
        return canonical({"head": self.head, "signature": b64encode(self.signature).decode()}).decode()

    @classmethod
    def read(cls, line: str) -> Self:
        """Raises NotAHead."""
        try:
            told = json.loads(line)
            found = cls(str(told["head"]), b64decode(told["signature"], validate=True))
        except (ValueError, TypeError, LookupError, RecursionError):
            raise NotAHead from None
        Head.read(found.head)
        return found


class HeadsFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.seals_file or settings.data_dir / "seals" / "heads.jsonl")

    def last(self) -> Signed | None:
        """The newest whole line. Raises NotAHead when it is none of ours."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            return _last(file)

    def append(self, new: Sequence[Signed]) -> None:
        """Add these and wait for the disk; whatever of the first is there already is not added again. A line
        that a crash or a full disk broke off is taken away. Raises OSError; a part may be there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked() as file:
            last = _last(file)
            done = last.number if last else 0
            lines = [one.line() + "\n" for one in new if one.number > done]
            file.seek(0, os.SEEK_END)
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[tuple[int, Signed | None]]:
        """Every line with its place, from 1 on; None for one that is no head."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for place, line in enumerate(file, start=1):
                try:
                    yield place, Signed.read(line)
                except NotAHead:
                    yield place, None

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            kept = _whole(file)
            if kept < file.seek(0, os.SEEK_END):
                file.truncate(kept)
            yield file


def _whole(file: IO[bytes]) -> int:
    """How many bytes the whole lines are. A machine that stopped may leave more than a line of nothing."""
    end = file.seek(0, os.SEEK_END)
    while end:
        begin = max(0, end - _TAIL)
        file.seek(begin)
        if (found := file.read(end - begin).rfind(b"\n")) >= 0:
            return begin + found + 1
        end = begin
    return 0


def _last(file: IO[bytes]) -> Signed | None:
    size = _whole(file)
    if not size:
        return None
    begin = max(0, size - _TAIL)
    file.seek(begin)
    line = file.read(size - begin - 1).rpartition(b"\n")[2]
    return Signed.read(line.decode(errors="replace"))

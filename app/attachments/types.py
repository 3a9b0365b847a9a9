"""What may be attached, and whether a file is that: by its content first, then by its name.

A file is looked at as it passes: its beginning and its end are kept, a package (docx, xlsx, odt) is judged by
its table of contents, and nothing is ever unpacked.
"""

import io
import re
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "types.toml"
HEAD, TAIL = 4_096, 262_144
# Of a package: so much, were it unpacked, so much more than it is now, and so many members.
LARGEST_UNPACKED, GREATEST_RATIO, MOST_MEMBERS = 500 * 1_048_576, 200, 2_000

_NOT_TEXT = bytes(set(range(32)) - {9, 10, 12, 13}) + b"\x7f"
# What a browser could take for a page: near the beginning of what is not text, and where text begins.
_HOLDS_PAGE = re.compile(rb"<(?:!doctype\s+html|html|script|svg|iframe|\?php)[\s>]", re.IGNORECASE)
_IS_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[!?a-z%]|#!|MZ)", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"


class WrongType(Exception):
    """It is none of the types; `code` says in what way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class FileType:
    """`signatures`: alternatives, each of (place, bytes) that must all fit. `inside`: see types.toml."""

    media: str
    extensions: tuple[str, ...]
    signatures: tuple[tuple[tuple[int, bytes], ...], ...] = ()
    inside: str = ""
    text: bool = False

    def begins(self, head: bytes) -> bool:
        return any(
            all(head[at : at + len(sign)] == sign for at, sign in signature) for signature in self.signatures
        )


@cache
def allowed() -> Sequence[FileType]:
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["type"]
    return tuple(_type(row) for row in rows)


def _type(row: dict[str, Any]) -> FileType:
    def sign(part: dict[str, Any]) -> tuple[int, bytes]:
        return part["at"], bytes.fromhex(part["hex"]) if "hex" in part else part["text"].encode("latin-1")

    return FileType(
        media=row["media"],
        extensions=tuple(row["extensions"]),
        signatures=tuple(tuple(map(sign, one)) for one in row.get("signatures", ())),
        inside=row.get("inside", ""),
        text=row.get("text", False),
    )


def extensions() -> list[str]:
    """All that are allowed, as people name them."""
    return [extension for type_ in allowed() for extension in type_.extensions]


class Inspector:
    """Sees a file pass by, holds a little of it, and says at the end what it is."""

    def __init__(self) -> None:
        self.size = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._text = True

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self._head += data[: HEAD - len(self._head)]
        self._tail += data
        del self._tail[:-TAIL]
        self._text = self._text and len(data.translate(None, _NOT_TEXT)) == len(data)

    def judge(self, name: str, declared: str = "") -> FileType:
        """`declared`: a media type that decides where neither the content nor the name does.

        Raises WrongType: `empty`, `type` (none that is allowed), `extension` (the name says another),
        `package` (too much in it, or not in order), `two_types` (it is another file as well)."""
        if not self.size:
            raise WrongType("empty")
        kinds = [type_ for type_ in allowed() if self._is(type_)]
        if not kinds:
            raise WrongType("type")
        named = _named(kinds, name, declared)
        if any(type_.inside for type_ in kinds):
            named = self._package(kinds, named)
        elif kinds[0].text and _IS_PAGE.match(self._head):
            raise WrongType("type")
        elif self._is_also_package() or (not kinds[0].text and _HOLDS_PAGE.search(self._head)):
            raise WrongType("two_types")
        if not named:
            raise WrongType("extension")
        return named[0]

    def _is(self, type_: FileType) -> bool:
        return self._text if type_.text else type_.begins(bytes(self._head))

    def _package(self, kinds: Iterable[FileType], named: Iterable[FileType]) -> list[FileType]:
        members = self._members()
        found = [type_ for type_ in kinds if type_.inside in members]
        if not found:
            raise WrongType("type")
        return [type_ for type_ in found if type_ in named]

    def _members(self) -> set[str]:
        """The names in the table of contents. A file that lies about its sizes harms nobody here: what is
        said is compared, and nothing is unpacked."""
        try:
            with zipfile.ZipFile(_Ending(bytes(self._tail), self.size)) as package:
                listed = package.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
            raise WrongType("package") from None
        unpacked = sum(member.file_size for member in listed)
        if len(listed) > MOST_MEMBERS or unpacked > LARGEST_UNPACKED or unpacked > GREATEST_RATIO * self.size:
            raise WrongType("package")
        if any(_runs(member.filename) for member in listed):
            raise WrongType("package")
        return {member.filename for member in listed}

    def _is_also_package(self) -> bool:
        """A table of contents at the end makes any file an archive for those who look there first."""
        found = self._tail.rfind(_ZIP_END)
        if found < 0 or len(self._tail) - found < 22:
            return False
        comment = int.from_bytes(self._tail[found + 20 : found + 22], "little")
        return len(self._tail) - found - 22 <= comment + 1_024


def _named(kinds: Sequence[FileType], name: str, declared: str) -> list[FileType]:
    ending = ending_of(name)
    if ending:
        return [type_ for type_ in kinds if ending in type_.extensions]
    return sorted(kinds, key=lambda type_: type_.media != declared)


def ending_of(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def _runs(name: str) -> bool:
    """A program in a document: macros, or what a system would start."""
    return name.lower().endswith((".bin.exe", ".exe", ".dll", ".js", ".vbs", ".jar", "vbaproject.bin"))


class _Ending(io.RawIOBase):
    """A file of which only the end is at hand; that is where a package keeps its table of contents."""

    def __init__(self, tail: bytes, size: int) -> None:
        self._tail, self._size, self._at = tail, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        begin = self._at - (self._size - len(self._tail))
        if begin < 0:
            raise OSError("not at hand")
        found = self._tail[begin : begin + end - self._at]
        self._at = max(self._at, end)
        return found

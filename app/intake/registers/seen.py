"""Which numbers a file has had already, kept in a temporary file of SQLite's so that memory stays flat."""

import hashlib
import sqlite3
from types import TracebackType
from typing import Self


class Seen:
    def __enter__(self) -> Self:
        self._kept = sqlite3.connect("", isolation_level=None)  # a file that nobody else sees
        for statement in (
            "PRAGMA journal_mode = OFF",
            "CREATE TABLE seen (number BLOB PRIMARY KEY, place INTEGER) WITHOUT ROWID",
            "BEGIN",
        ):
            self._kept.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def before(self, number: str, place: int) -> int | None:
        """The row that had this number first, if it is another one."""
        digest = hashlib.blake2b(number.encode("utf-8", "surrogateescape"), digest_size=12).digest()
        if self._kept.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, place)).rowcount:
            return None
        found = self._kept.execute("SELECT place FROM seen WHERE number = ?", (digest,)).fetchone()
        return int(found[0])

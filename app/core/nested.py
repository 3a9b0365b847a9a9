"""Rows within a row: what a page shows of several tables comes by one statement, in one round trip.

Each value keeps its type, where JSON would make text of days, moments and bytes. What lies in a nested row
has no names on the way; they are those of the statement's columns, and given back here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

Row = Mapping[str, Any] | asyncpg.Record
"""However it came."""

_INNERMOST = re.compile(r"\([^()]*\)")
_COLUMNS = re.compile(r"\s*SELECT\s+(.*?)\s+FROM\s", re.DOTALL)


class Nested:
    """A SELECT whose rows come as one column of another statement; both share their `$n`. No column of it may
    be an array, which the driver does not read within a row."""

    def __init__(self, statement: str) -> None:
        self.statement = statement
        self._names = _named(statement)

    def __str__(self) -> str:
        """As it stands among the other statement's columns."""
        return f"ARRAY(SELECT ROW(nested.*) FROM ({self.statement}) nested)"

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """The rows of the column, by the names of their columns."""
        return [dict(zip(self._names, row, strict=True)) for row in found]


def _named(statement: str) -> tuple[str, ...]:
    """Of each column its alias, or its own name."""
    flat = statement
    while _INNERMOST.search(flat):
        flat = _INNERMOST.sub("", flat)
    columns = _COLUMNS.match(flat)
    assert columns is not None
    return tuple(re.split(r"[\s.]", column.strip())[-1] for column in columns[1].split(","))

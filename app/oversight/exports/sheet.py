"""A sheet: what a question's answer is before it is written as a file."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from app.core.i18n import Language, t
from app.oversight.columns import BY_CODE, Unit

Value: TypeAlias = str | int | float | bool | date | datetime | None
Row: TypeAlias = Sequence[Value]
Rows: TypeAlias = AsyncGenerator[Sequence[Row], None]


class Kind(StrEnum):
    """What a column's values are. Moments have a zone, shares are 0 to 1, codes have words for people."""

    TEXT = "text"
    CODE = "code"
    LINK = "link"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    DECIMAL = "decimal"
    SHARE = "share"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Column:
    """`key`: stable, the head of a CSV. `words`: of a code, what XLSX writes for it."""

    key: str
    kind: Kind
    title: str
    means: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name`: of the file, without its ending. `asked`: the question in words, as what and which.
    `rows`: in portions, once; the generator of a long list reads in a session of its own."""

    name: str
    title: str
    asked: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    rows: Rows
    notes: Sequence[str] = ()


async def at_once(rows: Sequence[Row]) -> Rows:
    """The rows of a table that is there as a whole."""
    yield rows


def column(
    key: str, kind: Kind, lang: Language, words: Mapping[str, str] | None = None, said: str = ""
) -> Column:
    """A column by its sentences `export.<key>` and `export.<key>.means`. `said`: another key of sentences."""
    said = said or key
    return Column(key, kind, t(f"export.{said}", lang), t(f"export.{said}.means", lang), words or {})


_KINDS = {
    Unit.CASES: Kind.NUMBER,
    Unit.WORKING_DAYS: Kind.NUMBER,
    Unit.SHARE: Kind.SHARE,
    Unit.SCORE: Kind.DECIMAL,
}


def figure(code: str, lang: Language, beside: str = "") -> Column:
    """The column of a figure; `beside`: `before` or `year`, what it is compared with."""
    one = BY_CODE[code]
    if not beside:
        return Column(code, _KINDS[one.unit], one.title(lang), one.meaning(lang))
    title = t(f"export.beside.{beside}", lang, figure=one.title(lang))
    return Column(f"{code}_{beside}", _KINDS[one.unit], title, one.meaning(lang))

"""The figures of compliance, one row each: what every way out (JSON, pages, docs) takes them from.

`figure.<code>` in the catalogue is the title, `figure.<code>.means` what it means, in three languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import Language, t


class Unit(StrEnum):
    CASES = "cases"
    SHARE = "share"
    """0 to 1; null of nothing."""
    WORKING_DAYS = "working_days"
    SCORE = "score"
    """An average of scores of 1 to 5."""


@dataclass(frozen=True, slots=True)
class Column:
    """`lists`: the figure whose cases are behind it, which `cases?figure=` takes. `of`: for what is no
    count, the figure whose number says how much it is worth."""

    code: str
    unit: Unit = Unit.CASES
    lists: str = ""
    of: str = ""

    @property
    def cases(self) -> str:
        return self.lists or self.code

    def title(self, language: Language) -> str:
        return t(f"figure.{self.code}", language)

    def meaning(self, language: Language) -> str:
        return t(f"figure.{self.code}.means", language)


COLUMNS: tuple[Column, ...] = (
    Column("carried_in"),
    Column("received"),
    Column("forwarded_in"),
    Column("reopened"),
    Column("answered"),
    Column("answered_late"),
    Column("answered_last_day"),
    Column("on_time_share", Unit.SHARE, lists="judged", of="judged"),
    Column("days_median", Unit.WORKING_DAYS, lists="answered", of="answered"),
    Column("days_p90", Unit.WORKING_DAYS, lists="answered", of="answered"),
    Column("days_p99", Unit.WORKING_DAYS, lists="answered", of="answered"),
    Column("satisfied"),
    Column("partly_satisfied"),
    Column("refused"),
    Column("explained"),
    Column("taken_note"),
    Column("decided"),
    Column("forwarded_out"),
    Column("forwarded_late"),
    Column("chained"),
    Column("closed_otherwise"),
    Column("closed_late"),
    Column("pending"),
    Column("overdue"),
    Column("extended"),
    Column("suspended"),
    Column("corrections"),
    Column("repeated"),
    Column("complaints"),
    Column("complaints_upheld"),
    Column("ratings"),
    Column("rating_average", Unit.SCORE, lists="ratings", of="ratings"),
    Column("resolved"),
    Column("resolved_share", Unit.SHARE, lists="ratings", of="ratings"),
)
BY_CODE: Mapping[str, Column] = {column.code: column for column in COLUMNS}
COUNTS = tuple(column.code for column in COLUMNS if column.unit is Unit.CASES)
LISTED = frozenset(column.cases for column in COLUMNS)
"""The figures whose cases can be listed."""

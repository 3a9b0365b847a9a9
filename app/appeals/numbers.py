"""Registration numbers: `JT-2026-00000123` for individuals, `ZT-...` for legal entities; pure.

People see ЖТ-/ЗТ- and type either script. An appeal's id is its year and serial, `202600000123`: both series
share the serials of a year. A part of a split appeal is `JT-2026-00000123.2`; part 0 is the whole. A serial
from 90000000 on is the sandbox's: such a number is a test, wherever it is met.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.appeals.codes import ApplicantType

FIRST_YEAR: Final = 2007
LAST_YEAR: Final = 2060
SERIALS: Final = 10**8
SANDBOX_FROM: Final = 90_000_000
MAX_PART: Final = 999


class Series(StrEnum):
    INDIVIDUAL = "JT"
    LEGAL_ENTITY = "ZT"


class NumberError(ValueError):
    """What was given is not a registration number."""


_SERIES_OF = {
    ApplicantType.INDIVIDUAL: Series.INDIVIDUAL,
    ApplicantType.LEGAL_ENTITY: Series.LEGAL_ENTITY,
}
_DISPLAYED = {Series.INDIVIDUAL: "ЖТ", Series.LEGAL_ENTITY: "ЗТ"}
_LATIN = str.maketrans("ЖЗТ", "JZT")
# Hyphens and dashes that keyboards, telephones and word processors put there.
_DASH = "[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
_NUMBER = re.compile(rf"([JZЖЗ][TТ]){_DASH}([0-9]{{4}}){_DASH}([0-9]{{8}})(?:\.([1-9][0-9]{{0,2}}))?")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Number:
    """Raises NumberError for a year outside 2007-2060, a serial of more than 8 digits or a part over 999."""

    series: Series
    year: int
    serial: int
    part: int = 0

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise NumberError(f"no numbers are given in {self.year}")
        if not 1 <= self.serial < SERIALS:
            raise NumberError(f"{self.serial} is not a serial")
        if not 0 <= self.part <= MAX_PART:
            raise NumberError(f"{self.part} is not a part")

    @classmethod
    def of(cls, appeal_id: int, applicant_type: ApplicantType, part: int = 0) -> "Number":
        year, serial = divmod(appeal_id, SERIALS)
        return cls(_SERIES_OF[applicant_type], year, serial, part)

    @property
    def appeal_id(self) -> int:
        return self.year * SERIALS + self.serial

    @property
    def sandbox(self) -> bool:
        return is_sandbox(self.appeal_id)

    @property
    def applicant_type(self) -> ApplicantType:
        return ApplicantType.INDIVIDUAL if self.series is Series.INDIVIDUAL else ApplicantType.LEGAL_ENTITY

    def format(self) -> str:
        """The form of the API: `JT-2026-00000123`, `JT-2026-00000123.2`."""
        return self._with(self.series.value)

    def display(self) -> str:
        """The form that people read: `ЖТ-2026-00000123`."""
        return self._with(_DISPLAYED[self.series])

    def _with(self, series: str) -> str:
        whole = f"{series}-{self.year:04}-{self.serial:08}"
        return f"{whole}.{self.part}" if self.part else whole


def is_sandbox(appeal_id: int) -> bool:
    """Whether an appeal is an integrator's test."""
    return appeal_id % SERIALS >= SANDBOX_FROM


def format_number(appeal_id: int, applicant_type: ApplicantType, part: int = 0) -> str:
    return Number.of(appeal_id, applicant_type, part).format()


def parse(text: str) -> Number:
    """Either script, any case, any dash, spaces around. Raises NumberError for anything else."""
    found = _NUMBER.fullmatch(text.strip().upper()) if len(text) <= _LONGEST else None
    if found is None:
        raise NumberError("not a registration number")
    series, year, serial, part = found.groups()
    return Number(Series(series.translate(_LATIN)), int(year), int(serial), int(part or 0))

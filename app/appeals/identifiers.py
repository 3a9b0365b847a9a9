"""IIN and BIN, the twelve digits of a person and of a legal entity; pure.

A good check digit is no proof of identity: one transposition in several is not caught.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Flaw(StrEnum):
    """Why a number cannot be right; codes of field errors."""

    NOT_DIGITS = "identifier_not_digits"
    LENGTH = "identifier_length"
    NOT_ISSUED = "identifier_not_issued"
    CHECK_DIGIT = "identifier_check_digit"
    DATE = "identifier_date"
    CENTURY = "identifier_century"
    ENTITY_TYPE = "identifier_entity_type"
    ENTITY_PART = "identifier_entity_part"


class IdentifierError(ValueError):
    def __init__(self, code: Flaw) -> None:
        super().__init__(code.value)
        self.code = code


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class Iin:
    """Under `foreign` (seventh digit 0, no century) `born` and `sex` are None; that scheme is unconfirmed."""

    digits: str
    born: date | None
    sex: Sex | None
    foreign: bool


class EntityType(StrEnum):
    RESIDENT = "4"
    NON_RESIDENT = "5"
    JOINT_ENTERPRISE = "6"


class EntityPart(StrEnum):
    HEAD = "0"
    BRANCH = "1"
    REPRESENTATIVE = "2"
    FARM = "3"


@dataclass(frozen=True, slots=True)
class Bin:
    """`registered`: year within its century, and month."""

    digits: str
    registered: tuple[int, int]
    type: EntityType
    part: EntityPart


_FIRST_PASS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_PASS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_DIGITS = re.compile(r"[0-9]*")
_CENTURIES = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}


def check_digit(base: str) -> int | None:
    """The twelfth digit for eleven; None when no number is issued with this base."""
    digits = [int(digit) for digit in base]
    for weights in (_FIRST_PASS, _SECOND_PASS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if remainder < 10:
            return remainder
    return None


def check_iin(text: str) -> Iin:
    """Raises IdentifierError; its code says what is wrong."""
    _check_shape(text)
    year, month, day, century = int(text[:2]), int(text[2:4]), int(text[4:6]), text[6]
    if century == "0":
        _date(2000 + year, month, day)
        return Iin(text, None, None, foreign=True)
    if century not in _CENTURIES:
        raise IdentifierError(Flaw.CENTURY)
    born = _date(_CENTURIES[century] + year, month, day)
    return Iin(text, born, Sex.MALE if century in "135" else Sex.FEMALE, foreign=False)


def check_bin(text: str) -> Bin:
    """Raises IdentifierError; its code says what is wrong."""
    _check_shape(text)
    year, month = int(text[:2]), int(text[2:4])
    if not 1 <= month <= 12:
        raise IdentifierError(Flaw.DATE)
    if text[4] not in set(EntityType):
        raise IdentifierError(Flaw.ENTITY_TYPE)
    if text[5] not in set(EntityPart):
        raise IdentifierError(Flaw.ENTITY_PART)
    return Bin(text, (year, month), EntityType(text[4]), EntityPart(text[5]))


def _check_shape(text: str) -> None:
    """Twelve ASCII digits (other scripts have digits too) of which the last agrees with the rest."""
    if not _DIGITS.fullmatch(text):
        raise IdentifierError(Flaw.NOT_DIGITS)
    if len(text) != 12:
        raise IdentifierError(Flaw.LENGTH)
    expected = check_digit(text[:11])
    if expected is None:
        raise IdentifierError(Flaw.NOT_ISSUED)
    if int(text[11]) != expected:
        raise IdentifierError(Flaw.CHECK_DIGIT)


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise IdentifierError(Flaw.DATE) from None


def phone_digits(phone: str | None) -> str | None:
    """A phone number as it is searched: digits only, the leading 8 of a local call read as 7."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    return f"7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" else digits or None

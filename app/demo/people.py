"""Invented people and firms, with identifiers that pass the check and belong to nobody."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from app.appeals.codes import ApplicantType
from app.appeals.identifiers import EntityPart, EntityType, Sex, check_digit
from app.intake.submission import Person

_CENTURY_DIGITS = {
    (18, Sex.MALE): "1",
    (18, Sex.FEMALE): "2",
    (19, Sex.MALE): "3",
    (19, Sex.FEMALE): "4",
    (20, Sex.MALE): "5",
    (20, Sex.FEMALE): "6",
}
_BORN = date(1945, 1, 1), date(2002, 12, 31)
_REGISTERED = date(1998, 1, 1), date(2020, 12, 31)


def make_iin(birth: date, sex: Sex, serial: int) -> str:
    """The IIN of the first serial (0-9999) from `serial` on for which one is issued."""
    stem = f"{birth:%y%m%d}{_CENTURY_DIGITS[birth.year // 100, sex]}"
    return _closed(stem, serial, width=4)


def make_bin(
    registered: date,
    serial: int,
    entity_type: EntityType = EntityType.RESIDENT,
    part: EntityPart = EntityPart.HEAD,
) -> str:
    """The BIN of the first serial (0-99999) from `serial` on for which one is issued."""
    return _closed(f"{registered:%y%m}{entity_type.value}{part.value}", serial, width=5)


def _closed(stem: str, serial: int, width: int) -> str:
    while True:
        base = f"{stem}{serial % 10**width:0{width}}"
        digit = check_digit(base)
        if digit is not None:
            return f"{base}{digit}"
        serial += 1


def make_person(rng: Random, words: Mapping[str, Any]) -> Person:
    """`words`: the names and places of one language, from texts/common.toml."""
    sex = rng.choice(list(Sex))
    surname = rng.choice(words["surnames"]) + ("а" if sex is Sex.FEMALE else "")
    patronymic = words["patronymic"][sex.value].format(father=rng.choice(words["fathers"]))
    number = rng.randrange(10**6)
    return Person(
        type=ApplicantType.INDIVIDUAL,
        name=f"{surname} {rng.choice(words[sex.value])} {patronymic}",
        iin=make_iin(_day(rng, *_BORN), sex, rng.randint(9000, 9999)),
        address=_address(rng, words),
        phone=_phone(number),
        email=f"applicant{number}@post.example",
    )


def make_company(rng: Random, words: Mapping[str, Any]) -> Person:
    number = rng.randrange(10**6)
    return Person(
        type=ApplicantType.LEGAL_ENTITY,
        name=words["entity"].format(name=f"{rng.choice(words['firms'])} {number % 1000 + 1}"),
        bin=make_bin(_day(rng, *_REGISTERED), rng.randint(99000, 99999)),
        address=_address(rng, words),
        phone=_phone(number),
        email=f"office{number}@firm.example",
    )


def _day(rng: Random, first: date, last: date) -> date:
    return date.fromordinal(rng.randint(first.toordinal(), last.toordinal()))


def _address(rng: Random, words: Mapping[str, Any]) -> str:
    address: str = words["address"].format(
        village=rng.choice(words["villages"]), street=rng.choice(words["streets"]), house=rng.randint(1, 120)
    )
    return address


def _phone(number: int) -> str:
    """All in one block that begins with 000."""
    return f"+7 700 000 {number // 100 % 100:02} {number % 100:02}"

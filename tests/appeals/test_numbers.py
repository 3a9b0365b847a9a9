"""Registration numbers: how people type them, and that each survives being written and read."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appeals.codes import ApplicantType
from app.appeals.numbers import Number, NumberError, Series, format_number, parse

ONE = Number(Series.INDIVIDUAL, 2026, 123)
NUMBERS = st.builds(
    Number, st.sampled_from(Series), st.integers(2007, 2060), st.integers(1, 10**8 - 1), st.integers(0, 999)
)


@pytest.mark.parametrize(
    "typed",
    [
        "JT-2026-00000123",
        "jt-2026-00000123",
        "ЖТ-2026-00000123",
        "жт-2026-00000123",
        "JТ-2026-00000123",
        "  JT-2026-00000123\n",
        "\u00a0JT-2026-00000123 ",
        "ЖТ–2026–00000123",
        "ЖТ—2026—00000123",
        "ЖТ\u20112026\u201100000123",
        "ЖТ\u22122026-00000123",
    ],
)
def test_what_people_type(typed: str) -> None:
    assert parse(typed) == ONE


def test_legal_entities_and_parts() -> None:
    assert parse("зт-2007-99999999.12") == Number(Series.LEGAL_ENTITY, 2007, 99_999_999, 12)
    assert parse("ZT-2060-00000001") == Number(Series.LEGAL_ENTITY, 2060, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "JT",
        "JT-2026-0000123",
        "JT-2026-000000123",
        "JT-2026-00000000",
        "JT-2006-00000123",
        "JT-2061-00000123",
        "JT-26-00000123",
        "JT 2026 00000123",
        "JT2026-00000123",
        "KT-2026-00000123",
        "ЗЖ-2026-00000123",
        "JT-2026-00000123.",
        "JT-2026-00000123.0",
        "JT-2026-00000123.01",
        "JT-2026-00000123.1000",
        "JT-2026-00000123.2.1",
        "JT-2026-0000012З",
        "JT-2026-0000012٣",
        "JT-2026-00000123\x00",
        "JT-2026-00000123" + " " * 100_000,
    ],
)
def test_what_is_not_a_number(typed: str) -> None:
    with pytest.raises(NumberError):
        parse(typed)


def test_an_id_is_year_and_serial() -> None:
    assert ONE.appeal_id == 202600000123
    assert format_number(202600000123, ApplicantType.INDIVIDUAL) == "JT-2026-00000123"
    assert format_number(202600000123, ApplicantType.LEGAL_ENTITY, 2) == "ZT-2026-00000123.2"
    assert parse("ЗТ-2026-00000123").applicant_type is ApplicantType.LEGAL_ENTITY
    for wrong in (0, 123, 202600000000, 999900000001):
        with pytest.raises(NumberError):
            Number.of(wrong, ApplicantType.INDIVIDUAL)
    with pytest.raises(NumberError):
        Number(Series.INDIVIDUAL, 2026, 10**8)
    with pytest.raises(NumberError):
        Number(Series.INDIVIDUAL, 2026, 1, 1000)


@given(NUMBERS)
def test_a_number_survives_being_written_and_read(number: Number) -> None:
    assert parse(number.format()) == number
    assert parse(number.display()) == number
    assert Number.of(number.appeal_id, number.applicant_type, number.part) == number


@given(st.text(max_size=50))
def test_any_text_gives_a_number_or_a_number_error(text: str) -> None:
    with suppress(NumberError):
        assert parse(text).format()

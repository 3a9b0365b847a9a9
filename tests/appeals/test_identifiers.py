"""All examples of law.md E, and that every wrong digit is either caught or known to be missed."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appeals.identifiers import (
    Bin,
    EntityPart,
    EntityType,
    Flaw,
    IdentifierError,
    Iin,
    Sex,
    check_bin,
    check_digit,
    check_iin,
)
from app.core.i18n import LANGUAGES, t


@pytest.mark.parametrize(
    ("text", "sex", "born"),
    [
        ("850615499937", Sex.FEMALE, date(1985, 6, 15)),
        ("701111399943", Sex.MALE, date(1970, 11, 11)),
        ("120830599950", Sex.MALE, date(2012, 8, 30)),
        ("040229699922", Sex.FEMALE, date(2004, 2, 29)),
        ("900101390307", Sex.MALE, date(1990, 1, 1)),
        ("580615499937", Sex.FEMALE, date(1958, 6, 15)),
    ],
)
def test_a_good_iin(text: str, sex: Sex, born: date) -> None:
    assert check_iin(text) == Iin(text, born, sex, foreign=False)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("850615499938", Flaw.CHECK_DIGIT),
        ("85061549993", Flaw.LENGTH),
        ("8506154999377", Flaw.LENGTH),
        ("", Flaw.LENGTH),
        ("050229699924", Flaw.DATE),
        ("900101390370", Flaw.NOT_ISSUED),
        ("850615799936", Flaw.CENTURY),
        ("851315499939", Flaw.DATE),
        ("85061549993A", Flaw.NOT_DIGITS),
        (" 850615499937", Flaw.NOT_DIGITS),
        ("850615499937\n", Flaw.NOT_DIGITS),
        ("850615-499937", Flaw.NOT_DIGITS),
        ("٨٥٠٦١٥٤٩٩٩٣٧", Flaw.NOT_DIGITS),
        ("８５０６１５４９９９３７", Flaw.NOT_DIGITS),
        ("85061549993²", Flaw.NOT_DIGITS),
    ],
)
def test_a_wrong_iin_says_why(text: str, flaw: Flaw) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_iin(text)
    assert caught.value.code is flaw


@pytest.mark.parametrize("last", range(10))
def test_a_base_that_is_not_issued_is_wrong_with_any_last_digit(last: int) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_iin(f"90010139037{last}")
    assert caught.value.code is Flaw.NOT_ISSUED


def test_the_seventh_digit_0_is_taken_without_a_century() -> None:
    assert check_iin(_closed("04022909992")) == Iin(_closed("04022909992"), None, None, foreign=True)
    with pytest.raises(IdentifierError) as caught:
        check_iin(_closed("04133109992"))
    assert caught.value.code is Flaw.DATE


@pytest.mark.parametrize(
    ("text", "entity_type", "part", "registered"),
    [
        ("210140999904", EntityType.RESIDENT, EntityPart.HEAD, (21, 1)),
        ("211241999916", EntityType.RESIDENT, EntityPart.BRANCH, (21, 12)),
        ("230650999920", EntityType.NON_RESIDENT, EntityPart.HEAD, (23, 6)),
        ("190760999939", EntityType.JOINT_ENTERPRISE, EntityPart.HEAD, (19, 7)),
        ("200340999950", EntityType.RESIDENT, EntityPart.HEAD, (20, 3)),
    ],
)
def test_a_good_bin(
    text: str, entity_type: EntityType, part: EntityPart, registered: tuple[int, int]
) -> None:
    assert check_bin(text) == Bin(text, registered, entity_type, part)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("210140999905", Flaw.CHECK_DIGIT),
        ("211340999904", Flaw.DATE),
        ("210170999908", Flaw.ENTITY_TYPE),
        ("210149999903", Flaw.ENTITY_PART),
        ("21014099990A", Flaw.NOT_DIGITS),
        ("21014099990", Flaw.LENGTH),
    ],
)
def test_a_wrong_bin_says_why(text: str, flaw: Flaw) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_bin(text)
    assert caught.value.code is flaw


@given(st.from_regex(r"[0-9]{11}", fullmatch=True), st.integers(0, 9), st.integers(1, 9))
def test_a_changed_digit_is_caught_in_the_first_pass(base: str, place: int, by: int) -> None:
    """The eleventh has the weight 11 and is not protected at all."""
    digit = check_digit(base)
    changed = base[:place] + str((int(base[place]) + by) % 10) + base[place + 1 :]
    if digit is not None and _first_pass(base) < 10 and _first_pass(changed) < 10:
        assert check_digit(changed) != digit


@given(st.text(max_size=14))
def test_any_text_gives_an_answer_or_an_identifier_error(text: str) -> None:
    for check in (check_iin, check_bin):
        with suppress(IdentifierError):
            assert check(text).digits == text


def _closed(base: str) -> str:
    return f"{base}{check_digit(base)}"


def _first_pass(base: str) -> int:
    return sum(place * int(digit) for place, digit in enumerate(base, start=1)) % 11


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_has_a_sentence(flaw: Flaw) -> None:
    for language in LANGUAGES:
        assert t(f"validation.{flaw.value}", language)

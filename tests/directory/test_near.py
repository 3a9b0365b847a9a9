"""What people type, and what they are offered."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.checks import checked_facts
from app.directory.near import NameIndex, fold
from app.directory.registry import Directory, UnknownCode

DIRECTORY = Directory(checked_facts())
DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("energy", "energy"),
        ("ENERGY", "energy"),
        (" culture sport ", "culture-sport"),
        ("Министерство юстиции", "justice"),
        ("министерство  ЮСТИЦИИ", "justice"),
        ("Әділет министрлігі", "justice"),
        ("адилет министрлиги", "justice"),
        ("Ministry of Energy", "energy"),
        ("Акимат «Туркестанской» области", "akimat-turkistan"),
        ("Министерство цифрового развития, инноваций и аэрокосмической промышленности", "digital"),
        ("Акимат города Нур-Султана", "akimat-astana"),
    ],
)
def test_a_body_is_found_by_code_or_any_name(typed: str, code: str) -> None:
    found = DIRECTORY.find_agency(typed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("typed", ["", "  ", "enrgy", "министерство", "\u202e", "energy; drop table"])
def test_what_is_not_a_name_finds_nobody(typed: str) -> None:
    assert DIRECTORY.find_agency(typed) is None


@pytest.mark.parametrize(
    ("kind", "typed", "first"),
    [
        ("agency", "enrgy", "energy"),
        ("agency", "energ", "energy"),
        ("agency", "минестерство юстиции", "justice"),
        ("agency", "денсаулык", "health"),
        ("agency", "akimat-turkestan", "akimat-turkistan"),
        ("agency", "Министрлік энергетика", "energy"),
        ("topic", "utilites", "utilities"),
        ("topic", "жер", "land"),
        ("topic", "налог", "tax"),
        ("region", "Туркестан", "KZ-61"),
        ("region", "Turkestan region", "KZ-61"),
        ("region", "нур-султан", "KZ-71"),
        ("region", "KZ-6", "KZ-61"),
        ("channel", "call-center", "call_centre"),
        ("source", "109-turkestan", "109-turkistan"),
    ],
)
def test_what_is_near_comes_first(kind: str, typed: str, first: str) -> None:
    assert DIRECTORY.near(kind, typed)[0] == first


@given(typed=st.text())
def test_near_gives_a_few_different_codes_for_anything(typed: str) -> None:
    found = DIRECTORY.near("agency", typed)
    assert len(found) == len(set(found)) <= 5
    assert all(DIRECTORY.agency(code) for code in found)


def test_a_name_of_ten_thousand_letters_costs_no_more_than_a_name() -> None:
    began = time.process_time()
    DIRECTORY.near("agency", "министерство энергетики " * 500)
    assert time.process_time() - began < 0.5


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_typed_word_must_begin_a_word() -> None:
    index = NameIndex({"energy": ["Министерство энергетики"], "health": ["Министерство здравоохранения"]})
    assert index.matching("мин энерг") == {"energy"}
    assert index.matching("мин") == {"energy", "health"}
    assert index.matching("ергетики") == frozenset()


def test_an_unknown_code_says_what_it_was() -> None:
    with pytest.raises(UnknownCode) as caught:
        DIRECTORY.agency("enrgy")
    assert (caught.value.kind, caught.value.typed) == ("agency", "enrgy")
    assert isinstance(caught.value, KeyError)


def test_regions_are_known_in_any_case() -> None:
    assert DIRECTORY.region("kz-61").code == "KZ-61"
    assert DIRECTORY.has_region("Kz-61")
    assert not DIRECTORY.has_region("KZ-99")

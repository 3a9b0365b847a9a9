"""Layers of periods against a day-by-day reading of them."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.directory.periods import Period, first_gap, layered

START = date(2020, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(st.integers(0, 30))
    length = draw(st.none() | st.integers(0, 20))
    value = draw(st.sampled_from("abc"))
    return Period(day(first), None if length is None else day(first + length), value)


def value_on(found: list[Period], on: date) -> list[str]:
    return [p.value for p in found if p.valid_from <= on and (p.valid_to is None or on <= p.valid_to)]


@given(layers=st.lists(st.lists(periods(), max_size=3), max_size=4))
def test_each_day_has_the_value_of_the_first_layer_that_speaks(layers: list[list[Period]]) -> None:
    found = layered(layers)
    for number in range(70):
        spoken = [value for layer in layers for value in value_on(layer, day(number))]
        assert value_on(found, day(number)) == spoken[:1]


@given(layers=st.lists(st.lists(periods(), max_size=3), max_size=4))
def test_neighbours_differ_or_do_not_touch(layers: list[list[Period]]) -> None:
    found = layered(layers)
    for earlier, later in pairwise(found):
        assert earlier.valid_to is not None
        assert earlier.valid_to < later.valid_from
        assert earlier.value != later.value or earlier.valid_to + timedelta(days=1) < later.valid_from


@given(layers=st.lists(st.lists(periods(), max_size=3), max_size=4))
def test_the_first_gap_is_the_first_silent_day(layers: list[list[Period]]) -> None:
    found = layered(layers)
    silent = next((day(number) for number in range(70) if not value_on(found, day(number))), None)
    assert first_gap(found, START) == silent

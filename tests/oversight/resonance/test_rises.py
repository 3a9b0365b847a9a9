"""The test of an hour, and how often it is wrong in a year in which nothing happens."""

from collections.abc import Iterator
from math import exp, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.oversight.resonance.rises import FEWEST, WEEKS, Usual, chance, is_rise, tail, threshold
from tests.oversight.resonance.quiet import CELLS, HOURS, Quiet

WEEK = 7 * HOURS
FALSE_ALARMS_A_YEAR = 13
"""What the rate of HOURLY promises at most: one in thirty days."""

counts = st.integers(0, 400)
usuals = st.builds(Usual, counts, st.integers(1, WEEKS))


@given(counts, usuals)
def test_more_is_never_likelier(seen: int, usual: Usual) -> None:
    assert 0 <= chance(seen + 1, usual) <= chance(seen, usual) + 1e-12 <= 1 + 1e-12


@given(counts, usuals)
def test_the_more_is_usual_the_likelier(seen: int, usual: Usual) -> None:
    more = Usual(usual.total + 1, usual.weeks)
    # Knowing more makes it narrower as well: what counts is that no rise appears where more is usual.
    if seen > 2 * more.expected + 10:
        assert chance(seen, more) >= chance(seen, usual) * 0.999


def test_with_a_large_size_it_is_poisson() -> None:
    poisson = 1 - sum(exp(-3.0) * 3.0**k / factorial(k) for k in range(9))
    assert tail(9, 3.0, 1e9) == pytest.approx(poisson, rel=1e-5)


@given(st.integers(1, 60), st.floats(0.1, 30), st.floats(0.3, 40))
def test_both_ways_of_adding_up_agree(seen: int, mean: float, size: float) -> None:
    ratio = mean / (mean + size)
    below, term = 0.0, (1 - ratio) ** size
    for count in range(seen):
        below += term
        term *= (count + size) / (count + 1) * ratio
    assert tail(seen, mean, size) == pytest.approx(1 - below, abs=1e-9)


def test_a_few_are_no_rise_and_neither_is_what_nothing_is_known_of() -> None:
    assert not is_rise(FEWEST - 1, Usual(0, WEEKS), 1)
    assert not is_rise(1000, Usual(0, 3), CELLS)
    assert is_rise(12, Usual(0, WEEKS), CELLS)
    assert is_rise(40, Usual(16, WEEKS), CELLS)
    assert not is_rise(8, Usual(16, WEEKS), CELLS)


def test_the_correction_is_for_how_many_are_looked_at() -> None:
    assert threshold(300) == threshold(1) / 300


def alarms(quiet: Quiet) -> Iterator[tuple[int, int]]:
    """What is told of after the first eight weeks, as the worker would, once an hour and cell."""
    told: set[tuple[int, int]] = set()
    for (hour, cell), seen in sorted(quiet.counts.items()):
        if hour < WEEKS * WEEK or seen < FEWEST:
            continue
        before = [place for week in range(1, WEEKS + 1) if (place := (hour - week * WEEK, cell)) not in told]
        if is_rise(seen, Usual(sum(quiet.counts[place] for place in before), len(before)), CELLS):
            told.add((hour, cell))
            yield hour, cell


@pytest.mark.parametrize(("a_year", "seed"), [(60_000, 1), (1_000_000, 2)])
def test_false_alarms_in_a_year_of_quiet(a_year: int, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A year after eight weeks, at the volume of a beginning and of a country. The figure is in the docs."""
    found = list(alarms(Quiet(WEEKS * 7 + 365, a_year, seed)))
    with capsys.disabled():
        print(f"\n{a_year} appeals a year: {len(found)} false alarms")  # noqa: T201
    assert len(found) <= FALSE_ALARMS_A_YEAR


def test_a_rise_is_found_in_the_same_noise() -> None:
    """Eight times the usual in a working hour, in each of the twenty largest cells: nearly all are found."""
    quiet = Quiet(WEEKS * 7 + 7, 300_000, 3)
    sizes = sorted(range(CELLS), key=lambda cell: -sum(quiet.counts[hour, cell] for hour in range(WEEK)))[:20]
    hour = WEEKS * WEEK + 1 * HOURS + 10
    found = 0
    for cell in sizes:
        usual = Usual(sum(quiet.counts[hour - week * WEEK, cell] for week in range(1, WEEKS + 1)), WEEKS)
        found += is_rise(max(12, round(8 * usual.expected)), usual, CELLS)
    assert found >= 18

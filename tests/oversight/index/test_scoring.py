"""The arithmetic of the index: what it promises of any figures there are, and one body by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.oversight.index.definition import versions
from app.oversight.index.scoring import Score, Unranked, ranks, score

VERSION = versions()[0]
BAD = (
    *("answered_late", "overdue", "closed_late", "forwarded_late", "chained"),
    *("extended", "suspended", "corrections", "complaints_upheld", "reopened"),
)
ENOUGH = VERSION.least_cases


@st.composite
def figures(draw: st.DrawFn, least: int = 0) -> dict[str, int]:
    """Of a body; what is a part of another figure is not more than it."""

    def some(most: int = 5000) -> int:
        return draw(st.integers(0, most))

    found = {code: some() for code in VERSION.figures}
    for whole in ("received", "answered", "ratings"):
        found[whole] = draw(st.integers(least, 5000))
    found["answered_late"] = some(found["answered"])
    found["resolved"] = some(found["ratings"])
    return found


@given(figures())
def test_the_contributions_add_up_to_the_total(of: dict[str, int]) -> None:
    found = score(VERSION, of)
    parts = [one.contribution for one in found.components if one.contribution is not None]
    assert sum(parts, Decimal(0)) == (found.total or 0)
    assert (found.total is None) == (not parts)
    if found.total is not None:
        assert 0 <= found.total <= 100
        assert found.total == round(found.total, 2)


@given(figures())
def test_a_contribution_is_the_points_by_the_weight(of: dict[str, int]) -> None:
    found = score(VERSION, of)
    left = sum((one.weight for one in found.components if one.points is not None), Decimal(0))
    assert found.counted == left
    for one in found.components:
        assert (one.points is None) == (one.of < ENOUGH) == (one.contribution is None)
        if one.points is not None and one.contribution is not None:
            exact = one.points * one.weight / left
            assert abs(one.contribution - exact) <= Decimal("0.02")


@given(figures(least=ENOUGH), st.sampled_from(BAD), st.integers(1, 1000))
def test_what_is_bad_never_helps(of: dict[str, int], code: str, more: int) -> None:
    worse = of | {code: of[code] + more}
    assume(worse["answered_late"] <= worse["answered"])
    before, after = score(VERSION, of), score(VERSION, worse)
    assert before.total is not None
    assert after.total is not None
    assert after.total <= before.total
    points = [(one.points, two.points) for one, two in zip(before.components, after.components, strict=True)]
    assert all(two <= one for one, two in points if one is not None and two is not None)


@given(figures(least=ENOUGH), st.integers(0, 1000))
def test_more_that_is_resolved_never_hurts(of: dict[str, int], more: int) -> None:
    better = of | {"resolved": min(of["resolved"] + more, of["ratings"])}
    assert (score(VERSION, better).total or 0) >= (score(VERSION, of).total or 0)


@given(figures(), st.integers(0, 29))
def test_few_cases_give_no_rank(of: dict[str, int], received: int) -> None:
    found = score(VERSION, of | {"received": received})
    assert (found.band, found.unranked) == (None, Unranked.FEW_CASES)
    assert ranks([(1, found)]) == [None]


Bodies = list[tuple[int, dict[str, int]]]
BODIES = st.lists(st.tuples(st.integers(1, 3), figures()), max_size=12)


def judged(bodies: Bodies) -> list[tuple[int, Score]]:
    return [(level, score(VERSION, of)) for level, of in bodies]


@given(BODIES, st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_the_order_of_rows(bodies: Bodies, random: Random) -> None:
    rows = judged(bodies)
    places = list(range(len(rows)))
    random.shuffle(places)
    shuffled = ranks([rows[place] for place in places])
    assert [shuffled[places.index(place)] for place in range(len(rows))] == ranks(rows)


@given(BODIES)
def test_a_rank_is_one_of_level_and_band(bodies: Bodies) -> None:
    rows = judged(bodies)
    whole = ranks(rows)
    for level, band in {(level, one.band) for level, one in rows}:
        inside = [place for place, (at, one) in enumerate(rows) if (at, one.band) == (level, band)]
        assert ranks([rows[place] for place in inside]) == [whole[place] for place in inside]
        ranked = sorted(
            (place.rank, rows[at][1].total or 0) for at in inside if (place := whole[at]) is not None
        )
        assert all((one[1] == two[1]) == (one[0] == two[0]) for one, two in pairwise(ranked))
        assert all(one[1] >= two[1] for one, two in pairwise(ranked))
        assert {place.of for place in (whole[at] for at in inside) if place} <= {len(ranked)}


def test_equal_totals_have_one_rank() -> None:
    one = score(VERSION, dict.fromkeys(VERSION.figures, 0) | {"received": 500, "answered": 500})
    totals = [Decimal(90), Decimal(80), Decimal(80), Decimal(70)]
    found = ranks([(1, replace(one, total=total)) for total in totals])
    assert [place.rank for place in found if place] == [1, 2, 2, 4]


def test_by_hand() -> None:
    """400 received, 360 answered of which 18 late, 20 overdue; 20 ratings are too few."""
    of = dict.fromkeys(VERSION.figures, 0) | {
        "received": 400,
        "answered": 360,
        "answered_late": 18,
        "overdue": 20,
        "closed_late": 4,
        "forwarded_late": 6,
        "chained": 2,
        "extended": 70,
        "suspended": 10,
        "complaints_upheld": 9,
        "ratings": 20,
        "resolved": 20,
    }
    found = score(VERSION, of)
    assert found.band == "middle"
    assert found.unranked is None
    points = {one.code: one.points for one in found.components}
    assert points == {
        "on_time": Decimal("66.67"),  # 342 of 380 is 0.9; from 0.7 to 1 that is two thirds
        "left_late": Decimal("90.00"),  # 1 % of 10 %
        "passed_on": Decimal("80.00"),
        "term_moved": Decimal("75.00"),  # 20 %, from 50 % to 10 %
        "complaints": Decimal("50.00"),  # 2.5 % of 5 %
        "came_back": Decimal("100.00"),
        "resolved": None,
    }
    worth = Fraction(2, 3) * 35 + 9 + 8 + Fraction(15, 2) + Fraction(15, 2) + 5
    assert found.total == round(Decimal(float(worth / Fraction(85, 100))), 2)
    assert found.counted == Decimal("0.85")


def test_too_few_components_give_no_rank() -> None:
    """Only received: three components of 0.30 together."""
    found = score(VERSION, dict.fromkeys(VERSION.figures, 0) | {"received": 500})
    assert (found.total, found.counted) == (Decimal(100), Decimal("0.30"))
    assert found.unranked is Unranked.FEW_COMPONENTS


@pytest.mark.parametrize("of", [dict.fromkeys(VERSION.figures, 0)])
def test_nothing_at_all(of: dict[str, int]) -> None:
    found = score(VERSION, of)
    assert (found.total, found.counted, found.unranked) == (None, Decimal(0), Unranked.FEW_CASES)

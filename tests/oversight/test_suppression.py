"""Suppression against an attacker who knows every rule by which figures add up, and searches."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.oversight.suppression import CAME, FLOW, MEASURES, PART_OF, THRESHOLD, TOTAL, WENT, Cell, Row, hidden

Table = Mapping[str, Row]
STEPS = (-1, 0, 1)


def row(**figures: int) -> dict[str, int]:
    """`received` follows from the rest."""
    found = dict.fromkeys(MEASURES, 0) | figures
    found["received"] = sum(found[name] for name in WENT) - found["carried_in"]
    return found


@st.composite
def rows(draw: st.DrawFn) -> dict[str, int]:
    figure = st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5, 6, 9, 30])
    found = {name: draw(figure) for name in WENT}
    found["carried_in"] = draw(st.integers(0, sum(found.values())))
    whole = row(**found)
    for part, of in PART_OF.items():
        most = sum(whole[name] for name in of)
        whole[part] = draw(st.sampled_from(sorted({0, min(1, most), min(4, most), min(6, most), most})))
    return whole


tables = st.lists(rows(), max_size=3).map(lambda found: {f"agency-{n}": one for n, one in enumerate(found)})


def with_total(table: Table) -> dict[str, Row]:
    return {**table, TOTAL: {name: sum(one[name] for one in table.values()) for name in MEASURES}}


def valid(one: Row) -> bool:
    return (
        min(one.values()) >= 0
        and sum(one[name] for name in CAME) == sum(one[name] for name in WENT)
        and all(one[part] <= sum(one[name] for name in of) for part, of in PART_OF.items())
    )


def alternatives(one: Row, unknown: list[str]) -> Iterator[tuple[int, ...]]:
    """Steps of each of MEASURES that make another possible row out of this one, or leave it."""
    for steps in product(*(STEPS if name in unknown else (0,) for name in MEASURES)):
        if valid({name: one[name] + step for name, step in zip(MEASURES, steps, strict=True)}):
            yield steps


def undecided(table: Table, secret: frozenset[Cell], names: tuple[str, ...]) -> set[Cell]:
    """The cells of these measures that some other table, the same in all that is shown, has otherwise."""
    shown_totals = [place for place, name in enumerate(MEASURES) if (TOTAL, name) not in secret]
    choices = [
        list(alternatives(one, [name for name in names if (code, name) in secret]))
        for code, one in table.items()
    ]
    found: set[Cell] = set()
    for chosen in product(*choices):
        moved = [sum(column) for column in zip(*chosen, strict=True)] or [0] * len(MEASURES)
        if any(moved[place] for place in shown_totals):
            continue
        for code, steps in zip((*table, TOTAL), (*chosen, moved), strict=True):
            found |= {(code, name) for name, step in zip(MEASURES, steps, strict=True) if step}
    return found


@given(tables)
def test_every_hidden_figure_could_be_another(table: dict[str, Row]) -> None:
    secret = hidden(table)
    groups = (FLOW, *((part,) for part in PART_OF))
    assert {cell for names in groups for cell in undecided(table, secret, names)} == secret


@given(tables)
def test_no_small_figure_is_shown_and_no_zero_is_hidden(table: dict[str, Row]) -> None:
    secret = hidden(table)
    for code, one in with_total(table).items():
        for name, figure in one.items():
            if (code, name) in secret:
                assert figure > 0
            else:
                assert figure == 0 or figure >= THRESHOLD


@given(tables)
def test_is_the_same_each_time_and_hides_nothing_needlessly(table: dict[str, Row]) -> None:
    assert hidden(table) == hidden(dict(table))
    if not any(0 < figure < THRESHOLD for one in with_total(table).values() for figure in one.values()):
        assert hidden(table) == frozenset()


LARGE = row(answered=60, forwarded_out=20, closed_otherwise=10, pending=10, answered_late=9, overdue=7)


def test_a_table_without_small_figures_is_shown_whole() -> None:
    assert hidden({"energy": LARGE, "justice": LARGE}) == frozenset()
    assert hidden({}) == frozenset()


def test_one_small_figure_hides_the_smallest_rectangle() -> None:
    small = row(answered=60, forwarded_out=20, closed_otherwise=3, pending=12)
    assert hidden({"energy": small, "justice": LARGE}) == {
        (code, name) for code in ("energy", "justice") for name in ("closed_otherwise", "pending")
    }


def test_a_small_part_needs_one_companion_in_its_column() -> None:
    small = row(answered=60, pending=20, answered_late=2)
    assert hidden({"energy": small, "justice": LARGE}) == {
        ("energy", "answered_late"),
        ("justice", "answered_late"),
    }


def test_a_lone_row_hides_the_total_as_well() -> None:
    secret = hidden({"energy": row(answered=3)})
    assert secret == {(code, name) for code in ("energy", TOTAL) for name in ("received", "answered")}


def test_a_companion_that_cannot_move_is_not_one() -> None:
    """All that energy answered was late: one answer less would be fewer than were late."""
    tight = row(answered=9, pending=30, answered_late=9)
    small = row(answered=3, pending=30)
    secret = hidden({"energy": tight, "justice": small})
    assert undecided({"energy": tight, "justice": small}, secret, FLOW) >= {("justice", "answered")}


@pytest.mark.timeout(5)
def test_a_table_of_many_small_rows_is_quick() -> None:
    many = {f"agency-{n}": row(answered=n % 7, pending=n % 3, closed_otherwise=n % 2) for n in range(150)}
    secret = hidden(many)
    assert all((code, "answered") in secret for code, one in many.items() if 0 < one["answered"] < THRESHOLD)

"""What rises over weeks: the test, how often it is wrong, and the list with its cases."""

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.oversight.resonance.counting import count
from app.oversight.resonance.matching import midnight
from app.oversight.resonance.trends import FEWEST_WEEKS, LEVEL, SMALL, WEEKS, trend
from tests.oversight.resonance.conftest import Country

rows = st.lists(st.integers(0, 1000), min_size=FEWEST_WEEKS, max_size=WEEKS)


@given(rows)
def test_a_row_and_its_mirror_are_not_both_rising(weeks: list[int]) -> None:
    there, back = trend(weeks), trend(weeks[::-1])
    assert there.a_week == -back.a_week
    assert there.chance is not None
    assert back.chance is not None
    assert 0 <= there.chance <= 1
    assert not (there.rising(1) and back.rising(1))


@given(rows, st.integers(1, 50))
def test_only_the_order_matters_not_how_large(weeks: list[int], times: int) -> None:
    assert trend([week * times for week in weeks]).chance == trend(weeks).chance


def test_the_chance_is_never_said_smaller_than_it_is() -> None:
    """In all orders of eight different weeks: so often is the score as high."""
    pairs = [(i, j) for j in range(8) for i in range(j)]

    def score(row: Sequence[int]) -> int:
        return sum(1 if row[i] < row[j] else -1 for i, j in pairs)

    scores = [score(row) for row in permutations(range(8))]
    for weeks in ([1, 2, 3, 5, 4, 6, 8, 7], [2, 1, 4, 3, 5, 7, 6, 8], [3, 1, 4, 2, 6, 5, 8, 7]):
        exact = sum(one >= score(weeks) for one in scores) / len(scores)
        found = trend(weeks).chance
        assert found is not None
        assert exact <= found <= 3 * exact


def test_a_single_great_week_is_no_trend_and_small_numbers_never_are() -> None:
    assert not trend([10] * 11 + [900]).rising(1)
    assert trend(list(range(10, 34, 2))).rising(36)
    assert not trend([0] * 6 + [0, 1, 2, 3, 4, 5]).rising(1)
    assert trend([SMALL]).chance is None


def test_false_alarms_of_a_quiet_list() -> None:
    """Thirty-six rows without a trend, spread more than Poisson: seldom is any of them called rising."""
    chance, lists = random.Random(5), 400
    wrong = 0
    for _ in range(lists):
        level = [chance.uniform(20, 300) for _ in range(36)]
        quiet = [
            [round(chance.gammavariate(20, mean / 20)) + chance.randrange(4) for _ in range(WEEKS)]
            for mean in level
        ]
        wrong += any(trend(row).rising(len(quiet)) for row in quiet)
    assert wrong / lists <= LEVEL


async def weeks_of(country: Country, counts: list[int], **changes: str | None) -> None:
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    for back, appeals in enumerate(reversed(counts), start=1):
        await country.file(
            midnight(monday - back * timedelta(weeks=1)) + timedelta(hours=10), appeals, **changes
        )


async def test_the_list_says_what_rises_and_opens_what_it_counts(country: Country) -> None:
    await weeks_of(country, list(range(1, 14)))  # the oldest is not known whole
    await weeks_of(country, [1, 0] * 6, topic="land", region="KZ-10", addressee="agriculture")
    await count(country.db)
    answer = await country.office.get("controller@administration", "/oversight/trends")
    assert answer.status_code == 200, answer.text
    first, second, *others = answer.json()["rows"]
    assert {first["code"], second["code"]} == {"utilities", "KZ-61"}
    assert first["rising"]
    assert first["a_week"] == 1
    assert [week["appeals"] for week in first["weeks"]] == list(range(2, 14))
    assert {row["code"] for row in others} == {"land", "KZ-10"}
    assert all(row["small"] and not row["rising"] for row in others)
    for row in (first, others[0]):
        for week in row["weeks"][-3:]:
            shown = await country.numbers("controller@administration", week["cases_url"])
            assert len(shown) == week["appeals"]
    of_energy = (await country.office.get("head@energy", "/oversight/trends")).json()["rows"]
    assert {row["code"] for row in of_energy} == {"utilities", "KZ-61"}
    others_url = others[0]["weeks"][-2]["cases_url"]
    assert await country.numbers("head@energy", others_url) == []


async def test_before_anything_is_counted_there_is_nothing(country: Country) -> None:
    answer = await country.office.get("controller@administration", "/oversight/trends")
    assert answer.json() == {"rows": []}
    assert (await country.office.get("operator@energy", "/oversight/trends")).status_code == 403


async def test_bad_questions(country: Country) -> None:
    for bad in ({"from": "2026-11-02"}, {"from": "2026-11-02", "to": "2026-11-01"}, {"topic": "none"}):
        asked = {"from": "2026-11-01", "to": "2026-11-01"} if "topic" in bad else {}
        answer = await country.office.get("controller@administration", "/oversight/appeals", **asked, **bad)
        assert answer.status_code == 422, bad

import math

import pytest

from bench.figures import Sample, percentile, table, window


def test_only_what_was_done_in_the_window_is_counted() -> None:
    samples = [Sample(100 + at, took=at) for at in (0.5, 1.0, 1.5, 2.9, 3.0, 9.0)]
    found = window(samples, begun=100.0, settle=1.0, seconds=2.0)
    assert found.took == (1.0, 1.5, 2.9)
    assert found.rate == 1.5


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentile_is_a_value_that_was_seen(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 0.5))


def test_table_is_aligned_markdown() -> None:
    assert table(("a", "bb"), [("long", "c")]) == "| a    | bb |\n| ---- | -- |\n| long | c  |"

from datetime import date, time, timedelta

import pytest

from app.core import clock
from app.reception.quarters import Quarter, slots


@pytest.mark.parametrize(
    ("day", "name", "first", "last"),
    [
        (date(2026, 1, 1), "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 2, 29), "2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        (date(2026, 12, 31), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        (date(2060, 12, 31), "2060-Q4", date(2060, 10, 1), date(2060, 12, 31)),
    ],
)
def test_the_quarter_of_a_day(day: date, name: str, first: date, last: date) -> None:
    quarter = Quarter.of(day)
    assert (str(quarter), quarter.first, quarter.last) == (name, first, last)
    assert Quarter.parse(name.lower()) == quarter
    assert day in quarter
    assert last + timedelta(days=1) not in quarter


@pytest.mark.parametrize(
    "typed", ["", "2026", "2026-Q5", "2026-Q0", "2006-Q4", "2061-Q1", "2026Q1", "٢٠٢٦-Q1x"]
)
def test_what_is_no_quarter(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        Quarter.parse(typed)


def test_months_without_a_reception() -> None:
    quarter = Quarter(2026, 4)
    assert quarter.months_without([date(2026, 10, 7), date(2026, 12, 9), date(2025, 11, 5)]) == [
        date(2026, 11, 1)
    ]
    assert quarter.months_without([]) == [date(2026, month, 1) for month in (10, 11, 12)]


def test_slots_fill_the_hours_and_the_rest_is_none() -> None:
    found = slots(date(2026, 12, 9), time(10), time(11, 10), 20)
    local = [(f"{a.astimezone(clock.ZONE):%H:%M}", f"{b.astimezone(clock.ZONE):%H:%M}") for a, b in found]
    assert local == [("10:00", "10:20"), ("10:20", "10:40"), ("10:40", "11:00")]
    assert found[0][0].utcoffset() == timedelta(hours=5)
    assert slots(date(2024, 2, 28), time(10), time(11), 60)[0][0].utcoffset() == timedelta(hours=6)
    assert slots(date(2026, 12, 9), time(10), time(10, 15), 20) == []

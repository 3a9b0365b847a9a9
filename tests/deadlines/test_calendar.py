"""The calendar: law.md D's cases by hand, the package's own answers, and properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines.calendar import (
    FIRST_DAY,
    LAST_DAY,
    SIX,
    ZONE,
    Calendar,
    DayOff,
    OfficeHours,
    Override,
    Why,
    add_months,
    registration_day,
)

CALENDAR = Calendar()
HOURS = OfficeHours()
DAYS = st.dates(date(2007, 1, 1), date(2060, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_every_day_of_2015_2027_is_as_the_package_has_it() -> None:
    package = country_holidays("KZ", years=range(2014, 2029))
    span = (date(2015, 1, 1) + timedelta(days=n) for n in range((date(2028, 1, 1) - date(2015, 1, 1)).days))
    assert [d for d in span if CALENDAR.is_working_day(d) != package.is_working_day(d)] == []


def test_counting_agrees_with_the_package_from_every_day_of_2015_2027() -> None:
    package = country_holidays("KZ", years=range(2014, 2029))
    span = [date(2015, 1, 1) + timedelta(days=n) for n in range((date(2028, 1, 1) - date(2015, 1, 1)).days)]
    for count in (1, 3, 15, 20):
        assert [
            d for d in span if CALENDAR.add_working_days(d, count) != package.get_nth_working_day(d, count)
        ] == []
    assert [d for d in span if CALENDAR.working_day_before(d, 3) != package.get_nth_working_day(d, -3)] == []


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2021-07-01", 15, "2021-07-26"),
        ("2022-03-01", 15, "2022-03-28"),
        ("2022-04-20", 15, "2022-05-16"),
        ("2024-04-22", 15, "2024-05-16"),
        ("2025-03-03", 15, "2025-03-28"),
        ("2024-05-03", 3, "2024-05-10"),
    ],
)
def test_reference_cases(start: str, count: int, due: str) -> None:
    assert CALENDAR.add_working_days(day(start), count) == day(due)
    assert CALENDAR.working_days_between(day(start), day(due)) == count


@pytest.mark.parametrize(
    ("start", "naive_due"),
    [("2024-04-22", "2024-05-17"), ("2022-03-01", "2022-03-29"), ("2021-07-01", "2021-07-27")],
)
def test_a_count_that_misses_worked_weekends_gives_another_day(start: str, naive_due: str) -> None:
    package = country_holidays("KZ", years=range(2021, 2026))
    naive, left = day(start), 15
    while left:
        naive += timedelta(days=1)
        left -= naive.weekday() < 5 and naive not in package
    assert naive == day(naive_due)
    assert CALENDAR.add_working_days(day(start), 15) != naive


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2020-05-08", False),
        ("2020-05-11", True),
        ("2021-07-03", True),
        ("2021-07-05", False),
        ("2024-05-04", True),
        ("2025-01-03", False),
        ("2025-01-05", True),
        ("2023-03-24", True),
        ("2025-10-27", False),
        ("2026-08-31", True),
        ("2026-05-27", False),
        ("2027-03-15", False),
        ("2027-08-30", True),
        ("2013-12-28", True),
    ],
)
def test_days_that_are_easily_got_wrong(on: str, works: bool) -> None:
    assert CALENDAR.is_working_day(day(on)) is works


@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("2026-11-23", None),
        ("2026-11-22", DayOff(Why.WEEKEND)),
        ("2026-12-16", DayOff(Why.HOLIDAY, "independence-day")),
        ("2026-05-27", DayOff(Why.HOLIDAY, "eid-al-adha")),
        ("2026-05-11", DayOff(Why.OBSERVED, "victory-day")),
        ("2024-05-08", DayOff(Why.TRANSFERRED, worked_on=date(2024, 5, 4))),
        ("2014-01-03", DayOff(Why.TRANSFERRED, worked_on=date(2013, 12, 28))),
        ("2060-05-10", DayOff(Why.HOLIDAY, "eid-al-adha")),
    ],
)
def test_a_day_off_has_its_reason(on: str, why: DayOff | None) -> None:
    assert CALENDAR.day_off(day(on)) == why


def test_an_override_stands_above_the_package() -> None:
    moved = Calendar({day("2026-11-24"): False, day("2026-11-28"): True})
    assert moved.add_working_days(day("2026-11-23"), 4) == day("2026-11-28")
    assert moved.day_off(day("2026-11-24")) == DayOff(Why.ORDERED)
    assert moved.is_worked_weekend(day("2026-11-28"))
    assert not CALENDAR.is_worked_weekend(day("2026-11-28"))
    assert moved.for_week(SIX).day_off(day("2026-11-24")) == DayOff(Why.ORDERED)
    assert moved.for_week(SIX) is moved.for_week(SIX)


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2021-03-20", True),
        ("2021-03-21", False),
        ("2021-03-24", False),
        ("2021-07-03", True),
        ("2021-07-05", True),
        ("2020-05-08", True),
        ("2020-05-11", True),
        ("2025-01-03", False),
        ("2025-01-05", True),
        ("2026-05-09", False),
        ("2026-05-11", True),
    ],
)
def test_a_six_day_week_works_on_saturdays_and_gets_no_day_for_them(on: str, works: bool) -> None:
    assert CALENDAR.for_week(SIX).is_working_day(day(on)) is works


def order(on: str, *, working: bool, since: str, act: str = "order", exchanged: str = "") -> Override:
    return Override(day(on), working, act, day(since), day(exchanged) if exchanged else None)


def test_an_order_counts_if_it_was_in_force_by_the_day_it_is_about() -> None:
    in_time = Calendar([order("2026-11-24", working=False, since="2026-11-24")])
    assert not in_time.is_working_day(day("2026-11-24"))
    too_late = Calendar([order("2026-11-24", working=False, since="2026-11-25")])
    assert too_late.is_working_day(day("2026-11-24"))
    assert too_late.overrides == {}


def test_of_several_orders_about_a_day_the_last_to_come_into_force_decides() -> None:
    first = order("2026-11-24", working=False, since="2026-11-01")
    recalled = order("2026-11-24", working=True, since="2026-11-20")
    for orders in ([first, recalled], [recalled, first]):
        assert Calendar(orders).is_working_day(day("2026-11-24"))
    back_dated = order("2026-11-24", working=False, since="2026-11-26")
    assert Calendar([first, recalled, back_dated]).is_working_day(day("2026-11-24"))


def test_an_order_that_repeats_what_is_known_gives_the_known_reason() -> None:
    repeated = Calendar([order("2026-12-16", working=False, since="2026-01-01")])
    assert repeated.day_off(day("2026-12-16")) == DayOff(Why.HOLIDAY, "independence-day")


def test_an_exchange_is_explained_and_is_none_for_a_six_day_week() -> None:
    saturday, friday = day("2026-11-28"), day("2026-11-27")
    moved = Calendar(
        [
            order("2026-11-27", working=False, since="2026-11-01", exchanged="2026-11-28"),
            order("2026-11-28", working=True, since="2026-11-01", exchanged="2026-11-27"),
        ]
    )
    assert moved.day_off(friday) == DayOff(Why.TRANSFERRED, worked_on=saturday, act="order")
    assert moved.is_worked_weekend(saturday)
    assert moved.for_week(SIX).is_working_day(friday)
    assert moved.for_week(SIX).is_working_day(saturday)
    assert moved.for_week(SIX).for_week(5) is moved


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-12-01", 2, "2027-02-01"),
        ("2026-05-15", 0, "2026-05-15"),
    ],
)
def test_months_end_on_the_same_date_or_the_last_of_a_shorter_month(start: str, count: int, end: str) -> None:
    assert add_months(day(start), count) == day(end)


def test_days_out_of_range_are_refused_clearly() -> None:
    for outside in (date(2005, 12, 31), date(2063, 1, 1), date(1800, 1, 1), date.min, date.max):
        with pytest.raises(ValueError, match="outside the calendar, 2006-01-01 to 2062-12-31"):
            CALENDAR.is_working_day(outside)
        with pytest.raises(ValueError, match="outside the calendar"):
            Calendar({outside: True})
    with pytest.raises(ValueError, match="the calendar ends on 2062-12-31"):
        CALENDAR.add_working_days(LAST_DAY, 1)
    with pytest.raises(ValueError, match="-1 working days"):
        CALENDAR.add_working_days(FIRST_DAY, -1)
    with pytest.raises(ValueError, match="the calendar begins on 2006-01-01"):
        CALENDAR.working_day_before(FIRST_DAY, 1)
    with pytest.raises(ValueError, match="4"):
        Calendar(week=4)


@pytest.mark.parametrize(
    ("received", "registered"),
    [
        ("2026-11-23T08:59", "2026-11-23"),
        ("2026-11-23T09:00", "2026-11-23"),
        ("2026-11-23T18:30", "2026-11-23"),
        ("2026-11-23T18:30:01", "2026-11-24"),
        ("2026-11-23T23:59:59", "2026-11-24"),
        ("2026-11-27T19:00", "2026-11-30"),
        ("2026-11-28T00:00", "2026-11-30"),
        ("2024-05-04T10:00", "2024-05-04"),
        ("2024-05-07T10:00", "2024-05-10"),
        ("2024-05-04T19:00", "2024-05-06"),
        ("2025-01-05T12:00", "2025-01-05"),
    ],
)
def test_registration_day(received: str, registered: str) -> None:
    assert registration_day(moment(received), HOURS, CALENDAR) == day(registered)


def test_registration_follows_the_hours_and_the_week_of_the_body() -> None:
    early_and_six = OfficeHours(time(8), time(17), SIX)
    assert registration_day(moment("2026-11-23T17:30"), early_and_six, CALENDAR) == day("2026-11-24")
    assert registration_day(moment("2026-11-27T17:30"), early_and_six, CALENDAR) == day("2026-11-28")


@pytest.mark.parametrize(
    ("instant", "registered"),
    [
        # UTC+6 until 29 February 2024: 12:29 UTC is 18:29 in the office.
        (datetime(2024, 2, 28, 12, 29, tzinfo=UTC), "2024-02-28"),
        (datetime(2024, 2, 28, 12, 31, tzinfo=UTC), "2024-02-29"),
        # UTC+5 since: 12:31 UTC is 17:31.
        (datetime(2024, 3, 4, 12, 31, tzinfo=UTC), "2024-03-04"),
        (datetime(2024, 3, 4, 13, 31, tzinfo=UTC), "2024-03-05"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/New_York")), "2026-11-24"),
    ],
)
def test_a_moment_is_read_in_the_zone_valid_then(instant: datetime, registered: str) -> None:
    assert registration_day(instant, HOURS, CALENDAR) == day(registered)


@pytest.mark.parametrize(
    "instant",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(1800, 1, 1, tzinfo=UTC),
        datetime(2006, 12, 31, 17, 0, tzinfo=UTC),
        datetime(2060, 12, 31, 19, 0, tzinfo=UTC),
        datetime(2060, 12, 31, 14, 0, tzinfo=UTC),
    ],
)
def test_moments_out_of_range_are_refused_clearly(instant: datetime) -> None:
    with pytest.raises(ValueError, match="2060"):
        registration_day(instant, HOURS, CALENDAR)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        registration_day(datetime(2026, 11, 23), HOURS, CALENDAR)  # noqa: DTZ001 - what is tested


@settings(deadline=None)
@given(DAYS, st.integers(0, 120), st.sampled_from((5, 6)))
def test_adding_agrees_with_a_day_by_day_loop(start: date, count: int, week: int) -> None:
    calendar = CALENDAR.for_week(week)
    looped, left = start, count
    while left:
        looped += timedelta(days=1)
        left -= calendar.is_working_day(looped)
    assert calendar.add_working_days(start, count) == looped


@settings(deadline=None)
@given(DAYS, st.integers(0, 120))
def test_counting_back_is_the_inverse_of_adding(start: date, count: int) -> None:
    working = CALENDAR.roll(start)
    assert CALENDAR.working_day_before(CALENDAR.add_working_days(working, count), count) == working


@settings(deadline=None)
@given(DAYS, DAYS)
def test_counting_between_is_the_inverse_of_adding(one: date, other: date) -> None:
    start, end = sorted((one, other))
    count = CALENDAR.working_days_between(start, end)
    assert CALENDAR.working_days_between(end, start) == -count
    assert start <= CALENDAR.add_working_days(start, count) <= end
    assert CALENDAR.add_working_days(start, count + 1) > end


@settings(deadline=None)
@given(st.dictionaries(DAYS, st.booleans(), max_size=5), DAYS)
def test_overrides_change_their_days_and_no_others(overrides: dict[date, bool], other: date) -> None:
    calendar = Calendar(overrides)
    assert all(calendar.is_working_day(on) is works for on, works in overrides.items())
    assert other in overrides or calendar.is_working_day(other) is CALENDAR.is_working_day(other)
    assert calendar.day_off(other) is None or not calendar.is_working_day(other)


@settings(deadline=None)
@given(st.datetimes(datetime(2007, 1, 1), datetime(2060, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_registration_day_is_a_working_day_and_soon(instant: datetime) -> None:
    registered = registration_day(instant, HOURS, CALENDAR)
    assert CALENDAR.is_working_day(registered)
    assert timedelta(0) <= registered - instant.astimezone(ZONE).date() <= timedelta(days=12)

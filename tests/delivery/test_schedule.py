"""When it is tried again."""

import itertools
from datetime import date, timedelta

from app.delivery.schedule import Schedule, needs_a_person

USUAL = Schedule(8, timedelta(seconds=30))


def test_eight_tries_over_about_a_day() -> None:
    for chance in (0.0, 0.5, 1.0):
        found = [USUAL.pause(n, chance=itertools.repeat(chance).__next__) for n in range(1, 8)]
        pauses = [it for it in found if it]
        assert len(pauses) == 7
        whole = sum(pauses, timedelta())
        assert timedelta(hours=19) < whole < timedelta(hours=31)
        assert pauses == sorted(pauses)
    assert USUAL.pause(8) is None


def test_not_all_at_once() -> None:
    assert len({USUAL.pause(1) for _ in range(100)}) > 90


def test_a_receiver_may_ask_for_longer_but_not_for_ever_and_not_for_less() -> None:
    assert USUAL.pause(1, timedelta(hours=1), lambda: 0.5) == timedelta(hours=1)
    assert USUAL.pause(1, timedelta(seconds=1), lambda: 0.5) == timedelta(seconds=30)
    assert USUAL.pause(1, timedelta(days=900), lambda: 0.5) == timedelta(days=1)


def test_a_person_is_asked_before_the_legal_day() -> None:
    day = date(2026, 12, 14)
    assert needs_a_person(None, None)
    assert needs_a_person(day, day)
    assert not needs_a_person(date(2026, 12, 13), day)
    assert not needs_a_person(day, None)

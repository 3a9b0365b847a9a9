"""Warnings, passing, service targets, silence and age."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines import facts
from app.deadlines.calendar import SIX, OfficeHours
from app.deadlines.facts import opened as opened_at
from app.deadlines.ledger import open_term
from app.deadlines.regimes import Stage
from app.deadlines.term import Term
from app.deadlines.watch import (
    Age,
    age,
    deemed_refusal,
    distances,
    passed_on,
    service_target,
    warned_of,
    warnings,
)
from tests.deadlines.days import CALENDAR, DUE, HOURS, RECENT, at, day, opened, term_of

TERM = term_of(opened("2026-11-23"))


def test_the_operator_is_warned_and_then_the_head() -> None:
    assert [(w.on, w.to, w.days, w.rule) for w in warnings(TERM, CALENDAR)] == [
        (day("2026-12-09"), "operator", 3, "W-OPERATOR"),
        (day("2026-12-11"), "head", 1, "W-HEAD"),
    ]
    assert distances(day("2026-11-23")) == {"operator": 3, "head": 1}


def test_an_agency_sets_its_own_distances() -> None:
    found = warnings(TERM, CALENDAR, {"operator": 5, "head": 0})
    assert [(w.on, w.to) for w in found] == [(day("2026-12-07"), "operator"), (day("2026-12-14"), "head")]


def test_a_short_term_warns_on_its_first_day_and_a_stopped_one_not_at_all() -> None:
    handover = term_of(opened("2026-11-23", "complaint", stage=Stage.HANDOVER))
    assert [w.on for w in warnings(handover, CALENDAR, {"operator": 9})] == [
        day("2026-11-23"),
        day("2026-11-25"),
    ]
    stopped = term_of(opened("2026-11-23"), facts.suspended(at("2026-11-25"), "staff", "court"))
    answered = term_of(opened("2026-11-23"), facts.answered(at("2026-11-25"), "staff", due_on=DUE))
    assert warnings(stopped, CALENDAR) == warnings(answered, CALENDAR) == ()


@settings(deadline=None)
@given(RECENT, st.dates(day("2021-07-01"), day("2036-03-01")), st.integers(1, 10))
def test_a_query_over_due_days_finds_exactly_those_whose_warning_has_come(
    received: datetime, on: date, days: int
) -> None:
    term = open_term("statement", received, HOURS, CALENDAR)
    warning = CALENDAR.working_day_before(term.due_on, days)
    assert (term.due_on <= warned_of(on, days, CALENDAR)) == (warning <= on)


def test_it_has_passed_on_the_next_civil_day() -> None:
    friday = term_of(opened("2026-11-20"))
    assert friday.due_on == day("2026-12-11")
    assert passed_on(friday) == day("2026-12-12")


def test_a_service_target_stands_beside_the_term() -> None:
    target = service_target("social", TERM, CALENDAR)
    assert target
    assert (target.on, target.rule, target.entry.code) == (day("2026-11-25"), "S-SOCIAL", "service_target")
    assert TERM.due_on == day("2026-12-14")
    assert service_target("letter", TERM, CALENDAR) is None
    assert service_target("social", term_of(opened("2020-11-23")), CALENDAR) is None


def test_a_target_that_is_no_sooner_than_the_term_is_none() -> None:
    last_day = term_of(opened("2026-11-23", rest=2))
    assert service_target("social", last_day, CALENDAR) is None


def test_silence_is_a_refusal_once_the_due_day_is_over() -> None:
    assert deemed_refusal(TERM, day("2026-12-14"), CALENDAR) is None
    entry = deemed_refusal(TERM, day("2026-12-15"), CALENDAR)
    assert entry
    assert (entry.day, entry.rule, entry.params) == (
        day("2026-12-14"),
        "R16",
        {"by_day": "2027-03-16"},
    )


@pytest.mark.parametrize(
    "term",
    [
        term_of(opened("2026-11-23", "inquiry")),
        term_of(opened("2021-06-01")),
        term_of(opened("2026-11-23"), facts.suspended(at("2026-11-25"), "staff", "court")),
        term_of(opened("2026-11-23"), facts.answered(at("2027-01-25"), "staff", due_on=DUE)),
    ],
)
def test_where_silence_is_no_refusal(term: Term) -> None:
    assert deemed_refusal(term, day("2027-02-01"), CALENDAR) is None


def test_the_age_counts_from_the_first_receipt() -> None:
    assert age(at("2026-11-23T19:42"), day("2026-11-30"), CALENDAR) == Age(7, 5)
    assert age(at("2026-11-23T19:42"), day("2026-11-23"), CALENDAR) == Age(0, 0)


def test_warnings_are_counted_by_the_week_of_the_body() -> None:
    six = term_of(opened_at("statement", at("2026-11-23"), OfficeHours(week=SIX), CALENDAR))
    assert six.due_on == day("2026-12-10")
    assert [w.on for w in warnings(six, CALENDAR)] == [day("2026-12-07"), day("2026-12-09")]

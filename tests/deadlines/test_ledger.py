"""Terms as they open: both regimes, why each day is what it is, and properties."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines.calendar import SIX, ZONE, Calendar, OfficeHours
from app.deadlines.facts import opened
from app.deadlines.ledger import LedgerEntry, compute, forward_due, open_term
from app.deadlines.regimes import LAW, regime_for

CALENDAR = Calendar()
HOURS = OfficeHours()
KINDS = ("statement", "complaint", "message", "inquiry", "response", "proposal")
INSTANTS = st.datetimes(datetime(2007, 1, 1), datetime(2060, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def day(text: str) -> date:
    return date.fromisoformat(text)


def at_noon(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("received", "raw", "due"),
    [
        ("2021-07-01", None, "2021-07-26"),
        ("2022-03-01", None, "2022-03-28"),
        ("2022-04-20", None, "2022-05-16"),
        ("2024-04-22", None, "2024-05-16"),
        ("2025-03-03", None, "2025-03-28"),
        ("2021-03-05", "2021-03-20", "2021-03-25"),
        ("2021-06-30", "2021-07-15", "2021-07-15"),
    ],
)
def test_reference_cases(received: str, raw: str | None, due: str) -> None:
    term = open_term("statement", at_noon(received), HOURS, CALENDAR)
    assert (term.registered_on, term.due_on) == (day(received), day(due))
    assert term.raw_due_on == (day(raw) if raw else None)
    assert term.term_days == 15


def test_thirty_calendar_days_of_the_2007_law_roll_too() -> None:
    opening = opened("statement", at_noon("2021-04-09"), HOURS, CALENDAR, check_needed=True)
    term = compute([opening], CALENDAR)
    assert (term.term_days, term.raw_due_on, term.due_on) == (30, day("2021-05-09"), day("2021-05-11"))


def test_the_regime_is_of_the_moment_of_receipt_not_of_registration() -> None:
    evening = datetime(2021, 6, 30, 20, 0, tzinfo=ZONE)
    term = open_term("statement", evening, HOURS, CALENDAR)
    assert (term.regime, term.registered_on, term.due_on) == (
        "law-2007",
        day("2021-07-01"),
        day("2021-07-16"),
    )
    midnight = datetime(2021, 6, 30, 18, 0, tzinfo=UTC)
    assert open_term("statement", midnight, HOURS, CALENDAR).regime == "code-2021"
    assert regime_for(midnight - timedelta(microseconds=1)).code == "law-2007"


def test_a_forwarded_appeal_keeps_the_regime_of_its_first_receipt() -> None:
    first = at_noon("2021-06-30")
    term = open_term("statement", at_noon("2021-07-02"), HOURS, CALENDAR, regime_at=first)
    assert (term.regime, term.due_on) == ("law-2007", day("2021-07-19"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_procedure_follows_the_kind(kind: str) -> None:
    procedure = "general" if kind in ("statement", "complaint") else "simplified"
    term = open_term(kind, at_noon("2026-11-23"), HOURS, CALENDAR)
    assert (term.procedure, term.due_on) == (procedure, day("2026-12-14"))
    assert open_term(kind, at_noon("2020-11-23"), HOURS, CALENDAR).procedure == "general"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'petition' is not a kind"):
        open_term("petition", at_noon("2026-11-23"), HOURS, CALENDAR)


def test_forwarding_has_three_working_days() -> None:
    assert forward_due(day("2024-05-03"), CALENDAR) == day("2024-05-10")
    assert forward_due(day("2021-03-19"), CALENDAR) == day("2021-03-29")


def test_days_are_counted_by_the_week_of_the_body() -> None:
    six = open_term("statement", at_noon("2026-11-23"), OfficeHours(week=SIX), CALENDAR)
    assert six.due_on == day("2026-12-10")


def test_the_ledger_of_a_working_day_term_says_what_was_skipped() -> None:
    evening = datetime(2024, 4, 19, 20, 0, tzinfo=ZONE)
    entries = open_term("statement", evening, HOURS, CALENDAR).entries
    assert [(entry.day.isoformat(), entry.code, entry.rule) for entry in entries] == [
        ("2024-04-19", "received_after_hours", "R06"),
        ("2024-04-22", "counting_working_days", "R14"),
        ("2024-04-27", "non_working_skipped", "D-WEEK"),
        ("2024-05-01", "non_working_skipped", "D-HOLIDAY"),
        ("2024-05-04", "weekend_counted", "D-TRANSFER"),
        ("2024-05-07", "non_working_skipped", "D-HOLIDAY"),
        ("2024-05-08", "non_working_skipped", "D-TRANSFER"),
        ("2024-05-09", "non_working_skipped", "D-HOLIDAY"),
        ("2024-05-16", "due", "R14"),
    ]
    assert entries[2].params["on"] == ["2024-04-27", "2024-04-28", "2024-05-05", "2024-05-11", "2024-05-12"]


def test_the_ledger_of_a_calendar_day_term_says_why_it_rolled() -> None:
    entries = open_term("statement", at_noon("2021-03-05"), HOURS, CALENDAR).entries
    assert [(entry.day.isoformat(), entry.code, entry.rule) for entry in entries] == [
        ("2021-03-05", "received_in_hours", "L2007-REG"),
        ("2021-03-05", "counting_calendar_days", "L2007-TERM"),
        ("2021-03-20", "rolled", "L2007-ROLL"),
        ("2021-03-20", "rolled_over", "D-WEEK"),
        ("2021-03-21", "rolled_over", "D-HOLIDAY"),
        ("2021-03-24", "rolled_over", "D-HOLIDAY"),
        ("2021-03-25", "due", "L2007-TERM"),
    ]


def test_a_new_override_is_not_answered_from_an_old_count() -> None:
    before = open_term("statement", at_noon("2026-11-23"), HOURS, CALENDAR)
    moved = open_term("statement", at_noon("2026-11-23"), HOURS, Calendar({day("2026-12-01"): False}))
    outside = open_term("statement", at_noon("2026-11-23"), HOURS, Calendar({day("2026-12-15"): False}))
    assert (before.due_on, moved.due_on, outside.due_on) == (
        day("2026-12-14"),
        day("2026-12-15"),
        day("2026-12-14"),
    )


@settings(deadline=None)
@given(INSTANTS, st.sampled_from(KINDS), st.sampled_from((5, 6)))
def test_a_due_day_is_a_working_day_and_its_entries_survive_storage(
    instant: datetime, kind: str, week: int
) -> None:
    term = open_term(kind, instant, OfficeHours(week=week), CALENDAR)
    assert CALENDAR.for_week(week).is_working_day(term.due_on)
    assert term.entries[-1].day == term.due_on
    assert [entry.day for entry in term.entries] == sorted(entry.day for entry in term.entries)
    assert all(entry.rule in LAW.ids() for entry in term.entries)
    stored = [LedgerEntry.from_json(json.loads(json.dumps(entry.as_json()))) for entry in term.entries]
    assert stored == list(term.entries)


@settings(deadline=None)
@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=40)), st.sampled_from(KINDS))
def test_a_later_receipt_never_gives_an_earlier_due_day(
    instant: datetime, later: timedelta, kind: str
) -> None:
    after = min(instant + later, datetime(2060, 12, 30, tzinfo=UTC))
    first = open_term(kind, instant, HOURS, CALENDAR)
    second = open_term(kind, after, HOURS, CALENDAR)
    assert first.registered_on <= second.registered_on
    assert first.due_on <= second.due_on


@settings(deadline=None)
@given(INSTANTS, st.integers(1, 60))
def test_a_holiday_inside_the_term_moves_it_and_one_outside_does_not(instant: datetime, place: int) -> None:
    term = open_term("statement", instant, HOURS, CALENDAR, regime_at=datetime(2022, 1, 10, tzinfo=UTC))
    off = CALENDAR.roll(term.registered_on + timedelta(days=place))
    moved = open_term(
        "statement", instant, HOURS, Calendar({off: False}), regime_at=datetime(2022, 1, 10, tzinfo=UTC)
    )
    expected = CALENDAR.next_working_day(term.due_on) if off <= term.due_on else term.due_on
    assert moved.due_on == expected

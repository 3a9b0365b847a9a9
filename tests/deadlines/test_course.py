"""What happens to a term: facts and the days that follow from them."""

import json
from dataclasses import replace

import pytest

from app.deadlines import facts
from app.deadlines.calendar import SIX, Calendar, OfficeHours
from app.deadlines.facts import Fact, FactCode, opened, read_facts
from app.deadlines.ledger import compute, forward_by, open_term, rest_of_term
from app.deadlines.regimes import LAW, Law, Matter, Stage
from app.deadlines.term import NoticeDue
from tests.deadlines.days import CALENDAR, DUE, HOURS, SAMPLES, at, codes, day, term_of
from tests.deadlines.days import opened as opened_on

# Monday; fifteen working days end on Monday 14 December 2026.
OPENING = opened_on("2026-11-23")


def reading(matter: Matter, subject: str, value: str) -> Law:
    """The law with another reading of a rule."""
    rule = LAW.rule(matter, subject, day("2026-11-23"))
    return LAW.amended(replace(rule, reading=value, valid_from=day("2026-01-01")))


def test_an_opening_alone_is_an_open_term() -> None:
    for received in ("2026-11-23", "2026-11-23T19:42", "2021-03-05", "2026-11-28"):
        for kind in ("statement", "inquiry"):
            assert compute([opened(kind, at(received), HOURS, CALENDAR)], CALENDAR) == open_term(
                kind, at(received), HOURS, CALENDAR
            )


@pytest.mark.parametrize(
    ("stopped", "started", "due"),
    [
        # Ten working days of suspension: ten working days later.
        ("2026-11-25", "2026-12-09", "2026-12-29"),
        # Over a weekend alone: nothing moves.
        ("2026-11-27", "2026-11-29", "2026-12-14"),
        ("2026-11-28", "2026-11-29", "2026-12-14"),
        # Stopped and started on one day.
        ("2026-11-25", "2026-11-25", "2026-12-14"),
        # From the last day over the year's end: nothing is left of the term on the day it starts again.
        ("2026-12-14", "2027-01-08", "2027-01-08"),
    ],
)
def test_a_suspension_moves_the_due_day_by_the_working_days_it_lasts(
    stopped: str, started: str, due: str
) -> None:
    term = term_of(
        OPENING, facts.suspended(at(stopped), "staff", "court"), facts.resumed(at(started), "staff")
    )
    assert (term.due_on, term.running, term.suspended) == (day(due), True, False)
    assert CALENDAR.working_days_between(day("2026-12-14"), term.due_on) == term.stood_days


def test_while_it_is_suspended_the_day_stays_and_the_clock_stands() -> None:
    term = term_of(OPENING, facts.suspended(at("2026-11-25"), "staff", "court", day("2027-01-20")))
    assert (term.due_on, term.running, term.suspended) == (day("2026-12-14"), False, True)
    assert (term.stopped_on, term.resume_on) == (day("2026-11-25"), day("2027-01-20"))
    assert codes(term)[-1] == ("2026-12-14", "due_on_hold")
    assert term.entries[2].params == {"ground": "court", "left": 13, "unit": "working_days"}


def test_two_suspensions_add_up() -> None:
    term = term_of(
        OPENING,
        facts.suspended(at("2026-11-24"), "staff", "court"),
        facts.resumed(at("2026-11-26"), "staff"),
        facts.suspended(at("2026-12-01"), "staff", "missing_data"),
        facts.resumed(at("2026-12-04"), "staff"),
    )
    assert (term.stood_days, term.due_on) == (5, day("2026-12-22"))
    assert [code for _, code in codes(term)].count("resumed") == 2


def test_what_is_skipped_is_said_for_the_days_that_count_and_not_for_those_that_stood() -> None:
    term = term_of(
        OPENING,
        facts.suspended(at("2026-11-26"), "staff", "court"),
        facts.resumed(at("2026-12-14"), "staff"),
    )
    skipped = [entry.params["on"] for entry in term.entries if entry.code == "non_working_skipped"]
    assert term.due_on == day("2026-12-31")
    assert skipped == [["2026-12-16"], ["2026-12-19", "2026-12-20", "2026-12-26", "2026-12-27"]]


def test_a_suspended_term_in_calendar_days_moves_by_calendar_days() -> None:
    opening = opened_on("2021-06-01")
    term = term_of(
        opening, facts.suspended(at("2021-06-05"), "staff", "court"), facts.resumed(at("2021-06-10"), "staff")
    )
    assert (term.raw_due_on, term.due_on, term.stood_days) == (day("2021-06-21"), day("2021-06-21"), 5)


def test_an_extension_is_to_the_day_or_the_next_working_one() -> None:
    term = term_of(OPENING, facts.extended(at("2026-12-14"), "staff", day("2027-01-09")))
    assert (term.due_on, term.raw_due_on) == (day("2027-01-11"), day("2027-01-09"))
    assert (term.extended, term.first_due_on) == (True, day("2026-12-14"))
    assert term.notices == (NoticeDue("extended", day("2026-12-18"), "R15-NOTICE"),)
    assert ("2027-01-09", "extension_rolled") in codes(term)
    assert codes(term)[-1] == ("2027-01-11", "due")


def test_the_notice_of_an_extension_under_the_2007_law_has_three_calendar_days() -> None:
    term = term_of(opened_on("2021-06-01"), facts.extended(at("2021-06-15"), "staff", day("2021-07-10")))
    assert term.notices == (NoticeDue("extended", day("2021-06-18"), "L2007-EXT-NOTICE"),)


def test_a_new_day_off_does_not_move_an_extended_day_but_rolls_it() -> None:
    extended = facts.extended(at("2026-12-10"), "staff", day("2027-01-12"))
    inside = Calendar({day("2026-12-22"): False})
    on_it = Calendar({day("2027-01-12"): False})
    assert term_of(OPENING, extended).due_on == day("2027-01-12")
    assert term_of(OPENING, extended, calendar=inside).due_on == day("2027-01-12")
    assert term_of(OPENING, extended, calendar=inside).first_due_on == day("2026-12-14")
    assert term_of(OPENING, extended, calendar=on_it).due_on == day("2027-01-13")


def test_an_extension_never_shortens_a_term_that_the_calendar_has_moved() -> None:
    extended = facts.extended(at("2026-12-10"), "staff", day("2026-12-15"))
    moved = Calendar({day(f"2026-12-{number:02}"): False for number in (1, 2, 3)})
    assert term_of(OPENING, extended, calendar=moved).due_on == day("2026-12-18")


def test_a_suspension_moves_an_extended_day_too() -> None:
    term = term_of(
        OPENING,
        facts.extended(at("2026-12-10"), "staff", day("2026-12-28")),
        facts.suspended(at("2026-12-14"), "staff", "court"),
        facts.resumed(at("2026-12-18"), "staff"),
    )
    assert (term.stood_days, term.due_on, term.first_due_on) == (3, day("2026-12-31"), day("2026-12-18"))


def test_correction_is_part_of_the_term() -> None:
    asked = facts.correction_requested(at("2026-11-25"), "staff", day("2026-11-30"))
    waiting = term_of(OPENING, asked)
    assert (waiting.correct_by, waiting.running, waiting.due_on) == (
        day("2026-11-30"),
        True,
        day("2026-12-14"),
    )
    done = term_of(OPENING, asked, facts.corrected(at("2026-11-27"), "citizen"))
    assert (done.correct_by, done.due_on) == (None, day("2026-12-14"))


def test_correction_stops_the_term_where_the_setting_says_so() -> None:
    law = reading(Matter.CORRECTION, "statement", "stops_term")
    asked = facts.correction_requested(at("2026-11-25"), "staff", day("2026-11-30"))
    waiting = compute([OPENING, asked], CALENDAR, law)
    assert (waiting.running, waiting.suspended) == (False, False)
    done = compute([OPENING, asked, facts.corrected(at("2026-11-27"), "citizen")], CALENDAR, law)
    assert (done.running, done.stood_days, done.due_on) == (True, 2, day("2026-12-17"))


def test_a_hearing_says_from_when_an_unfavourable_decision_may_come() -> None:
    soon = term_of(OPENING, facts.hearing(at("2026-11-25"), "staff", day("2026-11-26"))).hearing
    assert soon
    assert (soon.decide_from, soon.object_by) == (day("2026-11-30"), day("2026-11-27"))
    later = term_of(OPENING, facts.hearing(at("2026-11-25"), "staff", day("2026-12-03"))).hearing
    assert later
    assert later.decide_from == day("2026-12-03")


def test_additional_control_lasts_until_the_promise_is_kept() -> None:
    promised = facts.promised(at("2026-12-01"), "staff", day("2027-03-01"))
    answered = facts.answered(at("2026-12-01"), "staff", due_on=DUE)
    term = term_of(OPENING, answered, promised)
    assert (term.control_until, term.closed_on, term.running) == (
        day("2027-03-01"),
        day("2026-12-01"),
        False,
    )
    assert term.notices == (NoticeDue("promised", day("2026-12-04"), "A11-NOTICE"),)
    lifted = term_of(OPENING, answered, promised, facts.control_lifted(at("2027-02-01"), "staff"))
    assert lifted.control_until is None


def test_a_forwarded_appeal_has_a_new_term_where_it_arrives() -> None:
    sent = term_of(OPENING, facts.forwarded(at("2026-11-25T17:00"), "staff", due_on=DUE))
    assert sent.notices == (NoticeDue("forwarded", day("2026-11-25"), "R10-NOTICE"),)
    # The receiver works until 16:30: there it is registered on the next day.
    received = opened(
        "statement",
        at("2026-11-25T17:00"),
        replace(HOURS, closes=at("2026-11-25T16:30").time()),
        CALENDAR,
        origin="forwarded",
        first_received_at=at("2026-11-23"),
    )
    term = term_of(received)
    assert (term.registered_on, term.due_on) == (day("2026-11-26"), day("2026-12-18"))
    assert codes(term)[1] == ("2026-11-26", "own_term_forwarded")


def test_a_forwarded_appeal_keeps_the_law_it_came_under() -> None:
    received = opened(
        "statement", at("2021-07-02"), HOURS, CALENDAR, first_received_at=at("2021-06-30T20:00")
    )
    term = term_of(received)
    assert (term.regime, term.law_day, term.due_on) == ("law-2007", day("2021-06-30"), day("2021-07-19"))


@pytest.mark.parametrize(
    ("sent", "back", "rest", "due"),
    [
        # Sent on with 13 days left: it comes back with 13.
        ("2026-11-25", "2026-12-07", 13, "2026-12-25"),
        # On the last day, and after it: nothing is left.
        ("2026-12-14", "2026-12-21", 0, "2026-12-21"),
        ("2026-12-18", "2026-12-21", 0, "2026-12-21"),
    ],
)
def test_a_body_that_gets_it_back_has_the_rest_of_its_first_term(
    sent: str, back: str, rest: int, due: str
) -> None:
    first = term_of(OPENING)
    assert rest_of_term(first, day(sent), CALENDAR) == rest
    returned = opened_on(back, origin="forwarded", rest=rest, first_received_at=at("2026-11-23"))
    term = term_of(returned)
    assert (term.term_days, term.due_on) == (rest, day(due))
    assert codes(term)[1][1] == "rest_of_first_term"


def test_the_rest_of_a_term_in_calendar_days_is_in_calendar_days() -> None:
    first = term_of(opened_on("2021-06-01"))
    rest = rest_of_term(first, day("2021-06-04"), CALENDAR)
    term = term_of(opened_on("2021-06-20", rest=rest))
    assert (rest, term.raw_due_on, term.due_on) == (12, day("2021-07-03"), day("2021-07-03"))


def test_a_new_term_for_who_gets_it_back_is_a_setting() -> None:
    law = reading(Matter.COMING_BACK, "statement", "new_term")
    term = compute([opened_on("2026-12-07", rest=3)], CALENDAR, law)
    assert (term.term_days, term.rest) == (15, None)


def test_counting_from_the_day_itself_is_a_setting() -> None:
    law = reading(Matter.COUNTING, "statement", "same_day")
    assert compute([OPENING], CALENDAR, law).due_on == day("2026-12-11")


def test_a_complaint_is_handed_over_and_then_reviewed() -> None:
    at_respondent = term_of(opened_on("2026-11-23", "complaint", stage=Stage.HANDOVER))
    assert (at_respondent.procedure, at_respondent.due_on) == ("complaint", day("2026-11-26"))
    assert forward_by(at_respondent, CALENDAR) == day("2026-11-26")
    assert [code for _, code in codes(at_respondent)] == [
        "received_in_hours",
        "complaint_handover",
        "counting_working_days",
        "due_handover",
    ]
    reviewed = term_of(
        opened_on("2026-11-25", "complaint", stage=Stage.REVIEW, first_received_at=at("2026-11-23"))
    )
    assert (reviewed.term_days, reviewed.due_on) == (20, day("2026-12-24"))
    assert forward_by(reviewed, CALENDAR) is None


def test_a_complaint_under_the_2007_law_is_an_appeal_like_the_others() -> None:
    term = term_of(opened_on("2021-06-01", "complaint", stage=Stage.HANDOVER))
    assert (term.subject, term.rule, term.due_on) == ("complaint", "L2007-TERM", day("2021-06-16"))


def test_circumstances_of_an_opening_are_said() -> None:
    term = term_of(opened_on("2026-11-23", "complaint", origin="reopened", anonymous=True, filed_late=True))
    assert [entry.code for entry in term.entries[1:4]] == ["own_term_reopened", "anonymous", "filed_late"]
    assert [entry.rule for entry in term.entries[1:4]] == ["R12", "A03", "C06"]


def test_what_is_late_stays_late_whatever_is_done_afterwards() -> None:
    answered = term_of(OPENING, facts.answered(at("2026-12-15"), "staff", due_on=DUE))
    assert codes(answered)[-1] == ("2026-12-15", "answered_late")
    in_time = term_of(OPENING, facts.answered(at("2026-12-14T23:59"), "staff", due_on=DUE))
    assert codes(in_time)[-1] == ("2026-12-14", "answered")
    forwarded = term_of(OPENING, facts.forwarded(at("2026-11-27"), "staff", due_on=DUE))
    assert ("2026-11-27", "forwarded_late") in codes(forwarded)


def test_what_is_announced_after_the_end_moves_nothing() -> None:
    """An order in force in time that is entered late: whoever was late for 14 December stays late."""
    entered_late = Calendar({day("2026-12-10"): False})
    assert term_of(OPENING, calendar=entered_late).due_on == day("2026-12-15")
    term = term_of(OPENING, facts.answered(at("2026-12-15"), "staff", due_on=DUE), calendar=entered_late)
    assert term.due_on == DUE
    assert codes(term)[-3:] == [
        ("2026-12-14", "due"),
        ("2026-12-15", "due_kept"),
        ("2026-12-15", "answered_late"),
    ]


def test_a_fact_names_its_event_and_its_author() -> None:
    stored = [fact.as_json() for fact in (OPENING, facts.suspended(at("2026-11-25"), "staff", "court"))]
    rows = [(b"\x01\x02", [stored[0]]), (b"\x03\x04", [stored[1]])]
    term = compute(read_facts(rows), CALENDAR)
    named = [(entry.code, entry.event, entry.by) for entry in term.entries if entry.event]
    assert named == [("received_in_hours", "0102", "citizen"), ("suspended", "0304", "staff")]
    assert [notice.event for notice in term.notices] == ["0304"]


@pytest.mark.parametrize("code", [code for code in FactCode if code is not FactCode.OPENED])
def test_every_fact_is_plain_json(code: FactCode) -> None:
    for fact in SAMPLES[code]:
        stored = json.loads(json.dumps(fact.as_json()))
        assert Fact.from_json(stored) == fact
        assert all(isinstance(value, str | int | bool) for value in stored["data"].values())


def test_an_opening_keeps_its_day_whatever_the_calendar_says_later() -> None:
    """What was registered stays registered; the order moves the due day."""
    stored = Fact.from_json(json.loads(json.dumps(opened_on("2026-11-28").as_json())))
    moved = compute([stored], Calendar({day("2026-11-30"): False}))
    assert (moved.registered_on, moved.due_on) == (day("2026-11-30"), day("2026-12-22"))
    assert moved.entries[0].params["why"] == "weekend"


def test_days_are_counted_by_the_week_that_the_body_had() -> None:
    six = opened("statement", at("2026-11-23"), OfficeHours(week=SIX), CALENDAR)
    term = term_of(
        six, facts.suspended(at("2026-11-27"), "staff", "court"), facts.resumed(at("2026-11-28"), "staff")
    )
    assert (term.stood_days, term.due_on) == (1, day("2026-12-11"))


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ([], "begins with its opening"),
        ([facts.resumed(at("2026-11-25"), "staff")], "begins with its opening"),
        ([OPENING, OPENING], "one opening"),
        ([OPENING, facts.resumed(at("2026-11-25"), "staff")], "cannot be started"),
        ([OPENING, *[facts.suspended(at("2026-11-25"), "staff", "court")] * 2], "cannot be stopped"),
        ([OPENING, facts.suspended(at("2026-11-22"), "staff", "court")], "is dated before opened"),
        (
            [
                OPENING,
                facts.suspended(at("2026-11-30"), "staff", "court"),
                facts.resumed(at("2026-11-25"), "staff"),
            ],
            "is dated before suspended",
        ),
    ],
)
def test_facts_that_cannot_follow_each_other_are_refused(happened: list[Fact], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compute(happened, CALENDAR)


def test_an_act_before_the_day_of_registration_counts_from_that_day() -> None:
    """What came in on Saturday is registered on Monday; who works on it on Sunday gains nothing."""
    term = term_of(
        opened_on("2026-11-28"),
        facts.suspended(at("2026-11-29"), "staff", "court"),
        facts.resumed(at("2026-12-02"), "staff"),
    )
    assert (term.registered_on, term.stood_days, term.due_on) == (
        day("2026-11-30"),
        2,
        day("2026-12-24"),
    )

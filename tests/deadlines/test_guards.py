"""What a term allows on a day: each guard's yes, its no, and the edge between them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.core.i18n import LANGUAGES, Language
from app.deadlines import facts, guards
from app.deadlines.explain import refusal
from app.deadlines.guards import Refused
from app.deadlines.regimes import LAW, Law, Matter, Stage
from app.deadlines.term import Term
from tests.deadlines.days import CALENDAR, at, day, opened, term_of

# Monday; due on Monday 14 December 2026; two months end on Saturday 23 January 2027.
OPENING = opened("2026-11-23")
TERM = term_of(OPENING)
SUSPENDED = term_of(OPENING, facts.suspended(at("2026-11-25"), "staff", "court"))
ASKED = term_of(OPENING, facts.correction_requested(at("2026-11-25"), "staff", day("2026-11-30")))
HANDOVER = term_of(opened("2026-11-23", "complaint", stage=Stage.HANDOVER))
REVIEW = term_of(opened("2026-11-23", "complaint", stage=Stage.REVIEW))
OLD = term_of(opened("2021-06-01"))


def with_reading(matter: Matter, value: str) -> Law:
    rule = LAW.rule(matter, "statement", day("2026-11-23"))
    return LAW.amended(replace(rule, reading=value, valid_from=day("2026-01-01")))


def refused(act: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as found:
        act(*args, **kwargs)
    return found.value.code, found.value.field


# extension


def extend(term: Term, on: str, until: str, role: str = "head", law: Law = LAW) -> date:
    return guards.may_extend(term, role, day(on), day(until), CALENDAR, law)


@pytest.mark.parametrize(
    ("until", "due"),
    [
        ("2026-12-15", "2026-12-15"),
        ("2026-12-16", "2026-12-17"),
        ("2027-01-23", "2027-01-25"),
        ("2027-01-25", "2027-01-25"),
    ],
)
def test_a_head_extends_up_to_the_cap(until: str, due: str) -> None:
    assert extend(TERM, "2026-12-14", until) == day(due)


@pytest.mark.parametrize(
    ("term", "on", "until", "role", "why"),
    [
        (TERM, "2026-12-14", "2027-01-26", "head", ("beyond_cap", "until")),
        (TERM, "2026-12-14", "2026-12-14", "head", ("not_later", "until")),
        (TERM, "2026-12-15", "2027-01-11", "head", ("too_late", "")),
        (TERM, "2026-12-14", "2027-01-11", "operator", ("head_only", "")),
        (SUSPENDED, "2026-12-01", "2027-01-11", "head", ("clock_stopped", "")),
        (HANDOVER, "2026-11-24", "2026-12-11", "head", ("not_extendable", "")),
        (REVIEW, "2026-11-24", "2027-01-11", "head", ("not_extendable", "")),
    ],
)
def test_why_a_term_is_not_extended(term: Term, on: str, until: str, role: str, why: tuple[str, str]) -> None:
    assert refused(extend, term, on, until, role) == why


def test_both_readings_of_two_months() -> None:
    assert guards.cap_on(TERM, CALENDAR) == day("2027-01-25")
    on_top = with_reading(Matter.EXTENSION, "on_top")
    assert guards.cap_on(TERM, CALENDAR, on_top) == day("2027-02-15")
    assert extend(TERM, "2026-12-14", "2027-02-14", law=on_top) == day("2027-02-15")
    assert refused(extend, TERM, "2026-12-14", "2027-02-16", law=on_top) == ("beyond_cap", "until")


def test_the_cap_of_the_2007_law_is_thirty_calendar_days_beyond_the_term() -> None:
    assert (OLD.due_on, guards.cap_on(OLD, CALENDAR)) == (day("2021-06-16"), day("2021-07-16"))


def test_a_second_extension_stays_within_the_same_cap() -> None:
    for law in (LAW, with_reading(Matter.EXTENSION, "on_top")):
        once = term_of(OPENING, facts.extended(at("2026-12-14"), "staff", day("2027-01-11")), law=law)
        assert guards.cap_on(once, CALENDAR, law) == guards.cap_on(TERM, CALENDAR, law)
        assert extend(once, "2027-01-11", "2027-01-25", law=law) == day("2027-01-25")
        assert refused(extend, once, "2027-01-12", "2027-01-25", law=law) == ("too_late", "")


def test_the_days_that_the_clock_stood_are_not_taken_from_the_cap() -> None:
    stood = term_of(
        OPENING,
        facts.suspended(at("2026-11-25"), "staff", "court"),
        facts.resumed(at("2026-12-02"), "staff"),
    )
    assert stood.stood_days == 5
    assert guards.cap_on(stood, CALENDAR) == CALENDAR.add_working_days(day("2027-01-25"), 5)


def test_the_days_of_the_first_holding_are_taken_from_the_cap() -> None:
    back = term_of(opened("2026-12-07", origin="forwarded", rest=13))
    assert guards.cap_on(back, CALENDAR) == CALENDAR.working_day_before(day("2027-02-08"), 2)


# suspension


def test_a_term_is_suspended_on_a_ground_of_the_law_while_it_lasts() -> None:
    for ground in ("court", "other_case", "missing_data"):
        guards.may_suspend(TERM, ground, day("2026-12-14"), day("2026-12-15"))
    guards.may_suspend(REVIEW, "court", day("2026-12-14"))
    guards.may_resume(SUSPENDED)


@pytest.mark.parametrize(
    ("term", "ground", "on", "until", "why"),
    [
        (TERM, "holiday", "2026-12-01", None, ("unknown_ground", "ground")),
        (TERM, "court", "2026-12-15", None, ("too_late", "")),
        (TERM, "court", "2026-12-01", "2026-12-01", ("day_not_ahead", "until")),
        (SUSPENDED, "court", "2026-12-01", None, ("already_suspended", "")),
        (HANDOVER, "court", "2026-11-24", None, ("not_suspendable", "")),
        (OLD, "court", "2021-06-05", None, ("not_suspendable", "")),
    ],
)
def test_why_a_term_is_not_suspended(
    term: Term, ground: str, on: str, until: str | None, why: tuple[str, str]
) -> None:
    planned = day(until) if until else None
    assert refused(guards.may_suspend, term, ground, day(on), planned) == why


def test_only_what_is_suspended_is_resumed() -> None:
    assert refused(guards.may_resume, TERM) == ("not_suspended", "")
    stopping = with_reading(Matter.CORRECTION, "stops_term")
    asked = facts.correction_requested(at("2026-11-25"), "staff", day("2026-11-30"))
    assert refused(guards.may_resume, term_of(OPENING, asked, law=stopping)) == ("not_suspended", "")


# correction


@pytest.mark.parametrize(
    ("on", "until", "last"),
    [
        ("2026-11-24", None, "2026-12-01"),
        ("2026-12-11", None, "2026-12-14"),
        ("2026-11-24", "2026-11-25", "2026-11-25"),
        ("2026-11-24", "2026-12-14", "2026-12-14"),
    ],
)
def test_the_time_to_correct_is_within_the_term(on: str, until: str | None, last: str) -> None:
    named = day(until) if until else None
    assert guards.may_request_correction(TERM, day(on), named, CALENDAR) == day(last)


@pytest.mark.parametrize(
    ("term", "on", "until", "why"),
    [
        (TERM, "2026-11-24", "2026-11-24", ("day_not_ahead", "until")),
        (TERM, "2026-11-24", "2026-12-15", ("beyond_term", "until")),
        (TERM, "2026-12-15", "2026-12-18", ("too_late", "")),
        (ASKED, "2026-11-26", "2026-12-01", ("correction_open", "")),
        (SUSPENDED, "2026-11-26", "2026-12-01", ("clock_stopped", "")),
        (HANDOVER, "2026-11-24", "2026-11-25", ("not_correctable", "")),
    ],
)
def test_why_no_correction_is_asked_for(term: Term, on: str, until: str, why: tuple[str, str]) -> None:
    assert refused(guards.may_request_correction, term, day(on), day(until), CALENDAR) == why


def test_where_correction_stops_the_term_it_may_last_longer() -> None:
    law = with_reading(Matter.CORRECTION, "stops_term")
    assert guards.may_request_correction(TERM, day("2026-12-11"), None, CALENDAR, law) == day("2026-12-21")
    assert guards.may_request_correction(TERM, day("2026-12-11"), day("2027-01-11"), CALENDAR, law) == day(
        "2027-01-11"
    )


def test_what_is_not_corrected_is_returned_after_its_last_day() -> None:
    assert refused(guards.may_return, TERM, day("2026-12-01")) == ("no_correction_open", "")
    assert refused(guards.may_return, ASKED, day("2026-11-30")) == ("correction_time_left", "")
    guards.may_return(ASKED, day("2026-12-01"))


# hearing and answer


def answer(term: Term, on: str = "2026-12-01", **said: Any) -> None:
    usual = {"outcome": "satisfied", "language": "kk", "appeal_language": "ru", "legal_basis": "76-бап"}
    guards.may_answer(term, on=day(on), **(usual | said))


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_answer_is_in_kazakh_or_in_the_language_of_the_appeal(language: str) -> None:
    answer(TERM, language=language)
    answer(TERM, language="en", appeal_language="en")


def test_why_an_answer_is_refused() -> None:
    assert refused(answer, TERM, language="en") == ("answer_language", "language")
    for basis in (None, "", " \n"):
        assert refused(answer, TERM, legal_basis=basis) == ("legal_basis_missing", "legal_basis")
    assert refused(answer, HANDOVER) == ("only_hand_over", "")


def test_a_late_answer_is_given_all_the_same() -> None:
    answer(TERM, on="2027-03-01")


def test_a_refusal_under_the_general_procedure_needs_a_hearing() -> None:
    assert guards.hearing_needed(TERM, "refused")
    assert refused(answer, TERM, outcome="refused") == ("hearing_required", "")
    heard = term_of(OPENING, facts.hearing(at("2026-11-25"), "staff", day("2026-11-27")))
    assert not guards.hearing_needed(heard, "refused")
    assert refused(answer, heard, on="2026-11-27", outcome="refused") == ("hearing_not_over", "")
    answer(heard, on="2026-11-30", outcome="refused")
    answer(heard, on="2026-11-26", outcome="satisfied")


def test_a_recorded_exemption_takes_the_place_of_a_hearing() -> None:
    exempt = term_of(OPENING, facts.hearing_exempt(at("2026-11-25"), "staff"))
    answer(exempt, on="2026-11-25", outcome="refused")
    heard = facts.hearing(at("2026-11-25"), "staff", day("2026-12-10"))
    both = term_of(OPENING, heard, facts.hearing_exempt(at("2026-11-26"), "staff"))
    answer(both, on="2026-11-26", outcome="refused")


@pytest.mark.parametrize("outcome", ["satisfied", "partly_satisfied", "explained", "taken_note"])
def test_other_outcomes_and_the_simplified_procedure_need_none(outcome: str) -> None:
    assert not guards.hearing_needed(TERM, outcome)
    for kind in ("message", "inquiry", "response", "proposal"):
        assert not guards.hearing_needed(term_of(opened("2026-11-23", kind)), "refused")
    assert not guards.hearing_needed(OLD, "refused")


def test_when_a_hearing_may_be_set() -> None:
    guards.may_hold_hearing(TERM, day("2026-11-25"), day("2026-11-26"))
    assert refused(guards.may_hold_hearing, TERM, day("2026-11-25"), day("2026-11-25")) == (
        "day_not_ahead",
        "on",
    )
    inquiry = term_of(opened("2026-11-23", "inquiry"))
    assert refused(guards.may_hold_hearing, inquiry, day("2026-11-25"), day("2026-11-26")) == (
        "no_hearing_here",
        "",
    )
    assert refused(guards.may_hold_hearing, SUSPENDED, day("2026-11-26"), day("2026-11-27")) == (
        "clock_stopped",
        "",
    )


# forwarding and ending


def test_forwarding_after_the_third_working_day_is_late() -> None:
    assert not guards.forward_late(TERM, day("2026-11-26"), CALENDAR)
    assert guards.forward_late(TERM, day("2026-11-27"), CALENDAR)
    assert guards.forward_late(HANDOVER, day("2026-11-27"), CALENDAR)
    assert not guards.forward_late(REVIEW, day("2027-11-27"), CALENDAR)


def test_at_the_body_it_is_about_a_complaint_is_handed_over_or_corrected() -> None:
    for act in ("forward", "self-correct"):
        guards.may_act(HANDOVER, act)
    for act in ("answer", "terminate", "suspend", "extend", "hearing", "decide"):
        assert refused(guards.may_act, HANDOVER, act) == ("only_hand_over", "")
        guards.may_act(REVIEW, act)
        guards.may_act(TERM, act)


def test_grounds_of_termination() -> None:
    for ground in (
        "same_subject_decided",
        "no_new_arguments",
        "death_or_liquidation",
        "anonymous",
        "no_essence",
    ):
        for term in (TERM, OLD, REVIEW):
            guards.may_terminate(term, ground)
    assert refused(guards.may_terminate, TERM, "weariness") == ("unknown_ground", "ground")


@pytest.mark.parametrize(
    ("name", "address", "signed", "anonymous"),
    [
        (None, None, False, True),
        (" ", "", False, True),
        ("Үлгібек Сынақбаев", None, False, False),
        (None, "Түркістан қ., Мысал көшесі, 5", False, False),
        (None, None, True, False),
    ],
)
def test_who_is_anonymous(name: str | None, address: str | None, signed: bool, anonymous: bool) -> None:
    assert guards.is_anonymous(name=name, address=address, signed=signed) is anonymous


# sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_why(language: Language) -> None:
    said = set()
    for act in (
        lambda: extend(TERM, "2026-12-14", "2027-01-26"),
        lambda: extend(TERM, "2026-12-15", "2027-01-11"),
        lambda: extend(TERM, "2026-12-14", "2026-12-14"),
        lambda: guards.may_suspend(TERM, "holiday", day("2026-12-01")),
        lambda: guards.may_return(ASKED, day("2026-11-30")),
        lambda: answer(TERM, language="en"),
    ):
        with pytest.raises(Refused) as found:
            act()
        sentence = refusal(found.value, language)
        assert "{" not in sentence
        said.add(sentence)
    assert len(said) == 6


def test_a_refusal_in_kazakh_names_the_day() -> None:
    with pytest.raises(Refused) as found:
        extend(TERM, "2026-12-14", "2027-01-26")
    assert refusal(found.value, "kk") == "Бұл мерзімді ұзартуға болатын соңғы күн – 2027 ж. 25 қаңтар."
    assert refusal(found.value, "en") == "This term can be extended to 25 January 2027 at the latest."

"""Whatever happens to an appeal, and whenever: what always holds of its term."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines import facts, guards
from app.deadlines.calendar import ZONE, Calendar, OfficeHours, Override
from app.deadlines.explain import explain
from app.deadlines.facts import Fact, opened
from app.deadlines.guards import Refused
from app.deadlines.ledger import compute, open_term
from app.deadlines.regimes import Unit
from app.deadlines.term import Term
from tests.deadlines.days import A_KIND, CALENDAR, HOURS, INSTANTS, RECENT

WEEK = st.sampled_from((5, 6))
DAYS_LATER = st.timedeltas(timedelta(0), timedelta(days=120))
STEP = st.sampled_from(("suspend", "resume", "correct", "corrected", "extend", "hear", "exempt"))
LIVES = st.lists(st.tuples(st.integers(0, 30), STEP, st.integers(1, 90)), max_size=8)


def lived(opening: Fact, life: list[tuple[int, str, int]], calendar: Calendar = CALENDAR) -> Term:
    """What remains of a random life when every step that a guard refuses is left out."""
    happened, moment = [opening], opening.at
    for days, step, ahead in life:
        moment = min(moment + timedelta(days=days), datetime(2060, 12, 30, tzinfo=UTC))
        term = compute(happened, calendar)
        if fact := allowed(term, step, moment, moment.astimezone(ZONE).date(), ahead, calendar):
            happened.append(fact)
    return compute(happened, calendar)


def allowed(term: Term, step: str, moment: datetime, on: date, ahead: int, calendar: Calendar) -> Fact | None:
    then = on + timedelta(days=ahead)
    try:
        match step:
            case "suspend":
                guards.may_suspend(term, "court", on, then)
                return facts.suspended(moment, "staff", "court", then)
            case "resume":
                guards.may_resume(term)
                return facts.resumed(moment, "staff")
            case "correct":
                until = guards.may_request_correction(term, on, then, calendar)
                return facts.correction_requested(moment, "staff", until)
            case "corrected":
                return facts.corrected(moment, "citizen") if term.correct_by else None
            case "extend":
                guards.may_extend(term, "head", on, then, calendar)
                return facts.extended(moment, "staff", then)
            case "hear":
                guards.may_hold_hearing(term, on, then)
                return facts.hearing(moment, "staff", then)
            case _:
                return facts.hearing_exempt(moment, "staff")
    except Refused:
        return None


@settings(deadline=None)
@given(INSTANTS, A_KIND, WEEK, LIVES)
def test_the_due_day_is_a_working_day_of_the_body_and_its_reasons_lead_to_it(
    instant: datetime, kind: str, week: int, life: list[tuple[int, str, int]]
) -> None:
    term = lived(opened(kind, instant, OfficeHours(week=week), CALENDAR), life)
    assert CALENDAR.for_week(week).is_working_day(term.due_on)
    days = [entry.day for entry in term.entries]
    assert days == sorted(days)
    last = [entry for entry in term.entries if entry.code in ("due", "due_on_hold")]
    assert [entry.day for entry in last] == [term.due_on]
    assert term.running == (last[0].code == "due")


@settings(deadline=None)
@given(INSTANTS, A_KIND, LIVES, st.sampled_from(("kk", "ru", "en")))
def test_explaining_and_recomputing_agree(
    instant: datetime, kind: str, life: list[tuple[int, str, int]], language: str
) -> None:
    """What was stored gives the same term, and the sentences name the day that was computed."""
    term = lived(opened(kind, instant, HOURS, CALENDAR), life)
    stored = json.loads(json.dumps([fact.as_json() for fact in term.facts]))
    again = compute([Fact.from_json(fact) for fact in stored], CALENDAR)
    assert again == term
    steps = explain(again.entries, language)  # type: ignore[arg-type]
    assert [step["date"] for step in steps if step["code"] in ("due", "due_on_hold")] == [term.due_on]
    assert all("{" not in step["sentence"] for step in steps)


@settings(deadline=None)
@given(INSTANTS, DAYS_LATER, A_KIND, WEEK)
def test_a_later_receipt_never_gives_an_earlier_due_day(
    instant: datetime, later: timedelta, kind: str, week: int
) -> None:
    after = min(instant + later, datetime(2060, 12, 30, tzinfo=UTC))
    hours = OfficeHours(week=week)
    first, second = open_term(kind, instant, hours, CALENDAR), open_term(kind, after, hours, CALENDAR)
    assert first.registered_on <= second.registered_on
    assert first.due_on <= second.due_on


@settings(deadline=None)
@given(RECENT, A_KIND, WEEK, st.integers(0, 25), st.integers(0, 400))
def test_a_suspension_of_n_working_days_moves_the_due_day_by_n(
    instant: datetime, kind: str, week: int, waited: int, lasted: int
) -> None:
    own = CALENDAR.for_week(week)
    opening = opened(kind, instant, OfficeHours(week=week), CALENDAR)
    before = compute([opening], CALENDAR)
    stopped = opening.at + timedelta(days=waited)
    started = stopped + timedelta(days=lasted)
    after = compute(
        [opening, facts.suspended(stopped, "staff", "court"), facts.resumed(started, "staff")], CALENDAR
    )

    def counted(moment: datetime) -> date:
        return max(moment.astimezone(ZONE).date(), before.registered_on)

    stood = own.working_days_between(counted(stopped), counted(started))
    assert after.stood_days == stood
    assert own.working_days_between(before.due_on, after.due_on) == stood
    assert after.term_days == before.term_days


@settings(deadline=None)
@given(RECENT, A_KIND, st.integers(1, 60))
def test_a_holiday_inside_the_term_moves_it_and_one_outside_does_not(
    instant: datetime, kind: str, place: int
) -> None:
    term = open_term(kind, instant, HOURS, CALENDAR)
    off = CALENDAR.roll(term.registered_on + timedelta(days=place))
    announced = Override(off, working=False, act="order", valid_from=off - timedelta(days=3))
    moved = compute(term.facts, Calendar([announced]))
    assert moved.registered_on == term.registered_on
    assert moved.due_on == (CALENDAR.next_working_day(term.due_on) if off <= term.due_on else term.due_on)


@settings(deadline=None)
@given(RECENT, A_KIND, LIVES, st.integers(1, 40))
def test_an_order_that_comes_after_the_day_moves_nothing(
    instant: datetime, kind: str, life: list[tuple[int, str, int]], place: int
) -> None:
    """Nobody can back-date a day off either."""
    term = lived(opened(kind, instant, HOURS, CALENDAR), life)
    off = CALENDAR.roll(term.registered_on + timedelta(days=place))
    back_dated = Override(off, working=False, act="order", valid_from=off + timedelta(days=1))
    assert compute(term.facts, Calendar([back_dated])) == term


@settings(deadline=None)
@given(INSTANTS, A_KIND, LIVES)
def test_an_extension_never_passes_its_cap(
    instant: datetime, kind: str, life: list[tuple[int, str, int]]
) -> None:
    term = lived(opened(kind, instant, HOURS, CALENDAR), life)
    cap = guards.cap_on(term, CALENDAR)
    assert cap is not None
    assert term.due_on <= cap or not term.extended
    assert cap >= guards.cap_on(compute(term.facts[:1], CALENDAR), CALENDAR)  # type: ignore[operator]


@settings(deadline=None)
@given(RECENT, LIVES, st.integers(1, 60))
def test_no_act_after_the_due_day_moves_it(
    instant: datetime, life: list[tuple[int, str, int]], late: int
) -> None:
    term = lived(opened("statement", instant, HOURS, CALENDAR), life)
    on = term.due_on + timedelta(days=late)
    moment = datetime.combine(on, datetime.min.time(), ZONE)
    moving = [
        allowed(term, step, moment, on, 1, CALENDAR)
        for step in ("suspend", "extend", "correct")
        if term.running
    ]
    assert moving == [None] * len(moving)


@settings(deadline=None)
@given(RECENT, LIVES, st.timedeltas(timedelta(microseconds=1), timedelta(days=400)))
def test_nobody_can_back_date(instant: datetime, life: list[tuple[int, str, int]], before: timedelta) -> None:
    """A fact that is dated before the last one is refused, whatever it is."""
    term = lived(opened("statement", instant, HOURS, CALENDAR), life)
    earlier = term.facts[-1].at - before
    for fact in (
        facts.extended(earlier, "staff", term.due_on + timedelta(days=5)),
        facts.answered(earlier, "staff", due_on=term.due_on),
        facts.hearing_exempt(earlier, "staff"),
    ):
        with pytest.raises(ValueError, match="is dated before"):
            compute([*term.facts, fact], CALENDAR)


@settings(deadline=None)
@given(INSTANTS, A_KIND, LIVES)
def test_a_clock_that_runs_again_leaves_as_much_as_it_had(
    instant: datetime, kind: str, life: list[tuple[int, str, int]]
) -> None:
    """The days that counted, all stretches together, are those of the term."""
    term = lived(opened(kind, instant, HOURS, CALENDAR), life)
    if term.unit is Unit.WORKING_DAYS and not term.extended and term.running:
        elapsed = CALENDAR.working_days_between(term.registered_on, term.due_on)
        assert elapsed - term.stood_days == term.term_days

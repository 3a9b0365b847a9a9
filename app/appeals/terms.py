"""The acts that stop, start, move, end or watch a term, and those on complaints. As decide.py: no database.

What the term allows is asked of its guards (app/deadlines), which raise Refused.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.appeals.change import Change
from app.appeals.codes import ContentKind, Decision, EventKind, Likeness, Outcome, Status
from app.appeals.commands import (
    Controlling,
    Deciding,
    Extending,
    Hearing,
    Linking,
    Recalculating,
    Requesting,
    Suspending,
    Terminating,
    Unmasking,
    Watched,
    Writing,
)
from app.appeals.lifecycle import Act, Form
from app.core import clock
from app.deadlines import facts, guards
from app.deadlines.complaints import ReviewerKind, may_decide
from app.notices.models import Audience

OPERATOR_WARNED, HEAD_WARNED, PASSED = 1, 2, 3


def catch_up(change: Change) -> None:
    """Bring the due day up to date with the calendar and the rules before anything else is done with it."""
    if change.term_ is None or change.case.closed or change.term.due_on == change.due_on:
        return
    payload = change.command.payload
    why = payload if isinstance(payload, Recalculating) else _why(change)
    before, after = change.due_on, change.term.due_on
    change.take(facts.recalculated(change.at, before=before, after=after, act=why.act, rule=why.rule))
    moved = {"before": before.isoformat(), "after": after.isoformat(), "act": why.act, "rule": why.rule}
    change.happened(moved, kind=EventKind.RECALCULATED)


def _why(change: Change) -> Recalculating:
    """The order that was announced last about a day of the term; without one, the rules are other ones."""
    term = change.term
    last = max(term.due_on, change.due_on)
    orders = [order for day, order in change.calendar.overrides.items() if term.registered_on <= day <= last]
    if not orders:
        return Recalculating(rule=term.rule)
    return Recalculating(act=max(orders, key=lambda order: order.valid_from).act)


def _recalculate(change: Change) -> None:
    """What is to be done, `catch_up` has done."""
    if change.effects.events:
        change.changed()


def _suspend(change: Change) -> None:
    """R17."""
    payload = change.command.payload
    assert isinstance(payload, Suspending)
    guards.may_suspend(change.term, payload.ground, change.day, payload.until)
    first = _first(change, facts.FactCode.SUSPENDED)
    change.take(facts.suspended(change.at, change.command.actor.kind, payload.ground, payload.until))
    change.wait_until = payload.until
    data: dict[str, Any] = {"ground": payload.ground}
    if payload.until:
        data["until"] = payload.until.isoformat()
    content = change.said(ContentKind.REASON, {"text": payload.reason}) if payload.reason else None
    change.happened(data, content)
    change.changed()
    if first:
        change.marked(suspended=1)


def _first(change: Change, code: facts.FactCode) -> bool:
    """Whether nothing of the kind has happened to the holding yet."""
    return all(fact.code is not code for fact in change.taken)


def _resume(change: Change) -> None:
    """R17; for what waits for a correction (R08): it is no longer waited for."""
    if change.case.status is Status.AWAITING_CORRECTION:
        _corrected(change)
        return
    guards.may_resume(change.term)
    change.resume()
    change.happened()
    change.changed()


def _corrected(change: Change, content: bytes | None = None, said: dict[str, Any] | None = None) -> None:
    change.become(Form.CORRECTION)
    change.take(facts.corrected(change.at, change.command.actor.kind))
    change.wait_until = None
    change.happened(said, content)
    change.changed()


def _supplement(change: Change) -> None:
    """What the applicant adds; while a correction is waited for, that is it (R08)."""
    payload = change.command.payload
    assert isinstance(payload, Writing)
    details = {"details": dict(payload.details)} if payload.details else {}
    content = change.said(ContentKind.SUPPLEMENT, {"text": payload.text} | details)
    left_out = {"left_out": payload.left_out} if payload.left_out else {}
    if change.case.status is Status.AWAITING_CORRECTION:
        _corrected(change, content, left_out)
        return
    change.happened(left_out, content)
    change.changed()
    if left_out:
        change.told("appeal.supplemented", left_out)


def _request_correction(change: Change) -> None:
    """R08."""
    payload = change.command.payload
    assert isinstance(payload, Requesting)
    until = guards.may_request_correction(change.term, change.day, payload.until, change.calendar)
    first = _first(change, facts.FactCode.CORRECTION_REQUESTED)
    change.take(facts.correction_requested(change.at, change.command.actor.kind, until))
    change.wait_until = until
    content = change.said(ContentKind.REQUEST, {"text": payload.what})
    change.happened({"until": until.isoformat()}, content)
    change.changed()
    if first:
        change.marked(corrections=1)


def _extend(change: Change) -> None:
    """R15: a head's reasoned decision; the notice of it goes out with the act, within its three days."""
    payload, actor = change.command.payload, change.command.actor
    assert isinstance(payload, Extending)
    role = "head" if actor.decides_alone else "operator"
    guards.may_extend(change.term, role, change.day, payload.until, change.calendar)
    change.take(facts.extended(change.at, actor.kind, payload.until))
    content = change.said(ContentKind.REASON, {"text": payload.reason})
    change.happened({"until": change.due_on.isoformat()}, content)
    change.changed()


def _hearing(change: Change) -> None:
    """R18: the preliminary decision and an invitation, or why neither is needed."""
    payload, by = change.command.payload, change.command.actor.kind
    assert isinstance(payload, Hearing)
    if payload.exempt_ground is not None:
        change.become(Form.EXEMPT)
        change.take(facts.hearing_exempt(change.at, by))
        change.happened({}, change.said(ContentKind.REASON, {"text": payload.exempt_ground}))
    else:
        assert payload.on is not None
        guards.may_hold_hearing(change.term, change.day, payload.on)
        change.take(facts.hearing(change.at, by, payload.on))
        content = change.said(ContentKind.PRELIMINARY, {"text": payload.preliminary or ""})
        heard = change.term.hearing
        assert heard is not None
        days = {"on": heard.on, "decide_from": heard.decide_from, "object_by": heard.object_by}
        change.happened({name: day.isoformat() for name, day in days.items()}, content)
    change.changed()


def _terminate(change: Change) -> None:
    """A07."""
    payload = change.command.payload
    assert isinstance(payload, Terminating)
    guards.may_terminate(change.term, payload.ground)
    content = change.said(ContentKind.REASON, {"text": payload.reason})
    _ends(change, {"ground": payload.ground}, content, "terminated")


def _ends(change: Change, data: dict[str, Any], content: bytes | None, how: str) -> None:
    change.restart()
    change.happened(data, content)
    change.changed(how=how)


def _link(change: Change) -> None:
    """A05, A06: a repeat stays its own case; a duplicate is answered under the first one's number."""
    payload = change.command.payload
    assert isinstance(payload, Linking)
    first = not any(fact.data.get("as") == Likeness.REPEAT for fact in change.taken)
    change.take(facts.linked(change.at, change.command.actor.kind, payload.to, payload.as_))
    if payload.as_ is Likeness.DUPLICATE:
        change.become(Form.DUPLICATE)
        _ends(change, {"to": payload.to}, None, "merged")
        return
    change.happened({"to": payload.to, "as": payload.as_})
    change.changed()
    if first:
        change.marked(repeated=1)


def _self_correct(change: Change) -> None:
    """C04: the body does in full what the complaint asks for, and says so."""
    payload, language = change.command.payload, change.case.language
    assert isinstance(payload, Writing)
    content = change.said(ContentKind.ANSWER, {"text": payload.text, "language": language})
    change.happened({"outcome": Outcome.SATISFIED, "language": language}, content)
    change.changed(how="self_corrected", outcome=Outcome.SATISFIED)
    change.marked(complaints_upheld=1)


def _decide(change: Change) -> None:
    """C08."""
    payload, case, actor = change.command.payload, change.case, change.command.actor
    assert isinstance(payload, Deciding)
    assert case.complaint is not None
    may_decide(
        change.term,
        payload.outcome,
        agency=change.agency.code,
        account_id=actor.id or 0,
        respondent=change.directory.agency_by_id(case.complaint.respondent_id).code,
        signers=case.complaint.signers,
        reviewer=case.complaint.reviewer,
    )
    guards.answer_language(change.term, payload.language, case.language)
    body = {"text": payload.text, "language": payload.language}
    content = change.said(ContentKind.ANSWER, body)
    took = change.took()
    change.happened({"outcome": payload.outcome, "language": payload.language, "took": took}, content)
    change.changed(outcome=payload.outcome, took=took)
    if payload.outcome in FOR_THE_APPLICANT:
        change.marked(case.held[0], complaints_upheld=1)


FOR_THE_APPLICANT = frozenset({Decision.CANCELLED, Decision.REPLACED, Decision.OBLIGED})


def _control(change: Change) -> None:
    """The Administration looks on, or no longer does; a promise that was kept needs no further control. That
    an order is over says nothing of a promise: the case stays under control for it."""
    payload = change.command.payload
    assert isinstance(payload, Controlling)
    promised = change.term.control_until is not None
    if not payload.on:
        change.become(Form.CONTROL_LIFTED)
        if promised and payload.order is None:
            change.take(facts.control_lifted(change.at, change.command.actor.kind))
            change.wait_until = None
    change.on_control = payload.on or (promised and payload.order is not None)
    change.happened(_of_control(payload), change.said(ContentKind.REASON, {"text": payload.reason}))
    change.changed()


def _of_control(payload: Controlling) -> dict[str, Any]:
    data: dict[str, Any] = {"order": payload.order} if payload.order is not None else {}
    return data | ({"control_on": payload.control_on.isoformat()} if payload.control_on else {})


def _unmask(change: Change) -> None:
    payload = change.command.payload
    assert isinstance(payload, Unmasking)
    data = {"field": payload.field, "agency": change.agency.code}
    change.happened(data, change.said(ContentKind.REASON, {"text": payload.purpose}))
    change.changed()


def _warn(change: Change) -> None:
    """Once each for a due day; what moved meanwhile or was said before is not said."""
    payload, case = change.command.payload, change.case
    assert isinstance(payload, Watched)
    if payload.due_on != case.due_on or not case.running:
        return
    if payload.passed:
        _passed(change)
        return
    level = HEAD_WARNED if payload.to == Audience.HEAD else OPERATOR_WARNED
    if case.warned >= level:
        return
    change.warned = level
    data = {"to": payload.to, "due_on": case.due_on.isoformat(), "days": payload.days}
    change.happened(data)
    change.told("deadline.near", data, audience=Audience(payload.to))
    change.changed()


def _passed(change: Change) -> None:
    """Marks the day on which the term is over. A complaint that nobody but a court can review has then been
    with its respondent for as long as the law leaves it there."""
    case = change.case
    if case.warned >= PASSED or clock.civil_day(change.at) <= case.due_on:
        return
    change.warned = PASSED
    data = {"due_on": case.due_on.isoformat()}
    change.happened(data, kind=EventKind.DEADLINE_PASSED)
    change.told("deadline.passed", data, audience=Audience.HEAD)
    if case.complaint and case.stage and case.complaint.reviewer is ReviewerKind.COURT:
        change.become(Form.COURT_ONLY)
        change.happened({"ground": "court_only"})
        change.changed(how="terminated")
    else:
        change.changed()


def _elapse(change: Change) -> None:
    """A day that was waited for is over: the clock starts again, what was not corrected is returned, what
    was promised is asked for."""
    until = change.wait_until
    if until is None or clock.civil_day(change.at) <= until:
        return
    if change.case.closed:
        _control_overdue(change, until)
    elif change.case.status is Status.AWAITING_CORRECTION:
        guards.may_return(change.term, change.day)
        change.become(Form.UNCORRECTED)
        _ends(change, {"until": until.isoformat()}, None, "returned")
    else:
        change.become(Form.SUSPENSION_OVER)
        change.resume()
        change.happened({"on": until.isoformat()})
        change.changed()


def _control_overdue(change: Change, until: date) -> None:
    data = {"until": until.isoformat()}
    change.wait_until = None
    change.become(Form.CONTROL_OVERDUE)
    change.happened(data)
    change.told("control.overdue", data, audience=Audience.HEAD)
    change.changed()


HANDLERS: Mapping[Act, Callable[[Change], None]] = {
    Act.REQUEST_CORRECTION: _request_correction,
    Act.SUSPEND: _suspend,
    Act.RESUME: _resume,
    Act.EXTEND: _extend,
    Act.HEARING: _hearing,
    Act.TERMINATE: _terminate,
    Act.LINK: _link,
    Act.SELF_CORRECT: _self_correct,
    Act.DECIDE: _decide,
    Act.CONTROL: _control,
    Act.UNMASK: _unmask,
    Act.SUPPLEMENT: _supplement,
    Act.WARN: _warn,
    Act.ELAPSE: _elapse,
    Act.RECALCULATE: _recalculate,
}
# Acts that ask for the term, and so for the facts of the part.
NEED_TERM = frozenset(HANDLERS) - {Act.UNMASK, Act.WARN} | {
    Act.ANSWER,
    Act.APPROVE,
    Act.FORWARD,
    Act.SPLIT,
    Act.REOPEN,
    Act.WITHDRAW,
}

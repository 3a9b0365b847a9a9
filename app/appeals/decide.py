"""From a command and the case it is about to what changes; nothing here asks the database.

The acts that move a term are in terms.py.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.appeals import terms
from app.appeals.change import Change
from app.appeals.codes import ActorKind, ContentKind, EventKind, Origin, Status
from app.appeals.commands import (
    ActNotAllowed,
    Actor,
    AlreadyRated,
    Answering,
    Case,
    CaseNotFound,
    ClaimedByOther,
    Command,
    Complaint,
    Done,
    Forwarding,
    ForwardToSelf,
    Leasing,
    Rating,
    Splitting,
    VersionConflict,
    Writing,
    open_to,
    refusal,
)
from app.appeals.effects import Effects
from app.appeals.lifecycle import RULES, SENDING, SYSTEM_ACTS, Act, Form, allowed
from app.deadlines import facts
from app.deadlines.complaints import Reviewer, may_hand_over
from app.deadlines.guards import Refused, forward_late, may_answer, may_decide
from app.deadlines.ledger import compute, rest_of_term
from app.deadlines.regimes import Stage
from app.directory.registry import Directory
from app.directory.values import Agency


def decide(command: Command, case: Case, directory: Directory) -> tuple[Effects, Done]:
    """What the act changes. Raises CaseNotFound, VersionConflict, ActNotAllowed and the act's own."""
    if command.act in SYSTEM_ACTS and command.act not in _allowed(case):
        return Effects(), Done(case.appeal_id, case.part, case.version, case.status)
    _check(command, case)
    change = Change(command, case, directory)
    try:
        terms.catch_up(change)
        HANDLERS[command.act](change)
    except Refused as refused:
        raise refusal(refused, command.actor, case) from refused
    if command.act in SENDING and command.actor.kind is ActorKind.STAFF:
        change.sent()
    if case.sandbox:
        change.effects.deltas.clear()
    return change.effects, change.done()


def _allowed(case: Case) -> frozenset[Act]:
    return allowed(case.status, closed=case.closed, stage=case.stage, erased=case.erased)


def _check(command: Command, case: Case) -> None:
    if command.agencies is not None and case.holder_id not in command.agencies:
        raise CaseNotFound
    if case.complaint and _signed(command.actor, case.complaint):
        raise CaseNotFound
    if RULES[command.act].moves and command.version is not None and command.version != case.version:
        raise VersionConflict(command.actor, case)
    if command.act not in _allowed(case):
        raise ActNotAllowed(command.act, case.status, open_to(command.actor, case))
    if command.act is Act.RATE and case.rated:
        raise AlreadyRated


def _signed(actor: Actor, complaint: Complaint) -> bool:
    """A08: nobody acts on a complaint about what they wrote or approved."""
    return actor.kind is ActorKind.STAFF and actor.id in complaint.signers


def _lease(change: Change) -> None:
    command, case, actor = change.command, change.case, change.command.actor
    lease = command.payload
    other = case.assignee_id is not None and case.assignee_id != actor.id
    held = other and case.lease_until is not None and case.lease_until > change.at
    takes_over = command.act is Act.ASSIGN or (command.act is Act.RELEASE and actor.decides_alone)
    if held and not takes_over:
        raise ClaimedByOther
    account, until = (lease.account_id, lease.until) if isinstance(lease, Leasing) else (None, None)
    if account != case.assignee_id:
        change.happened({"account": account or case.assignee_id})
    elif until and case.lease_until:
        until = max(until, case.lease_until)  # claiming one's own again never shortens an assignment
    change.changed(lease=(account, until))


_CONTENT_OF = {Act.NOTE: ContentKind.NOTE, Act.SUPPLEMENT: ContentKind.SUPPLEMENT}


def _write(change: Change) -> None:
    """A note, a rating, a withdrawal, a send-back: words, and perhaps a new status."""
    payload = change.command.payload
    data: dict[str, Any] = {}
    content = None
    if isinstance(payload, Rating):
        data = {"score": payload.score, "resolved": payload.resolved}
        content = change.said(ContentKind.COMMENT, {"text": payload.comment}) if payload.comment else None
    elif isinstance(payload, Writing):
        kind = _CONTENT_OF.get(change.command.act, ContentKind.REASON)
        content = change.said(kind, {"text": payload.text})
    if change.close:
        change.restart()
    change.happened(data, content)
    change.changed()
    if isinstance(payload, Rating):
        change.marked(ratings=1, rating_sum=payload.score, resolved=payload.resolved)


def _answer(change: Change) -> None:
    """A01, A02, R18; with a promise of a later act the case stays under control (A11)."""
    payload = change.command.payload
    assert isinstance(payload, Answering)
    may_answer(
        change.term,
        on=change.day,
        outcome=payload.outcome,
        language=payload.language,
        appeal_language=change.case.language,
        legal_basis=payload.legal_basis,
    )
    body = {"text": payload.text, "language": payload.language, "legal_basis": payload.legal_basis}
    data: dict[str, Any] = {"outcome": payload.outcome, "language": payload.language}
    if payload.promised_until is not None:
        if payload.promised_until <= change.day:
            raise Refused("day_not_ahead", "promised_until")
        data["promised_until"] = payload.promised_until.isoformat()
    if change.agency.approval_required and not change.command.actor.decides_alone:
        change.become(Form.FOR_APPROVAL)
    _answered(change, data, change.said(ContentKind.ANSWER, body))


def _approve(change: Change) -> None:
    data = dict(change.case.proposed or {})
    may_decide(change.term, change.day, data["outcome"])
    _answered(change, data, change.case.proposed_hash)


def _answered(change: Change, data: dict[str, Any], content: bytes | None) -> None:
    if change.close and "promised_until" in data:
        until = date.fromisoformat(data["promised_until"])
        change.take(facts.promised(change.at, change.command.actor.kind, until))
        change.on_control, change.wait_until = True, until
    if change.close:
        took = change.took()
        change.happened(data | {"took": took}, content)
        change.changed(outcome=data["outcome"], took=took)
    else:
        change.happened(data, content)
        change.changed()


def _forward(change: Change) -> None:
    """R10: three working days from registration; later is possible and marked. C03 for a complaint at the
    body that it is about: to its reviewer alone."""
    payload = change.command.payload
    assert isinstance(payload, Forwarding)
    case, receiver, sender = change.case, change.directory.agency(payload.to), change.agency
    stage = Stage.REVIEW if case.stage is Stage.HANDOVER else None
    if stage:
        may_hand_over(receiver.code, _reviewer(change))
    elif receiver.id == case.agency_id:
        raise ForwardToSelf
    late = forward_late(change.term, change.day, change.calendar)
    content = change.said(ContentKind.REASON, {"text": payload.reason})
    went = {"from": sender.code, "to": receiver.code}
    change.happened(went | {"late": late} | ({"handover": True} if stage else {}), content)
    change.changed(forwarded_late=late)
    rest = None if stage else _rest(change, receiver)
    chained = not stage and _passed_on(case) >= CHAIN
    change.opened(
        receiver,
        Origin.FORWARDED,
        EventKind.RECEIVED,
        {"from": sender.code},
        stage=stage,
        rest=rest,
        chained=chained,
    )
    if chained and _passed_on(case) == CHAIN:
        for held in case.held:
            change.marked(held, chained=1)


CHAIN = 3
"""So often passed on, an appeal is charged to each body that held it."""


def _passed_on(case: Case) -> int:
    """How often this part is passed on for competence, this time included."""
    return 1 + sum(held.facts[-1].code is facts.FactCode.FORWARDED for held in case.held[:-1])


def _reviewer(change: Change) -> Reviewer:
    complaint = change.case.complaint
    assert complaint is not None
    found = change.directory.agency_by_id(complaint.reviewer_id).code if complaint.reviewer_id else ""
    return Reviewer(complaint.reviewer, found)


def _rest(change: Change, receiver: Agency) -> int | None:
    """What is left of the first term of a body that passed the same part on, or split it off, before
    (R12-BACK)."""
    held = change.case.held
    before = [one for one in held[:-1] if one.agency_id == receiver.id]
    if not before:
        split_by, left = held[0].facts[0].data.get("split_by", ("", None))
        return left if split_by == receiver.code else None
    if before[-1].facts[-1].code is not facts.FactCode.FORWARDED:
        return None
    term = compute(before[-1].facts, change.calendar)
    assert term.closed_on is not None
    return rest_of_term(term, term.closed_on, change.calendar)


def _split(change: Change) -> None:
    """R11: what is not this body's goes to those whose it is, each part with a clock of its own."""
    payload, case = change.command.payload, change.case
    assert isinstance(payload, Splitting)
    to = [change.directory.agency(code) for code, _ in payload.parts]
    data: dict[str, Any] = {
        "parts": [{"part": case.last_part + n, "to": agency.code} for n, agency in enumerate(to, start=1)],
        "kept": payload.keeps,
    }
    late = False
    if not payload.keeps:
        change.become(Form.WHOLE)
        late = data["late"] = forward_late(change.term, change.day, change.calendar)
    change.happened(data)
    change.changed(forwarded_late=late)
    for n, (agency, (_, text)) in enumerate(zip(to, payload.parts, strict=True), start=case.last_part + 1):
        content = change.said(ContentKind.PART, {"text": text}, part=n)
        whence = {"from": change.agency.code}
        change.opened(agency, Origin.SPLIT, EventKind.SPLIT_OFF, whence, content, part=n)


def _reopen(change: Change) -> None:
    """A new holding beside the old one, whose answer stays counted. What was ended without an answer goes on
    with the days that were left: ending and reopening gives nobody a new term (R12-BACK)."""
    payload = change.command.payload
    assert isinstance(payload, Writing)
    content = change.said(ContentKind.REASON, {"text": payload.text})
    rest = None
    if change.case.status is Status.TERMINATED and change.term.closed_on:
        rest = rest_of_term(change.term, change.term.closed_on, change.calendar)
    change.changed()
    change.opened(change.agency, Origin.REOPENED, EventKind.REOPENED, content=content, rest=rest)


def _erase(change: Change) -> None:
    """The history says so; the rows go in the same transaction (app/retention)."""
    change.happened()
    change.erased_on = change.day
    change.changed()


HANDLERS: Mapping[Act, Callable[[Change], None]] = {
    Act.CLAIM: _lease,
    Act.RELEASE: _lease,
    Act.ASSIGN: _lease,
    Act.NOTE: _write,
    Act.SEND_BACK: _write,
    Act.WITHDRAW: _write,
    Act.RATE: _write,
    Act.ANSWER: _answer,
    Act.APPROVE: _approve,
    Act.FORWARD: _forward,
    Act.SPLIT: _split,
    Act.REOPEN: _reopen,
    Act.ERASE: _erase,
    **terms.HANDLERS,
}

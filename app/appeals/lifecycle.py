"""The states of an appeal and which act leads where (PURE): one row an act, or a form of it.

A closed holding stays as it was; what follows is a new holding. `None` as a row's `to` keeps the status.
What a term allows on a day is asked of app/deadlines/guards.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.appeals.codes import Close, EventKind, Status
from app.deadlines.regimes import Stage


class Act(StrEnum):
    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    NOTE = "note"
    DRAFT = "draft"
    ANSWER = "answer"
    APPROVE = "approve"
    SEND_BACK = "send-back"
    FORWARD = "forward"
    SPLIT = "split"
    REQUEST_CORRECTION = "request-correction"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    HEARING = "hearing"
    TERMINATE = "terminate"
    LINK = "link"
    REOPEN = "reopen"
    SELF_CORRECT = "self-correct"
    DECIDE = "decide"
    CONTROL = "control"
    UNMASK = "unmask"
    # the applicant's
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    RATE = "rate"
    # the service's own
    ELAPSE = "elapse"
    WARN = "warn"
    RECALCULATE = "recalculate"
    ERASE = "erase"


CITIZEN_ACTS = frozenset({Act.SUPPLEMENT, Act.WITHDRAW, Act.RATE})
SENDING = frozenset({Act.ANSWER, Act.DECIDE, Act.SELF_CORRECT})
"""What was drafted is sent by them, and is no draft any more."""
SYSTEM_ACTS = frozenset({Act.ELAPSE, Act.WARN, Act.RECALCULATE, Act.ERASE})


class Form(StrEnum):
    """An act that leads elsewhere than its plain form."""

    FOR_APPROVAL = "for_approval"
    """An answer that waits for the head."""
    WHOLE = "whole"
    """A split that keeps nothing."""
    EXEMPT = "exempt"
    """A hearing that is not needed."""
    DUPLICATE = "duplicate"
    CORRECTION = "correction"
    """What was asked for has come, or is no longer asked for."""
    CONTROL_LIFTED = "control_lifted"
    CONTROL_OVERDUE = "control_overdue"
    SUSPENSION_OVER = "suspension_over"
    UNCORRECTED = "uncorrected"
    PASSED = "passed"
    COURT_ONLY = "court_only"


WORKABLE = frozenset({Status.REGISTERED, Status.IN_PROGRESS, Status.HEARING})
WAITING = frozenset({Status.AWAITING_CORRECTION, Status.SUSPENDED})
OPEN = WORKABLE | WAITING | {Status.AWAITING_APPROVAL}
CLOSED = frozenset({Status.ANSWERED, Status.WITHDRAWN, Status.TERMINATED})


@dataclass(frozen=True, slots=True)
class Rule:
    """`moves`: the act changes what another person decides upon, so it moves the case's version."""

    frm: frozenset[Status]
    to: Status | None
    event: EventKind
    moves: bool = True
    close: Close | None = None


RULES: Mapping[Act, Rule] = {
    # A lease is not a decision: claiming never makes a colleague's open page stale.
    Act.CLAIM: Rule(WORKABLE, Status.IN_PROGRESS, EventKind.CLAIMED, moves=False),
    Act.RELEASE: Rule(WORKABLE, None, EventKind.RELEASED, moves=False),
    Act.ASSIGN: Rule(WORKABLE, Status.IN_PROGRESS, EventKind.ASSIGNED, moves=False),
    # Notes are also kept on what is answered already: the file goes on being read.
    Act.NOTE: Rule(OPEN | CLOSED, None, EventKind.NOTE_ADDED, moves=False),
    # Saved beside the record (drafts.py): the history does not speak of drafts.
    Act.DRAFT: Rule(WORKABLE, None, EventKind.NOTE_ADDED, moves=False),
    Act.ANSWER: Rule(WORKABLE, Status.ANSWERED, EventKind.ANSWERED, close=Close.ANSWERED),
    Act.APPROVE: Rule(
        frozenset({Status.AWAITING_APPROVAL}), Status.ANSWERED, EventKind.ANSWERED, close=Close.ANSWERED
    ),
    Act.SEND_BACK: Rule(frozenset({Status.AWAITING_APPROVAL}), Status.IN_PROGRESS, EventKind.SENT_BACK),
    # The sender's holding keeps the status it had; the receiver's starts as registered.
    Act.FORWARD: Rule(WORKABLE, None, EventKind.FORWARDED, close=Close.FORWARDED_OUT),
    # Each part starts as registered with its receiver; what is kept goes on here.
    Act.SPLIT: Rule(WORKABLE, None, EventKind.SPLIT),
    Act.REQUEST_CORRECTION: Rule(WORKABLE, Status.AWAITING_CORRECTION, EventKind.CORRECTION_REQUESTED),
    Act.SUSPEND: Rule(WORKABLE, Status.SUSPENDED, EventKind.SUSPENDED),
    # Also for a correction that is no longer waited for.
    Act.RESUME: Rule(WAITING, Status.IN_PROGRESS, EventKind.RESUMED),
    # A longer term helps whoever works on it, and whoever waits for the applicant or the head.
    Act.EXTEND: Rule(OPEN - {Status.SUSPENDED}, None, EventKind.EXTENDED),
    Act.HEARING: Rule(WORKABLE, Status.HEARING, EventKind.HEARING_SET),
    Act.TERMINATE: Rule(OPEN, Status.TERMINATED, EventKind.TERMINATED, close=Close.CLOSED_OTHERWISE),
    Act.LINK: Rule(OPEN, None, EventKind.LINKED),
    # What was withdrawn is filed again, not reopened.
    Act.REOPEN: Rule(frozenset({Status.ANSWERED, Status.TERMINATED}), None, EventKind.REOPENED),
    # The applicant gets what the complaint asks for: an answer to them, none in the figures.
    Act.SELF_CORRECT: Rule(WORKABLE, Status.ANSWERED, EventKind.SELF_CORRECTED, close=Close.CLOSED_OTHERWISE),
    Act.DECIDE: Rule(WORKABLE, Status.ANSWERED, EventKind.DECIDED, close=Close.ANSWERED),
    # Control looks on; it changes nothing that anybody decides upon.
    Act.CONTROL: Rule(OPEN | CLOSED, None, EventKind.CONTROL_TAKEN, moves=False),
    Act.UNMASK: Rule(OPEN | CLOSED, None, EventKind.UNMASKED, moves=False),
    # What the applicant adds can change the answer, even while it waits for approval.
    Act.SUPPLEMENT: Rule(OPEN, None, EventKind.SUPPLEMENTED),
    Act.WITHDRAW: Rule(OPEN, Status.WITHDRAWN, EventKind.WITHDRAWN, close=Close.CLOSED_OTHERWISE),
    Act.RATE: Rule(frozenset({Status.ANSWERED}), None, EventKind.RATED, moves=False),
    Act.WARN: Rule(OPEN - {Status.SUSPENDED}, None, EventKind.DEADLINE_NEAR, moves=False),
    Act.RECALCULATE: Rule(OPEN, None, EventKind.RECALCULATED, moves=False),
    # What was written is kept no more; of what is closed only, whatever its status was when it left.
    Act.ERASE: Rule(frozenset(Status), None, EventKind.ERASED, moves=False),
    # A day that was waited for is over; which one decides its form.
    Act.ELAPSE: Rule(WAITING | CLOSED, None, EventKind.CONTROL_OVERDUE, moves=False),
}

FORMS: Mapping[tuple[Act, Form], Rule] = {
    (Act.ANSWER, Form.FOR_APPROVAL): Rule(WORKABLE, Status.AWAITING_APPROVAL, EventKind.ANSWER_PROPOSED),
    (Act.SPLIT, Form.WHOLE): Rule(WORKABLE, None, EventKind.SPLIT, close=Close.FORWARDED_OUT),
    (Act.HEARING, Form.EXEMPT): Rule(WORKABLE, None, EventKind.HEARING_EXEMPTED),
    (Act.LINK, Form.DUPLICATE): Rule(OPEN, Status.TERMINATED, EventKind.MERGED, close=Close.CLOSED_OTHERWISE),
    (Act.SUPPLEMENT, Form.CORRECTION): Rule(WAITING, Status.IN_PROGRESS, EventKind.CORRECTED),
    (Act.RESUME, Form.CORRECTION): Rule(WAITING, Status.IN_PROGRESS, EventKind.CORRECTED),
    (Act.CONTROL, Form.CONTROL_LIFTED): Rule(OPEN | CLOSED, None, EventKind.CONTROL_LIFTED, moves=False),
    (Act.WARN, Form.PASSED): Rule(OPEN, None, EventKind.DEADLINE_PASSED, moves=False),
    (Act.WARN, Form.COURT_ONLY): Rule(
        OPEN, Status.TERMINATED, EventKind.TERMINATED, close=Close.CLOSED_OTHERWISE
    ),
    (Act.ELAPSE, Form.SUSPENSION_OVER): Rule(WAITING, Status.IN_PROGRESS, EventKind.RESUMED),
    (Act.ELAPSE, Form.UNCORRECTED): Rule(
        WAITING, Status.TERMINATED, EventKind.RETURNED, close=Close.CLOSED_OTHERWISE
    ),
    (Act.ELAPSE, Form.CONTROL_OVERDUE): Rule(CLOSED, None, EventKind.CONTROL_OVERDUE, moves=False),
}

# Taking a case up begins it; what waits for a hearing goes on waiting for it.
_BEGINS = frozenset({Act.CLAIM, Act.ASSIGN})

# What the stage of a complaint leaves of the acts (C03, C04, C08): the body that it is about hands it over
# or gives in; the reviewer decides. Reading, taking up and writing drafts decide nothing.
_UNDECIDING = frozenset(
    {Act.CLAIM, Act.RELEASE, Act.ASSIGN, Act.NOTE, Act.DRAFT, Act.CONTROL, Act.UNMASK}
    | CITIZEN_ACTS
    | SYSTEM_ACTS
)
_OF_STAGE: Mapping[Stage | None, frozenset[Act]] = {
    None: frozenset(Act) - {Act.SELF_CORRECT, Act.DECIDE},
    Stage.HANDOVER: _UNDECIDING | {Act.FORWARD, Act.SELF_CORRECT},
    Stage.REVIEW: _UNDECIDING
    | {Act.DECIDE, Act.SUSPEND, Act.RESUME, Act.REQUEST_CORRECTION, Act.TERMINATE, Act.LINK},
}


@cache
def allowed(
    status: Status, *, closed: bool, stage: Stage | None = None, erased: bool = False
) -> frozenset[Act]:
    """The acts that the state allows. `closed`: the holding has ended; a forwarded one keeps its status.
    `erased`: what was written is kept no more, and nothing is added to it."""
    if erased:
        return frozenset()
    acts = {act for act, rule in RULES.items() if status in rule.frm and (closed or act is not Act.ERASE)}
    if closed and status not in CLOSED:
        return frozenset(acts & {Act.NOTE, Act.ERASE})
    return frozenset(acts & _OF_STAGE[stage])


def after(act: Act, status: Status, form: Form | None = None) -> tuple[Status, EventKind, Close | None]:
    """The status, event and closing that an allowed act leads to."""
    rule = row(act, form)
    to = None if act in _BEGINS and status is not Status.REGISTERED else rule.to
    return to or status, rule.event, rule.close


def row(act: Act, form: Form | None = None) -> Rule:
    return FORMS[act, form] if form else RULES[act]

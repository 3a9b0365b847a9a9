"""The states of an appeal and which act leads where (PURE): one row an act.

A closed holding stays as it was; what follows is a new holding. `None` as a row's `to` keeps the status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.appeals.codes import Close, EventKind, Status


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
    REOPEN = "reopen"
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    RATE = "rate"


WORKABLE = frozenset({Status.REGISTERED, Status.IN_PROGRESS})
OPEN = WORKABLE | {
    Status.AWAITING_CORRECTION,
    Status.HEARING,
    Status.SUSPENDED,
    Status.AWAITING_APPROVAL,
}
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
    Act.REOPEN: Rule(frozenset({Status.ANSWERED}), None, EventKind.REOPENED),
    # What the applicant adds can change the answer, even while it waits for approval.
    Act.SUPPLEMENT: Rule(OPEN, None, EventKind.SUPPLEMENTED),
    Act.WITHDRAW: Rule(OPEN, Status.WITHDRAWN, EventKind.WITHDRAWN, close=Close.CLOSED_OTHERWISE),
    Act.RATE: Rule(frozenset({Status.ANSWERED}), None, EventKind.RATED, moves=False),
}


def allowed(status: Status, *, closed: bool) -> frozenset[Act]:
    """The acts that the state allows. `closed`: the holding has ended; a forwarded one keeps its status."""
    acts = {act for act, rule in RULES.items() if status in rule.frm}
    if closed and status not in CLOSED:
        return frozenset(acts & {Act.NOTE})
    return frozenset(acts)


def after(act: Act, status: Status, *, needs_approval: bool) -> tuple[Status, EventKind, Close | None]:
    """The status, event and closing that an allowed act leads to."""
    rule = RULES[act]
    if act is Act.ANSWER and needs_approval:
        return Status.AWAITING_APPROVAL, EventKind.ANSWER_PROPOSED, None
    return rule.to or status, rule.event, rule.close

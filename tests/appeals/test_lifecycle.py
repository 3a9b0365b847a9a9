"""The table of states: every act in every status, and where it leads."""

import pytest

from app.appeals.codes import Close, EventKind, Status
from app.appeals.lifecycle import CLOSED, OPEN, RULES, Act, after, allowed

WORK = "answer assign claim draft forward note release supplement withdraw"
WAITS = "note supplement withdraw"

# What each status allows while the holding is open, and once it has closed with that status.
TABLE = {
    Status.REGISTERED: (WORK, "note"),
    Status.IN_PROGRESS: (WORK, "note"),
    Status.AWAITING_CORRECTION: (WAITS, "note"),
    Status.HEARING: (WAITS, "note"),
    Status.SUSPENDED: (WAITS, "note"),
    Status.AWAITING_APPROVAL: (f"approve send-back {WAITS}", "note"),
    Status.ANSWERED: ("note rate reopen", "note rate reopen"),
    Status.WITHDRAWN: ("note", "note"),
    Status.TERMINATED: ("note", "note"),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("closed", [False, True])
def test_every_act_in_every_status(status: Status, closed: bool) -> None:
    expected = {Act(name) for name in TABLE[status][closed].split()}
    assert allowed(status, closed=closed) == expected


def test_every_status_is_open_or_closed() -> None:
    assert set(Status) == OPEN | CLOSED
    assert not OPEN & CLOSED


def test_every_act_has_a_row_that_starts_somewhere() -> None:
    assert set(RULES) == set(Act)
    assert all(rule.frm for rule in RULES.values())


@pytest.mark.parametrize(
    ("act", "frm", "needs_approval", "to", "event", "close"),
    [
        (Act.CLAIM, "registered", False, "in_progress", "claimed", None),
        (Act.RELEASE, "in_progress", False, "in_progress", "released", None),
        (Act.ASSIGN, "registered", False, "in_progress", "assigned", None),
        (Act.NOTE, "suspended", False, "suspended", "note_added", None),
        (Act.ANSWER, "registered", False, "answered", "answered", "answered"),
        (Act.ANSWER, "in_progress", True, "awaiting_approval", "answer_proposed", None),
        (Act.APPROVE, "awaiting_approval", False, "answered", "answered", "answered"),
        (Act.SEND_BACK, "awaiting_approval", False, "in_progress", "sent_back", None),
        (Act.FORWARD, "in_progress", True, "in_progress", "forwarded", "forwarded_out"),
        (Act.REOPEN, "answered", False, "answered", "reopened", None),
        (Act.SUPPLEMENT, "awaiting_approval", False, "awaiting_approval", "supplemented", None),
        (Act.WITHDRAW, "hearing", False, "withdrawn", "withdrawn", "closed_otherwise"),
        (Act.RATE, "answered", False, "answered", "rated", None),
    ],
)
def test_where_an_act_leads(
    act: Act, frm: str, needs_approval: bool, to: str, event: str, close: str | None
) -> None:
    expected = (Status(to), EventKind(event), Close(close) if close else None)
    assert after(act, Status(frm), needs_approval=needs_approval) == expected


def test_what_moves_the_version_is_what_another_decides_upon() -> None:
    still = {act for act, rule in RULES.items() if not rule.moves}
    assert still == {Act.CLAIM, Act.RELEASE, Act.ASSIGN, Act.NOTE, Act.DRAFT, Act.RATE}


def test_a_closed_status_is_left_by_reopening_alone() -> None:
    for act, rule in RULES.items():
        if rule.frm & CLOSED and rule.to is not None:
            assert rule.frm <= OPEN, act

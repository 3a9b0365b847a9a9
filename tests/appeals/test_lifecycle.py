"""The table of states: every act in every status, and where it leads."""

from datetime import date

import pytest

from app.appeals.codes import Close, EventKind, Status
from app.appeals.lifecycle import CLOSED, FORMS, OPEN, RULES, SYSTEM_ACTS, Act, Form, after, allowed
from app.deadlines.regimes import LAW, Matter, Stage

ALWAYS = "control note unmask"
MINE = "recalculate supplement withdraw"
WORK = f"""
    answer assign claim draft extend forward hearing link release request-correction split suspend terminate
    warn {ALWAYS} {MINE}
"""

# What each status allows while the holding is open, and once it has closed with that status.
TABLE = {
    Status.REGISTERED: (WORK, "erase note"),
    Status.IN_PROGRESS: (WORK, "erase note"),
    Status.HEARING: (WORK, "erase note"),
    Status.AWAITING_CORRECTION: (f"elapse extend link resume terminate warn {ALWAYS} {MINE}", "erase note"),
    Status.SUSPENDED: (f"elapse link resume terminate {ALWAYS} {MINE}", "erase note"),
    Status.AWAITING_APPROVAL: (
        f"approve extend link send-back terminate warn {ALWAYS} {MINE}",
        "erase note",
    ),
    Status.ANSWERED: (f"elapse rate reopen {ALWAYS}", f"erase elapse rate reopen {ALWAYS}"),
    Status.WITHDRAWN: (f"elapse {ALWAYS}", f"erase elapse {ALWAYS}"),
    Status.TERMINATED: (f"elapse reopen {ALWAYS}", f"erase elapse reopen {ALWAYS}"),
}
# What the stage of a complaint leaves of what its status allows, beside reading and taking it up.
OF_STAGE = {
    Stage.HANDOVER: "forward self-correct",
    Stage.REVIEW: "decide suspend resume request-correction terminate link",
}
UNDECIDING = f"assign claim draft elapse rate release warn {ALWAYS} {MINE}"


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("closed", [False, True])
def test_every_act_in_every_status(status: Status, closed: bool) -> None:
    expected = {Act(name) for name in TABLE[status][closed].split()}
    assert allowed(status, closed=closed) == expected


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("stage", Stage)
def test_a_stage_leaves_its_own_acts_alone(status: Status, stage: Stage) -> None:
    expected = {act for act, rule in RULES.items() if status in rule.frm}
    expected &= {Act(name) for name in f"{UNDECIDING} {OF_STAGE[stage]}".split()}
    assert allowed(status, closed=False, stage=stage) == expected


def test_the_law_and_the_states_leave_the_same_to_who_is_complained_of() -> None:
    rule = LAW.rule(Matter.TERM, Stage.HANDOVER, date(2026, 11, 23))
    assert set(rule.codes) == set(OF_STAGE[Stage.HANDOVER].split())


def test_every_status_is_open_or_closed() -> None:
    assert set(Status) == OPEN | CLOSED
    assert not OPEN & CLOSED


def test_every_act_has_a_row_that_starts_somewhere() -> None:
    assert set(RULES) == set(Act)
    assert all(rule.frm for rule in RULES.values())


OTHERWISE = "closed_otherwise"


@pytest.mark.parametrize(
    ("act", "frm", "form", "to", "event", "close"),
    [
        (Act.CLAIM, "registered", None, "in_progress", "claimed", None),
        (Act.CLAIM, "hearing", None, "hearing", "claimed", None),
        (Act.RELEASE, "in_progress", None, "in_progress", "released", None),
        (Act.ASSIGN, "registered", None, "in_progress", "assigned", None),
        (Act.ASSIGN, "hearing", None, "hearing", "assigned", None),
        (Act.NOTE, "suspended", None, "suspended", "note_added", None),
        (Act.ANSWER, "registered", None, "answered", "answered", "answered"),
        (Act.ANSWER, "in_progress", Form.FOR_APPROVAL, "awaiting_approval", "answer_proposed", None),
        (Act.APPROVE, "awaiting_approval", None, "answered", "answered", "answered"),
        (Act.SEND_BACK, "awaiting_approval", None, "in_progress", "sent_back", None),
        (Act.FORWARD, "in_progress", None, "in_progress", "forwarded", "forwarded_out"),
        (Act.SPLIT, "in_progress", None, "in_progress", "split", None),
        (Act.SPLIT, "in_progress", Form.WHOLE, "in_progress", "split", "forwarded_out"),
        (Act.REQUEST_CORRECTION, "registered", None, "awaiting_correction", "correction_requested", None),
        (Act.SUPPLEMENT, "awaiting_correction", Form.CORRECTION, "in_progress", "corrected", None),
        (Act.RESUME, "awaiting_correction", Form.CORRECTION, "in_progress", "corrected", None),
        (Act.ELAPSE, "awaiting_correction", Form.UNCORRECTED, "terminated", "returned", OTHERWISE),
        (Act.SUSPEND, "hearing", None, "suspended", "suspended", None),
        (Act.RESUME, "suspended", None, "in_progress", "resumed", None),
        (Act.ELAPSE, "suspended", Form.SUSPENSION_OVER, "in_progress", "resumed", None),
        (Act.EXTEND, "awaiting_approval", None, "awaiting_approval", "extended", None),
        (Act.HEARING, "in_progress", None, "hearing", "hearing_set", None),
        (Act.HEARING, "in_progress", Form.EXEMPT, "in_progress", "hearing_exempted", None),
        (Act.TERMINATE, "suspended", None, "terminated", "terminated", OTHERWISE),
        (Act.LINK, "in_progress", None, "in_progress", "linked", None),
        (Act.LINK, "in_progress", Form.DUPLICATE, "terminated", "merged", OTHERWISE),
        (Act.SELF_CORRECT, "registered", None, "answered", "self_corrected", OTHERWISE),
        (Act.DECIDE, "in_progress", None, "answered", "decided", "answered"),
        (Act.CONTROL, "answered", None, "answered", "control_taken", None),
        (Act.CONTROL, "answered", Form.CONTROL_LIFTED, "answered", "control_lifted", None),
        (Act.ELAPSE, "answered", Form.CONTROL_OVERDUE, "answered", "control_overdue", None),
        (Act.UNMASK, "registered", None, "registered", "unmasked", None),
        (Act.WARN, "registered", None, "registered", "deadline_near", None),
        (Act.WARN, "registered", Form.PASSED, "registered", "deadline_passed", None),
        (Act.WARN, "registered", Form.COURT_ONLY, "terminated", "terminated", OTHERWISE),
        (Act.RECALCULATE, "hearing", None, "hearing", "recalculated", None),
        (Act.ERASE, "answered", None, "answered", "erased", None),
        (Act.REOPEN, "answered", None, "answered", "reopened", None),
        (Act.SUPPLEMENT, "awaiting_approval", None, "awaiting_approval", "supplemented", None),
        (Act.WITHDRAW, "hearing", None, "withdrawn", "withdrawn", "closed_otherwise"),
        (Act.RATE, "answered", None, "answered", "rated", None),
    ],
)
def test_where_an_act_leads(
    act: Act, frm: str, form: Form | None, to: str, event: str, close: str | None
) -> None:
    expected = (Status(to), EventKind(event), Close(close) if close else None)
    assert after(act, Status(frm), form) == expected


def test_every_form_starts_where_its_act_does() -> None:
    assert all(rule.frm <= RULES[act].frm or act is Act.WARN for (act, _), rule in FORMS.items())
    assert all(rule.moves == RULES[act].moves for (act, _), rule in FORMS.items() if act not in SYSTEM_ACTS)


def test_what_moves_the_version_is_what_another_decides_upon() -> None:
    still = {act for act, rule in RULES.items() if not rule.moves}
    leases = {Act.CLAIM, Act.RELEASE, Act.ASSIGN}
    looking = {Act.NOTE, Act.DRAFT, Act.RATE, Act.CONTROL, Act.UNMASK}
    assert still == leases | looking | SYSTEM_ACTS


def test_a_closed_status_is_left_by_reopening_alone() -> None:
    for act, rule in RULES.items():
        if rule.frm & CLOSED and rule.to is not None:
            assert rule.frm <= OPEN, act

"""The states of a systemic issue, and who takes it from one to another. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


class Step(StrEnum):
    OPENED = "opened"
    DONE = "done"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """`owner`: whether the owner may; who decides on the issue may always."""

    of: frozenset[State]
    to: State
    owner: bool


STEPS: Mapping[Step, Change] = {
    Step.DONE: Change(frozenset({State.OPEN}), State.DONE, owner=True),
    Step.SENT_BACK: Change(frozenset({State.DONE}), State.OPEN, owner=False),
    Step.CLOSED: Change(frozenset({State.OPEN, State.DONE}), State.CLOSED, owner=False),
}

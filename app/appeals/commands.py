"""What may be asked of a case, by whom, and how it can be refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.appeals.codes import ActorKind, Outcome, Status
from app.appeals.lifecycle import Act, allowed
from app.core.errors import Conflict, NotFound
from app.core.i18n import Language, t

CITIZEN_ACTS = frozenset({Act.SUPPLEMENT, Act.WITHDRAW, Act.RATE})


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    id: int | None = None
    decides_alone: bool = True
    """False for an operator: where the agency asks for approval, the answer waits for the head."""
    acts: frozenset[str] | None = None
    """The acts that the actor's role has (None: not said); a refusal names no others."""


@dataclass(frozen=True, slots=True)
class Answering:
    outcome: Outcome
    text: str
    language: Language
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A note, a reason, a supplement: words that belong to the act."""

    text: str


@dataclass(frozen=True, slots=True)
class Leasing:
    """Who works on it and until when; the lease then ends by itself."""

    account_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Rating:
    score: int
    resolved: bool
    comment: str | None = None


Payload = Answering | Forwarding | Writing | Leasing | Rating | None


@dataclass(frozen=True, slots=True)
class Command:
    """`agencies`: on whose behalf the actor acts (None: the applicant or the system, for whom it does not
    matter who holds the case). `version`: what the actor saw (None: it does not matter to the act)."""

    act: Act
    appeal_id: int
    actor: Actor
    at: datetime
    part: int = 0
    agencies: frozenset[int] | None = None
    version: int | None = None
    payload: Payload = None


@dataclass(frozen=True, slots=True)
class Case:
    """A holding as it is locked for an act, with what an act needs of its appeal."""

    holding_id: int
    appeal_id: int
    part: int
    agency_id: int
    registered_on: date
    due_on: date
    regime: str
    status: Status
    version: int
    channel: str
    kind: str
    topic: str
    region: str
    applicant_type: str
    assignee_id: int | None
    lease_until: datetime | None
    running: bool
    closed: bool
    last_hash: bytes
    language: Language
    first_received_at: datetime
    proposed: dict[str, Any] | None
    proposed_hash: bytes | None
    rated: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The case after an act: the holding that it is now about."""

    appeal_id: int
    part: int
    version: int
    status: Status


class CaseNotFound(NotFound):
    code = "case_not_found"


def open_to(actor: Actor, case: Case) -> list[Act]:
    """The acts that the state allows now and that are this actor's, sorted."""
    acts = allowed(case.status, closed=case.closed)
    if actor.kind is ActorKind.CITIZEN:
        acts &= CITIZEN_ACTS
    else:
        acts -= CITIZEN_ACTS
    return sorted(act for act in acts if actor.acts is None or act in actor.acts)


class ActNotAllowed(Conflict):
    """The state does not allow the act; the answer says which acts it allows."""

    code = "act_not_allowed"

    def __init__(self, act: Act, status: Status, acts: Iterable[Act]) -> None:
        self.act, self.case_status, self.allowed = act, status, tuple(acts)
        super().__init__(extra={"case_status": status, "allowed": list(self.allowed)})

    def as_json(self, language: Language) -> dict[str, Any]:
        self.params = {
            "act": t(f"act.{self.act}", language),
            "status": t(f"status.{self.case_status}", language),
            "allowed": ", ".join(t(f"act.{act}", language) for act in self.allowed) or "—",
        }
        return super().as_json(language)


class VersionConflict(Conflict):
    """The actor saw an older version; the answer gives the new one and the acts that are allowed now."""

    code = "version_conflict"

    def __init__(self, actor: Actor, case: Case) -> None:
        super().__init__(extra={"version": case.version, "allowed": open_to(actor, case)})


class ClaimedByOther(Conflict):
    code = "claimed_by_other"


class AlreadyRated(Conflict):
    code = "already_rated"


class ForwardToSelf(Conflict):
    code = "forward_to_self"

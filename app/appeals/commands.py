"""What may be asked of a case, by whom, and how it can be refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.appeals.codes import (
    ActorKind,
    Decision,
    Likeness,
    Outcome,
    Status,
    SuspensionGround,
    TerminationGround,
)
from app.appeals.lifecycle import CITIZEN_ACTS, SYSTEM_ACTS, Act, allowed
from app.attachments.linking import Named
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.core.i18n import Language, t
from app.deadlines.complaints import ReviewerKind
from app.deadlines.facts import Fact
from app.deadlines.guards import Refused
from app.deadlines.regimes import Stage


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
    promised_until: date | None = None
    """The answer promises a later act, to be done by this day (A11)."""
    attachments: tuple[Named, ...] = ()
    """Taken for this appeal (linking.take); the act gives them to it."""


@dataclass(frozen=True, slots=True)
class Forwarding:
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A note, a reason, a supplement: words that belong to the act. `details`: what else came with a
    supplement, stored with the text. `attachments`: the act's files; `left_out`: how many came along with it
    and were not taken, which its author is told."""

    text: str
    details: Mapping[str, Any] | None = None
    attachments: tuple[Named, ...] = ()
    left_out: int = 0


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


@dataclass(frozen=True, slots=True)
class Splitting:
    """`parts`: to which agency (its code) goes what. `keeps`: something stays here."""

    parts: tuple[tuple[str, str], ...]
    keeps: bool = True


@dataclass(frozen=True, slots=True)
class Requesting:
    """What the applicant is asked to correct; without a day, by the usual one (R08)."""

    what: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Suspending:
    """`until`: the last day of the suspension, after which the case resumes by itself."""

    ground: SuspensionGround
    until: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Extending:
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """Either the day and the preliminary decision, or why no hearing is needed."""

    on: date | None = None
    preliminary: str | None = None
    exempt_ground: str | None = None


@dataclass(frozen=True, slots=True)
class Terminating:
    ground: TerminationGround
    reason: str


@dataclass(frozen=True, slots=True)
class Linking:
    """`to`: the other appeal's number as the API gives it; that the actor may see it has been checked."""

    to: str
    as_: Likeness


@dataclass(frozen=True, slots=True)
class Deciding:
    outcome: Decision
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Controlling:
    """`control_on`: the day by which whoever controls it asks for the answer; the term stays the law's.
    `order`: the order of control that this follows from."""

    on: bool
    reason: str
    control_on: date | None = None
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Unmasking:
    field: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Watched:
    """So many working days before the due day the role `to` (operator, head) is warned; `passed`: it is over.

    `due_on`: what was found due; if it has moved meanwhile, nothing is said.
    """

    due_on: date
    to: str = ""
    days: int = 0
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Recalculating:
    """Why: the act of the order about the calendar, or the id of the rule."""

    act: str = ""
    rule: str = ""


Payload = (
    Answering
    | Forwarding
    | Writing
    | Leasing
    | Rating
    | Splitting
    | Requesting
    | Suspending
    | Extending
    | Hearing
    | Terminating
    | Linking
    | Deciding
    | Controlling
    | Unmasking
    | Watched
    | Recalculating
    | None
)


@dataclass(frozen=True, slots=True)
class Command:
    """`agencies`: on whose behalf the actor acts (None: the applicant or the system, for whom it does not
    matter who holds the case). `version`: what the actor saw (None: it does not matter to the act).
    `silent`: it was done elsewhere, before the case came here, and nobody is told of it now."""

    act: Act
    appeal_id: int
    actor: Actor
    at: datetime
    part: int = 0
    agencies: frozenset[int] | None = None
    version: int | None = None
    payload: Payload = None
    silent: bool = False


def attachments_of(command: Command) -> tuple[Named, ...]:
    return command.payload.attachments if isinstance(command.payload, Answering | Writing) else ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a complaint is about, and who may not decide it: `signers` wrote or approved the act."""

    appeal_id: int
    about_id: int
    about_part: int
    respondent_id: int
    signers: frozenset[int]
    reviewer: ReviewerKind
    reviewer_id: int | None
    """The agency that reviews it; None where only a court can."""


@dataclass(frozen=True, slots=True)
class Held:
    """A holding of this part with its facts, read for acts that ask for the term."""

    holding_id: int
    agency_id: int
    registered_on: date
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A holding as it is locked for an act, with what an act needs of its appeal."""

    holding_id: int
    appeal_id: int
    part: int
    holder_id: int
    """The agency whose people may act; of a test it is the sandbox."""
    agency_id: int
    """The agency that it is with, or would be if it were no test."""
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
    erased: bool
    stage: Stage | None
    on_control: bool
    extended: bool
    wait_until: date | None
    warned: int
    last_part: int
    """The highest part of the appeal."""
    held: tuple[Held, ...]
    """The holdings of this part in order, this one last; empty unless the act asks for the term."""
    complaint: Complaint | None

    @property
    def sandbox(self) -> bool:
        """A test, of which nothing is counted."""
        return self.holder_id != self.agency_id


@dataclass(frozen=True, slots=True)
class Done:
    """The case after an act: the holding that it is now about.

    `seen`: the version at which it was decided. `changed`: that holding's columns as they were written; None
    when there is nothing new, or another holding beside it.
    """

    appeal_id: int
    part: int
    version: int
    status: Status
    seen: int = 0
    changed: dict[str, Any] | None = field(default=None, compare=False, repr=False)


class CaseNotFound(NotFound):
    code = "case_not_found"


def open_to(actor: Actor, case: Case) -> list[Act]:
    """The acts that the state allows now and that are this actor's, sorted."""
    acts = allowed(case.status, closed=case.closed, stage=case.stage, erased=case.erased)
    if actor.kind is ActorKind.CITIZEN:
        acts &= CITIZEN_ACTS
    else:
        acts -= CITIZEN_ACTS | SYSTEM_ACTS
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


class TermRefused(Conflict):
    """The term does not allow the act (app/deadlines/guards.py); the answer says which acts are allowed."""

    code = "term_refused"

    def __init__(self, refused: Refused, acts: Iterable[Act]) -> None:
        super().__init__(extra={"reason": refused.code, "allowed": list(acts)})
        self.refused = refused

    def as_json(self, language: Language) -> dict[str, Any]:
        return super().as_json(language) | {"detail": t(self.refused.key, language, **self.refused.params)}


def refusal(refused: Refused, actor: Actor, case: Case) -> AppError:
    """As the caller is told: 422 for a field that is wrong, 409 for a term that does not allow it."""
    if refused.field:
        return Invalid.of(refused.field, refused.code, **refused.params)
    return TermRefused(refused, open_to(actor, case))

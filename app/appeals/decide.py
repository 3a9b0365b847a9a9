"""From a command and the case it is about to what changes; nothing here asks the database."""

import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.appeals import history
from app.appeals.codes import Close, ContentKind, EventKind, Origin, Status
from app.appeals.commands import (
    ActNotAllowed,
    AlreadyRated,
    Answering,
    Case,
    CaseNotFound,
    ClaimedByOther,
    Command,
    Done,
    Forwarding,
    ForwardToSelf,
    Leasing,
    Rating,
    VersionConflict,
    Writing,
    open_to,
)
from app.appeals.effects import Effects
from app.appeals.lifecycle import RULES, Act, after, allowed
from app.core import clock
from app.core.cipher import cipher
from app.core.words import tokens
from app.deadlines import facts
from app.deadlines.facts import Fact
from app.deadlines.ledger import compute, forward_due
from app.deadlines.term import Term
from app.directory.registry import Directory
from app.directory.values import Agency

TOLD = {
    EventKind.ANSWERED: "appeal.answered",
    EventKind.FORWARDED: "appeal.forwarded",
    EventKind.WITHDRAWN: "appeal.withdrawn",
    EventKind.REOPENED: "appeal.reopened",
}


def decide(command: Command, case: Case, directory: Directory) -> tuple[Effects, Done]:
    """What the act changes. Raises CaseNotFound, VersionConflict, ActNotAllowed and the act's own."""
    _check(command, case)
    change = _Change(command, case, directory)
    match command.act:
        case Act.CLAIM | Act.ASSIGN | Act.RELEASE:
            change.lease()
        case Act.FORWARD:
            change.forward()
        case Act.REOPEN:
            change.reopen()
        case Act.ANSWER | Act.APPROVE:
            change.answer()
        case _:
            change.write()
    return change.effects, change.done()


def _check(command: Command, case: Case) -> None:
    if command.agencies is not None and case.agency_id not in command.agencies:
        raise CaseNotFound
    if RULES[command.act].moves and command.version is not None and command.version != case.version:
        raise VersionConflict(command.actor, case)
    if command.act not in allowed(case.status, closed=case.closed):
        raise ActNotAllowed(command.act, case.status, open_to(command.actor, case))
    if command.act is Act.RATE and case.rated:
        raise AlreadyRated


@dataclass
class _Change:
    """Builds the effects of one act, event after event, each with the hash of the one before."""

    command: Command
    case: Case
    directory: Directory
    effects: Effects = field(default_factory=Effects)

    def __post_init__(self) -> None:
        agency = self.directory.agency_by_id(self.case.agency_id)
        self.status, self.event_kind, self.close = after(
            self.command.act,
            self.case.status,
            needs_approval=agency.approval_required and not self.command.actor.decides_alone,
        )
        self.last_hash = self.case.last_hash
        self.version = self.case.version + RULES[self.command.act].moves
        self.day = max(clock.civil_day(self.command.at), self.case.registered_on)

    def done(self) -> Done:
        return Done(self.case.appeal_id, self.case.part, self.version, self.status)

    # acts

    def lease(self) -> None:
        lease, case, actor = self.command.payload, self.case, self.command.actor
        other = case.assignee_id is not None and case.assignee_id != actor.id
        held = other and case.lease_until is not None and case.lease_until > self.command.at
        takes_over = self.command.act is Act.ASSIGN or (
            self.command.act is Act.RELEASE and actor.decides_alone
        )
        if held and not takes_over:
            raise ClaimedByOther
        account, until = (lease.account_id, lease.until) if isinstance(lease, Leasing) else (None, None)
        if account != case.assignee_id:
            self.happened(self.event_kind, {"account": account or case.assignee_id})
        elif until and case.lease_until:
            until = max(until, case.lease_until)  # claiming one's own again never shortens an assignment
        self.changed(assignee_id=account, lease_until=until)

    def write(self) -> None:
        """A note, a supplement, a rating, a withdrawal, a send-back: words, and perhaps a new status."""
        payload = self.command.payload
        data: dict[str, Any] = {}
        content = None
        if isinstance(payload, Rating):
            data = {"score": payload.score, "resolved": payload.resolved}
            content = self.said(ContentKind.COMMENT, {"text": payload.comment}) if payload.comment else None
        elif isinstance(payload, Writing):
            content = self.said(_CONTENT_OF.get(self.command.act, ContentKind.REASON), {"text": payload.text})
        self.happened(self.event_kind, data, content)
        self.changed()

    def answer(self) -> None:
        payload, case = self.command.payload, self.case
        if isinstance(payload, Answering):
            body = {"text": payload.text, "language": payload.language, "legal_basis": payload.legal_basis}
            content: bytes | None = self.said(ContentKind.ANSWER, body)
            data: dict[str, Any] = {"outcome": payload.outcome, "language": payload.language}
        else:
            data, content = dict(case.proposed or {}), case.proposed_hash
        self.happened(self.event_kind, data, content)
        self.changed(outcome=data["outcome"] if self.close else None)

    def forward(self) -> None:
        payload = self.command.payload
        assert isinstance(payload, Forwarding)
        case, receiver = self.case, self.directory.agency(payload.to)
        if receiver.id == case.agency_id:
            raise ForwardToSelf
        sender = self.directory.agency_by_id(case.agency_id)
        # R10: three working days from registration; later is possible and marked.
        late = self.day > forward_due(case.registered_on, self.directory.calendar.for_week(sender.hours.week))
        content = self.said(ContentKind.REASON, {"text": payload.reason})
        self.happened(EventKind.FORWARDED, {"from": sender.code, "to": receiver.code, "late": late}, content)
        self.changed(forwarded_late=late)
        self.version += 1
        self.status = Status.REGISTERED
        self.opened(receiver, Origin.FORWARDED, EventKind.RECEIVED)

    def reopen(self) -> None:
        """A new holding beside the old one, whose answer stays counted."""
        payload = self.command.payload
        assert isinstance(payload, Writing)
        content = self.said(ContentKind.REASON, {"text": payload.text})
        self.changed()
        self.version += 1
        self.status = Status.REGISTERED
        agency = self.directory.agency_by_id(self.case.agency_id)
        self.opened(agency, Origin.REOPENED, EventKind.REOPENED, content)

    # rows

    def said(self, kind: ContentKind, body: dict[str, Any]) -> bytes:
        salt, plain = secrets.token_bytes(16), history.canonical(body)
        hash_ = history.content_hash(salt, plain)
        self.effects.contents.append(
            {
                "appeal_id": self.case.appeal_id,
                "part": self.case.part,
                "kind": kind,
                "at": self.command.at,
                "author_id": self.command.actor.id,
                "salt": salt,
                "body": cipher().encrypt(plain.decode(), "content.body"),
                "hash": hash_,
                "tokens": tokens(body["text"]) if kind is ContentKind.SUPPLEMENT else None,
            }
        )
        return hash_

    def happened(
        self, kind: EventKind, data: dict[str, Any], content: bytes | None = None, *, on_new: bool = False
    ) -> None:
        command, case = self.command, self.case
        actor = (command.actor.kind, command.actor.id)
        hash_ = history.event_hash(
            appeal_id=case.appeal_id,
            part=case.part,
            kind=kind,
            at=command.at,
            actor=actor,
            data=data,
            content=content,
            previous=self.last_hash,
        )
        self.effects.events.append(
            {
                "appeal_id": case.appeal_id,
                "part": case.part,
                "holding_id": None if on_new else case.holding_id,
                "at": command.at,
                "kind": kind,
                "actor_kind": actor[0],
                "actor_id": actor[1],
                "data": data,
                "content_hash": content,
                "previous": self.last_hash,
                "hash": hash_,
            }
        )
        self.last_hash = hash_
        if kind in TOLD:
            self.told(TOLD[kind], data)

    def told(self, kind: str, data: dict[str, Any]) -> None:
        self.effects.notices.append(
            {
                "appeal_id": self.case.appeal_id,
                "event_hash": self.last_hash,
                "kind": kind,
                "language": self.case.language,
                "params": data,
                "not_before": self.command.at,
            }
        )

    def changed(
        self,
        *,
        outcome: str | None = None,
        forwarded_late: bool = False,
        assignee_id: int | None = None,
        lease_until: Any = None,
    ) -> None:
        case, closes = self.case, self.close is not None
        keeps_lease = not closes and self.command.act not in {Act.CLAIM, Act.ASSIGN, Act.RELEASE}
        self.effects.changed.append(
            {
                "id": case.holding_id,
                "status": self.status,
                "version": self.version,
                "due_on": case.due_on,
                "running": case.running and not closes,
                "assignee_id": case.assignee_id if keeps_lease else assignee_id,
                "lease_until": case.lease_until if keeps_lease else lease_until,
                "closed_at": self.command.at if closes else None,
                "closed_on": self.day if closes else None,
                "close": self.close,
                "outcome": outcome,
                "last_hash": self.last_hash,
            }
        )
        if self.close:
            self.noted(self.ending(self.close))
            self.counted_close(self.close, forwarded_late=forwarded_late)

    def ending(self, close: Close) -> Fact:
        at, by, due_on = self.command.at, self.command.actor.kind, self.case.due_on
        match close:
            case Close.ANSWERED:
                return facts.answered(at, by, due_on=due_on)
            case Close.FORWARDED_OUT:
                return facts.forwarded(at, by, due_on=due_on)
            case Close.CLOSED_OTHERWISE:
                return facts.closed(at, by, self.status, due_on=due_on)

    def noted(self, fact: Fact, *, on_new: bool = False) -> None:
        """Into the ledger, under the event that was last."""
        self.effects.ledger.append(
            {
                "appeal_id": self.case.appeal_id,
                "part": self.case.part,
                "holding_id": None if on_new else self.case.holding_id,
                "event_hash": self.last_hash,
                "facts": [fact.as_json()],
            }
        )

    def counted_close(self, close: Close, *, forwarded_late: bool) -> None:
        late = self.day > self.case.due_on
        self.counted(
            answered=close is Close.ANSWERED,
            answered_late=close is Close.ANSWERED and late,
            forwarded_out=close is Close.FORWARDED_OUT,
            forwarded_late=forwarded_late,
            closed_otherwise=close is Close.CLOSED_OTHERWISE,
            closed_late=close is not Close.ANSWERED and late,
            running=-1 if self.case.running else 0,
        )

    def counted(self, **figures: int) -> None:
        case = self.case
        self.effects.deltas.append(
            _delta(case, case.agency_id, case.registered_on, self.day, case.due_on) | _whole(figures)
        )

    def opened(self, agency: Agency, origin: Origin, event: EventKind, content: bytes | None = None) -> None:
        case, at = self.case, self.command.at
        opening = facts.opened(
            case.kind,
            at,
            agency.hours,
            self.directory.calendar,
            by=self.command.actor.kind,
            origin=origin,
            first_received_at=case.first_received_at,
        )
        term = compute((opening,), self.directory.calendar)
        self.happened(
            event,
            {
                "agency": agency.code,
                "registered_on": term.registered_on.isoformat(),
                "due_on": term.due_on.isoformat(),
            },
            content,
            on_new=True,
        )
        self.effects.opened.append(self._holding(agency, origin, term))
        self.noted(opening, on_new=True)
        self.effects.deltas.append(
            _delta(case, agency.id, term.registered_on, term.registered_on, term.due_on)
            | _whole({"received": 1, "running": 1})
        )

    def _holding(self, agency: Agency, origin: Origin, term: Term) -> dict[str, Any]:
        case = self.case
        return {
            "appeal_id": case.appeal_id,
            "part": case.part,
            "agency_id": agency.id,
            "origin": origin,
            "received_at": self.command.at,
            "registered_on": term.registered_on,
            "due_on": term.due_on,
            "regime": term.regime,
            "status": Status.REGISTERED,
            "version": self.version,
            "channel": case.channel,
            "kind": case.kind,
            "topic": case.topic,
            "region": case.region,
            "applicant_type": case.applicant_type,
            "last_hash": self.last_hash,
        }


_CONTENT_OF = {Act.NOTE: ContentKind.NOTE, Act.SUPPLEMENT: ContentKind.SUPPLEMENT}
_FIGURES = (
    "received",
    "answered",
    "answered_late",
    "forwarded_out",
    "forwarded_late",
    "closed_otherwise",
    "closed_late",
    "extended",
    "running",
)


def _whole(figures: dict[str, int]) -> dict[str, int]:
    return {name: int(figures.get(name, 0)) for name in _FIGURES}


def _delta(case: Case, agency_id: int, opened_on: date, day: date, due_on: date) -> dict[str, Any]:
    return {
        "agency_id": agency_id,
        "opened_on": opened_on,
        "day": day,
        "due_on": due_on,
        "channel": case.channel,
        "applicant_type": case.applicant_type,
        "kind": case.kind,
        "topic": case.topic,
        "region": case.region,
    }

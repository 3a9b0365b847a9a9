"""What one act changes, row by row: texts, events, facts, figures, notices. Asks the database nothing.

Events form a chain, each with the hash of the one before. An event after which the clock is another says so
(`due_on`, `running`), so that the figures can be recounted from events alone.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.appeals import history
from app.appeals.codes import TOLD, ActorKind, Close, ContentKind, EventKind, Origin, Status
from app.appeals.commands import Case, Command, Done, attachments_of, refusal
from app.appeals.counting import Counting
from app.appeals.effects import Effects
from app.appeals.lifecycle import Form, after, row
from app.core import clock
from app.core.cipher import cipher
from app.core.words import tokens
from app.deadlines import facts
from app.deadlines.calendar import Calendar
from app.deadlines.facts import Fact
from app.deadlines.guards import Refused
from app.deadlines.ledger import compute, rest_of_term
from app.deadlines.regimes import Stage
from app.deadlines.term import Term
from app.directory.registry import Directory
from app.directory.values import Agency
from app.notices.models import Audience

# In these the words of the applicant or of a part are found by searching.
_SEARCHED = frozenset({ContentKind.SUPPLEMENT, ContentKind.PART})


@dataclass
class Change(Counting):
    """The holding as the act leaves it, and the rows that say so."""

    command: Command
    case: Case
    directory: Directory
    effects: Effects = field(default_factory=Effects)

    def __post_init__(self) -> None:
        case = self.case
        self.at = self._not_before()
        self.day = max(clock.civil_day(self.at), case.registered_on)
        self.become()
        self.version = case.version + row(self.command.act).moves
        self.last_hash = case.last_hash
        self.due_on, self.running, self.extended = case.due_on, case.running, case.extended
        self.on_control, self.wait_until, self.warned = case.on_control, case.wait_until, case.warned
        self.erased_on: date | None = None
        self.taken: list[Fact] = list(case.held[-1].facts) if case.held else []
        self.pending: list[Fact] = []
        self.said_of_clock = (case.due_on, case.running)
        self.term_ = compute(self.taken, self.calendar) if self.taken else None

    def _not_before(self) -> datetime:
        """Nothing is dated before what happened already: clocks of two machines may differ a little."""
        held = self.case.held
        return max(self.command.at, held[-1].facts[-1].at) if held else self.command.at

    # what it is about

    @property
    def calendar(self) -> Calendar:
        return self.directory.calendar

    @property
    def agency(self) -> Agency:
        return self.directory.agency_by_id(self.case.agency_id)

    @property
    def term(self) -> Term:
        assert self.term_ is not None, f"{self.command.act} is none of the acts that ask for the term"
        return self.term_

    def become(self, form: Form | None = None) -> None:
        """Take this form of the act: it says where it leads, and whether the holding ends."""
        self.status, self.event_kind, self.close = after(self.command.act, self.case.status, form)

    def refused(self, refused: Refused) -> Exception:
        return refusal(refused, self.command.actor, self.case)

    def done(self) -> Done:
        case, effects = self.case, self.effects
        changed = effects.changed[-1] if effects.changed and not effects.opened else None
        return Done(case.appeal_id, case.part, self.version, self.status, case.version, changed)

    # what happens

    def take(self, *new: Fact) -> None:
        """These facts follow: the clock is what they make of it. They are written with the next event."""
        self.taken += new
        self.pending += new
        self.term_ = compute(self.taken, self.calendar)
        if self.term_.due_on != self.due_on:
            self.warned = 0
        self.due_on, self.running = self.term_.due_on, self.term_.running
        self.extended = self.term_.extended

    def said(self, kind: ContentKind, body: dict[str, Any], part: int | None = None) -> bytes:
        salt, plain = secrets.token_bytes(16), history.canonical(body)
        hash_ = history.content_hash(salt, plain)
        self.effects.contents.append(
            {
                "appeal_id": self.case.appeal_id,
                "part": self.case.part if part is None else part,
                "kind": kind,
                "at": self.at,
                "author_id": self.command.actor.id if self.command.actor.kind is ActorKind.STAFF else None,
                "salt": salt,
                "body": cipher().encrypt(plain.decode(), "content.body"),
                "hash": hash_,
                "tokens": tokens(body["text"]) if kind in _SEARCHED else None,
            }
        )
        return hash_

    def happened(
        self,
        data: dict[str, Any] | None = None,
        content: bytes | None = None,
        *,
        kind: EventKind | None = None,
    ) -> None:
        """An event of this holding, with the facts taken since the last one."""
        said = self._with_clock(data or {}) | (self._attachments() if content else {})
        self.last_hash = self._event(kind or self.event_kind, said, content)
        if self.pending:
            self._noted(self.pending, self.last_hash)
            self.pending = []

    def _attachments(self) -> dict[str, Any]:
        """The event that commits to the act's words commits to its files."""
        named = attachments_of(self.command)
        return {"attachments": [one.hash.hex() for one in named]} if named else {}

    def _with_clock(self, data: dict[str, Any]) -> dict[str, Any]:
        now = (self.due_on, self.running)
        if now == self.said_of_clock:
            return data
        self.said_of_clock = now
        return data | {"due_on": self.due_on.isoformat(), "running": self.running}

    def _event(
        self,
        kind: EventKind,
        data: dict[str, Any],
        content: bytes | None,
        *,
        on_new: bool = False,
        part: int | None = None,
    ) -> bytes:
        command, case = self.command, self.case
        actor = (command.actor.kind, command.actor.id)
        previous = self.last_hash if part is None else None  # a new part has a chain of its own
        described: dict[str, Any] = {
            "appeal_id": case.appeal_id,
            "part": case.part if part is None else part,
            "kind": kind,
            "at": self.at,
            "data": data,
        }
        hash_ = history.event_hash(**described, actor=actor, content=content, previous=previous)
        self.effects.events.append(
            described
            | {
                "holding_id": None if on_new else case.holding_id,
                "actor_kind": actor[0],
                "actor_id": actor[1],
                "content_hash": content,
                "previous": previous,
                "hash": hash_,
            }
        )
        if kind in TOLD:
            self.told(TOLD[kind], self._leads_to(on_new, part) | data, hash_)
        return hash_

    def _leads_to(self, on_new: bool, part: int | None) -> dict[str, Any]:
        """The state that a notice tells of: it stays what it was then, however late it is delivered."""
        if not on_new:
            return {"status": self.status, "version": self.version, "due_on": self.due_on.isoformat()}
        return {"status": Status.REGISTERED, "version": 1 if part is not None else self.version + 1}

    def told(
        self,
        kind: str,
        data: dict[str, Any],
        event: bytes | None = None,
        audience: Audience = Audience.APPLICANT,
    ) -> None:
        if self.command.silent:
            return
        self.effects.notices.append(
            {
                "appeal_id": self.case.appeal_id,
                "event_hash": event or self.last_hash,
                "kind": kind,
                "audience": audience,
                "language": self.case.language,
                "params": {"agency": self.agency.code} | data,
                "not_before": self.at,
            }
        )

    def sent(self) -> None:
        """What the actor had drafted of this part is sent."""
        row = {"appeal_id": self.case.appeal_id, "part": self.case.part, "author_id": self.command.actor.id}
        self.effects.sent.append(row)

    def _noted(self, new: list[Fact], event: bytes, *, part: int | None = None, on_new: bool = False) -> None:
        self.effects.ledger.append(
            {
                "appeal_id": self.case.appeal_id,
                "part": self.case.part if part is None else part,
                "holding_id": None if on_new else self.case.holding_id,
                "event_hash": event,
                "facts": [fact.as_json() for fact in new],
            }
        )

    # what is left

    def changed(
        self,
        *,
        outcome: str | None = None,
        how: str = "",
        forwarded_late: bool = False,
        took: int | None = None,
        lease: tuple[int | None, datetime | None] | None = None,
    ) -> None:
        """The holding as it is now. `how`: the way it ends without an answer, else the status says it.
        `took`: the working days until the answer."""
        case, closes = self.case, self.close is not None
        assignee, until = (None, None) if closes else lease or (case.assignee_id, case.lease_until)
        self.count_clock()
        self.effects.changed.append(
            {
                "id": case.holding_id,
                "status": self.status,
                "version": self.version,
                "due_on": self.due_on,
                "running": self.running and not closes,
                "extended": self.extended,
                "on_control": self.on_control,
                "wait_until": self.wait_until,
                "warned": self.warned,
                "assignee_id": assignee,
                "lease_until": until,
                "closed_at": self.at if closes else None,
                "closed_on": self.day if closes else None,
                "close": self.close,
                "outcome": outcome,
                "last_hash": self.last_hash,
                "erased_on": self.erased_on,
            }
        )
        if self.close:
            self._noted([self._ending(self.close, how)], self.last_hash)
            if self.close is Close.ANSWERED:
                self.count_answer(outcome or "", took)
            else:
                self.count_end(self.close, forwarded_late=forwarded_late)

    def restart(self) -> None:
        """What ends while its clock stands is judged as if the clock had started again on that day."""
        if self.running or self.case.closed:
            self.wait_until = None
        elif self.case.status is Status.SUSPENDED:
            self.resume()
        else:
            self.wait_until = None
            self.take(facts.corrected(self.at, self.command.actor.kind))

    def resume(self) -> None:
        """The clock starts again: at the end of the day that was set for it, once that day is over."""
        until = self.wait_until
        on = until if until and until < self.day else None
        self.wait_until = None
        self.take(facts.resumed(self.at, self.command.actor.kind, on))

    def _ending(self, close: Close, how: str) -> Fact:
        at, by, due_on = self.at, self.command.actor.kind, self.due_on
        match close:
            case Close.ANSWERED:
                return facts.answered(at, by, due_on=due_on)
            case Close.FORWARDED_OUT:
                return facts.forwarded(at, by, due_on=due_on)
            case Close.CLOSED_OTHERWISE:
                return facts.closed(at, by, how or self.status, due_on=due_on)

    # what follows

    def opened(
        self,
        agency: Agency,
        origin: Origin,
        event: EventKind,
        data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        *,
        part: int | None = None,
        stage: Stage | None = None,
        rest: int | None = None,
        chained: bool = False,
    ) -> None:
        """A holding of `agency`, registered now by its hours; of this part, or of a new one. `chained`: it is
        charged with having been passed on too often."""
        left = rest_of_term(self.term, self.day, self.calendar) if part is not None else 0
        split_by = (self.agency.code, left) if part is not None else None
        opening = self._opening(agency, origin, stage, rest, split_by)
        term = compute((opening,), self.calendar)
        days = {"registered_on": term.registered_on.isoformat(), "due_on": term.due_on.isoformat()}
        said = {"agency": agency.code} | days | dict(data or {})
        hash_ = self._event(event, said, content, on_new=True, part=part)
        if part is None:
            self.last_hash = hash_
            self.version += 1
            self.status = Status.REGISTERED
        self.effects.opened.append(self._holding(agency, origin, term, part, stage, hash_))
        self._noted([opening], hash_, part=part, on_new=True)
        self.count_opening(agency.id, origin, term, part=part, chained=chained)

    def _opening(
        self,
        agency: Agency,
        origin: Origin,
        stage: Stage | None,
        rest: int | None,
        split_by: tuple[str, int] | None,
    ) -> Fact:
        return facts.opened(
            self.case.kind,
            self.at,
            agency.hours,
            self.calendar,
            by=self.command.actor.kind,
            origin=origin,
            first_received_at=self.case.first_received_at,
            stage=stage,
            rest=rest,
            split_by=split_by,
            anonymous=bool(self.taken and self.taken[0].data.get("anonymous")),
        )

    def _holding(
        self, agency: Agency, origin: Origin, term: Term, part: int | None, stage: Stage | None, last: bytes
    ) -> dict[str, Any]:
        case = self.case
        return {
            "appeal_id": case.appeal_id,
            "part": case.part if part is None else part,
            "from_part": case.part,
            "agency_id": agency.id,
            "origin": origin,
            "received_at": self.at,
            "registered_on": term.registered_on,
            "due_on": term.due_on,
            "regime": term.regime,
            "status": Status.REGISTERED,
            "version": self.version if part is None else 1,
            "channel": case.channel,
            "kind": case.kind,
            "topic": case.topic,
            "region": case.region,
            "applicant_type": case.applicant_type,
            "stage": stage,
            # Whoever looks on goes on looking on, wherever it goes; a promise is the old body's matter.
            "on_control": self.on_control and self.wait_until is None,
            "last_hash": last,
        }

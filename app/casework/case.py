"""Reading one case: which part of which appeal, who sees how much of it, and everything that a page shows.

The holder's people and those above them see the whole. Who held it before sees it as it was when it left:
their own holding as it closed, and what had happened until then. Anybody else sees nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from app.appeals import drafts, numbers, repository
from app.appeals.codes import ApplicantType, ContentKind, EventKind, Status
from app.appeals.commands import CaseNotFound
from app.appeals.lifecycle import Act, allowed
from app.casework import reach
from app.casework.queue import assignee
from app.casework.schemas import (
    ActorOut,
    AgencyOut,
    AnswerOut,
    ApplicantOut,
    CaseOut,
    ColleagueDraftOut,
    DeadlineOut,
    DraftOut,
    EventOut,
    HolderOut,
    RouteOut,
    StepOut,
    WrittenOut,
)
from app.core import clock
from app.core.cipher import cipher
from app.core.errors import Conflict
from app.core.i18n import Language
from app.deadlines.explain import explain
from app.deadlines.facts import read_facts
from app.deadlines.ledger import compute
from app.directory.registry import Directory
from app.routing.rules import Decision, reason
from app.staff.access import StaffCaller

HOLDINGS = """
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.origin, h.registered_on, h.due_on, h.status, h.version,
       h.channel, h.kind, h.topic, h.region, h.applicant_type, h.assignee_id, account.name AS assignee_name,
       h.lease_until, h.running, h.on_control, h.closed_at, h.closed_on, h.close, h.outcome
FROM holding h LEFT JOIN staff_account account ON account.id = h.assignee_id
WHERE h.appeal_id = $1 ORDER BY h.id
"""

HEAD = """
SELECT a.received_at, a.registered_on, a.language, a.route, a.missing, p.name, p.iin, p.bin, p.address,
       p.phone, p.email,
       (SELECT array_agg(l.event_hash ORDER BY l.id) FROM ledger l WHERE l.holding_id = $2) AS ledger_events,
       (SELECT jsonb_agg(l.facts ORDER BY l.id) FROM ledger l WHERE l.holding_id = $2) AS ledger
FROM appeal a LEFT JOIN applicant p ON p.appeal_id = a.id
WHERE a.id = $1
"""

# An act belongs to the holding that it was done on, so what came after a holding has a higher holding's id.
EVENTS = """
SELECT e.part, e.at, e.kind, e.actor_kind, e.actor_id, account.name AS actor_name, e.data, e.content_hash,
       e.previous, e.hash, c.kind AS content_kind, c.body
FROM event e
LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
LEFT JOIN staff_account account ON account.id = e.actor_id AND e.actor_kind = 'staff'
WHERE e.appeal_id = $1 AND e.part = $2 AND e.holding_id <= $3
ORDER BY e.id
"""

# A draft stays with the holding it was written in; one that was refused as an answer may be in an older one.
DRAFTS = """
SELECT DISTINCT ON (d.author_id) d.author_id, account.name AS author, d.version, d.body, d.updated_at
FROM draft d LEFT JOIN staff_account account ON account.id = d.author_id
WHERE d.holding_id = ANY($1)
ORDER BY d.author_id, d.holding_id DESC
"""


class SeveralParts(Conflict):
    """The number means several parts that the caller may see; the answer lists them."""

    code = "several_parts"

    def __init__(self, parts: Sequence[str]) -> None:
        super().__init__(extra={"parts": list(parts)}, parts=", ".join(parts))


@dataclass(frozen=True, slots=True)
class Found:
    """A part of an appeal as the caller may see it.

    `holdings`: of this part, in order, up to the last that the caller may see; `shown` is that one.
    `own`: the ids of those that the caller's agencies had. `past`: the case has left them.
    """

    number: str
    appeal_id: int
    part: int
    holdings: Sequence[asyncpg.Record]
    shown: asyncpg.Record
    own: Sequence[int]
    past: bool


async def find(
    connection: asyncpg.Connection, caller: StaffCaller, typed: str, directory: Directory
) -> Found:
    """Raises CaseNotFound for what is not there or not the caller's to see, SeveralParts."""
    visible = reach.visible(caller, directory)
    try:
        number = numbers.parse(typed)
    except numbers.NumberError:
        raise CaseNotFound from None
    rows = await connection.fetch(HOLDINGS, number.appeal_id) if visible else []
    if not rows or rows[0]["applicant_type"] != number.applicant_type:
        raise CaseNotFound
    parts: dict[int, list[asyncpg.Record]] = {}
    for row in rows:
        parts.setdefault(row["part"], []).append(row)
    return _seen(_chosen(number, parts, visible), visible)


def _chosen(
    number: numbers.Number, parts: dict[int, list[asyncpg.Record]], visible: frozenset[int]
) -> list[asyncpg.Record]:
    """The holdings of the part that is meant: the one named, else that held now, else that held before."""
    if number.part:
        return parts.get(number.part, [])
    held = [rows for rows in parts.values() if rows[-1]["agency_id"] in visible]
    known = held or [rows for rows in parts.values() if any(row["agency_id"] in visible for row in rows)]
    if len(known) > 1:
        raise SeveralParts([_number(rows[0]) for rows in known])
    return known[0] if known else []


def _seen(rows: list[asyncpg.Record], visible: frozenset[int]) -> Found:
    own = [row for row in rows if row["agency_id"] in visible]
    if not own:
        raise CaseNotFound
    shown = own[-1]
    return Found(
        number=_number(shown),
        appeal_id=shown["appeal_id"],
        part=shown["part"],
        holdings=[row for row in rows if row["id"] <= shown["id"]],
        shown=shown,
        own=[row["id"] for row in own],
        past=shown["id"] != rows[-1]["id"],
    )


def _number(row: asyncpg.Record) -> str:
    return numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"])


async def events(connection: asyncpg.Connection, found: Found) -> list[asyncpg.Record]:
    """What happened, as far as the caller may see, with the texts that belong to it (encrypted)."""
    rows: list[asyncpg.Record] = await connection.fetch(
        EVENTS, found.appeal_id, found.part, found.shown["id"]
    )
    return rows


async def read(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    found: Found,
    directory: Directory,
    language: Language,
) -> CaseOut:
    """Everything that the case's page shows, by three statements more."""
    head = await connection.fetchrow(HEAD, found.appeal_id, found.shown["id"])
    assert head is not None
    happened = await events(connection, found)
    written = await connection.fetch(DRAFTS, found.own)
    return _Page(caller, found, head, happened, written, directory, language).build()


@dataclass(slots=True)
class _Page:
    caller: StaffCaller
    found: Found
    head: asyncpg.Record
    events: Sequence[asyncpg.Record]
    written: Sequence[asyncpg.Record]
    directory: Directory
    language: Language
    bodies: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def build(self) -> CaseOut:
        shown, head = self.found.shown, self.head
        for event in self.events:
            if event["body"] is not None:
                self.bodies[event["content_hash"]] = repository.opened(event["body"])
        today = clock.today()
        said = self._body(self.events[0])
        return CaseOut(
            number=self.found.number,
            part=self.found.part,
            status=shown["status"],
            version=shown["version"],
            past=self.found.past,
            overdue=shown["running"] and today > shown["due_on"],
            on_control=shown["on_control"],
            kind=shown["kind"],
            topic=shown["topic"],
            channel=shown["channel"],
            region=shown["region"] or None,
            language=head["language"],
            received_at=head["received_at"],
            registered_on=shown["registered_on"],
            due_on=shown["due_on"],
            working_days_left=self._days_left(today),
            deadline=self._deadline(),
            route=self._route(),
            agency=self._agency(shown["agency_id"], shown["registered_on"]),
            holders=[self._holder(row) for row in self.found.holdings],
            applicant=applicant(shown["applicant_type"], head),
            missing=head["missing"],
            subject=said.get("subject"),
            text=said.get("text"),
            incident_address=said.get("incident_address"),
            supplements=self._written(ContentKind.SUPPLEMENT),
            notes=self._written(ContentKind.NOTE),
            reasons=self._written(ContentKind.REASON),
            draft=next((_draft(row) for row in self.written if self._is_mine(row)), None),
            drafts=[_colleagues(row) for row in self.written if not self._is_mine(row)],
            proposed=self._proposed(),
            answer=self._answer(EventKind.ANSWERED),
            assignee=assignee(shown),
            lease_until=shown["lease_until"],
            allowed_acts=acts(self.caller, self.found, self.directory),
        )

    def _body(self, event: asyncpg.Record) -> dict[str, Any]:
        return self.bodies.get(event["content_hash"], {})

    def _agency(self, agency_id: int, on: date) -> AgencyOut:
        agency = self.directory.agency_by_id(agency_id)
        return AgencyOut(code=agency.code, name=agency.name(self.language, on))

    def _days_left(self, today: date) -> int:
        hours = self.directory.agency_by_id(self.found.shown["agency_id"]).hours
        calendar = self.directory.calendar.for_week(hours.week)
        return calendar.working_days_between(today, self.found.shown["due_on"])

    def _deadline(self) -> DeadlineOut:
        facts = read_facts(zip(self.head["ledger_events"], self.head["ledger"], strict=True))
        entries = compute(facts, self.directory.calendar).entries
        steps = [StepOut(**step) for step in explain(entries, self.language)]
        return DeadlineOut(due_on=self.found.shown["due_on"], steps=steps)

    def _route(self) -> RouteOut:
        decision = Decision.from_json(self.head["route"])
        why = reason(decision, self.directory, self.language, self.head["registered_on"])
        return RouteOut(reason=why, rule=decision.rule)

    def _holder(self, row: asyncpg.Record) -> HolderOut:
        return HolderOut(
            agency=self._agency(row["agency_id"], row["registered_on"]),
            origin=row["origin"],
            registered_on=row["registered_on"],
            due_on=row["due_on"],
            closed_on=row["closed_on"],
            close=row["close"],
            outcome=row["outcome"],
        )

    def _written(self, kind: ContentKind) -> list[WrittenOut]:
        return [
            WrittenOut(
                at=event["at"],
                event=event["kind"],
                author=event["actor_name"],
                text=self._body(event).get("text"),
            )
            for event in self.events
            if event["content_kind"] == kind
        ]

    def _proposed(self) -> AnswerOut | None:
        waits = self.found.shown["status"] == Status.AWAITING_APPROVAL
        return self._answer(EventKind.ANSWER_PROPOSED) if waits else None

    def _answer(self, kind: EventKind) -> AnswerOut | None:
        """The newest answer of this kind of event."""
        event = next((event for event in reversed(self.events) if event["kind"] == kind), None)
        if event is None:
            return None
        body = self._body(event)
        return AnswerOut(
            outcome=event["data"]["outcome"],
            text=body.get("text"),
            language=event["data"]["language"],
            legal_basis=body.get("legal_basis"),
            author=event["actor_name"],
            at=event["at"],
        )

    def _is_mine(self, row: asyncpg.Record) -> bool:
        return bool(row["author_id"] == self.caller.account_id)


def acts(caller: StaffCaller, found: Found, directory: Directory) -> list[Act]:
    """What the state and the caller's role allow now."""
    shown = found.shown
    if found.past:
        return []
    by_state = allowed(Status(shown["status"]), closed=shown["closed_at"] is not None)
    return sorted(act for act in by_state if shown["agency_id"] in reach.agencies(caller, act, directory))


def applicant(type_: str, head: asyncpg.Record) -> ApplicantOut:
    lock = cipher()
    values = {
        name: lock.decrypt_optional(head[name], f"applicant.{name}")
        for name in ("name", "iin", "bin", "address", "phone", "email")
    }
    masked = {name: mask(values[name]) for name in ("iin", "bin", "phone")}
    return ApplicantOut(**(values | masked), type=ApplicantType(type_))


def mask(number: str | None) -> str | None:
    """All but the last four digits hidden; of a very short number, all."""
    if number is None:
        return None
    digits = "".join(character for character in number if character.isdigit())
    shown = digits[-4:] if len(digits) > 6 else ""
    return "•" * (len(digits) - len(shown)) + shown


def _draft(row: asyncpg.Record) -> DraftOut:
    return DraftOut(**_draft_values(row))


def _colleagues(row: asyncpg.Record) -> ColleagueDraftOut:
    return ColleagueDraftOut(**_draft_values(row), author=row["author"] or "—")


def _draft_values(row: asyncpg.Record) -> dict[str, Any]:
    draft = drafts.opened(row["body"])
    return {
        "version": row["version"],
        "text": draft.text,
        "outcome": draft.outcome,
        "language": draft.language,
        "legal_basis": draft.legal_basis,
        "updated_at": row["updated_at"],
    }


def event_out(event: asyncpg.Record) -> EventOut:
    return EventOut(
        part=event["part"],
        at=event["at"],
        kind=event["kind"],
        actor=ActorOut(kind=event["actor_kind"], id=event["actor_id"], name=event["actor_name"]),
        data=event["data"],
        content_hash=_hex(event["content_hash"]),
        previous=_hex(event["previous"]),
        hash=event["hash"].hex(),
    )


def _hex(value: bytes | None) -> str | None:
    return value.hex() if value else None

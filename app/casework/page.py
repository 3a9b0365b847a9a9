"""Everything that a case's page shows, as far as its reader sees it (case.py): its term, texts and people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from app.appeals import numbers, repository, walls
from app.appeals.codes import ApplicantType, ContentKind, EventKind, Likeness, Status
from app.attachments import listing
from app.attachments.listing import Files
from app.casework import case, reach, undelivered
from app.casework.case import Found
from app.casework.details import applicant, colleagues_draft, own_draft
from app.casework.queue import assignee
from app.casework.schemas import (
    AgencyOut,
    AgeOut,
    AnswerOut,
    CaseOut,
    ComplaintOut,
    CorrectionOut,
    DeadlineOut,
    HearingOut,
    HolderOut,
    LinkOut,
    PartOut,
    ReviewerOut,
    RouteOut,
    StepOut,
    TargetOut,
    WrittenOut,
)
from app.core import clock
from app.core.i18n import Language
from app.deadlines.calendar import Calendar
from app.deadlines.explain import explain
from app.deadlines.facts import read_facts
from app.deadlines.guards import cap_on
from app.deadlines.ledger import Term, compute, forward_by
from app.deadlines.watch import age, service_target
from app.directory.registry import Directory
from app.routing.rules import Decision, reason
from app.settings import Settings
from app.staff.access import StaffCaller

_NOT_WALLED = walls.condition(
    me="$6",
    agencies="$7",
    head="$8",
    appeal="w.appeal_id",
    under_review="""EXISTS (SELECT FROM holding review WHERE review.appeal_id = w.appeal_id
                            AND review.closed_at IS NULL AND review.stage = 'review')""",
)

# `$2`: the holding shown, `$3`: the first of this part, whose opening says whether a complaint came too late.
HEAD = f"""
SELECT a.received_at, a.registered_on, a.language, a.route, a.missing, p.name, p.iin, p.bin, p.address,
       p.phone, p.email,
       (SELECT c.body FROM content c WHERE c.appeal_id = a.id AND c.kind = 'appeal') AS body,
       (SELECT array_agg(l.event_hash ORDER BY l.id) FROM ledger l WHERE l.holding_id = $2) AS ledger_events,
       (SELECT jsonb_agg(l.facts ORDER BY l.id) FROM ledger l WHERE l.holding_id = $2) AS ledger,
       (SELECT l.facts -> 0 -> 'data' -> 'filed_late' FROM ledger l WHERE l.holding_id = $3
        ORDER BY l.id LIMIT 1) AS filed_late,
       (SELECT jsonb_agg(jsonb_build_array(w.appeal_id, filed.applicant_type) ORDER BY w.appeal_id)
        FROM complaint w JOIN appeal filed ON filed.id = w.appeal_id
        WHERE w.about_id = a.id AND w.about_part = $4 AND {_NOT_WALLED}
          AND EXISTS (SELECT FROM holding held WHERE held.appeal_id = w.appeal_id
                      AND held.agency_id = ANY ($5::bigint[]))) AS complaints
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

GIVEN = frozenset({EventKind.ANSWERED, EventKind.DECIDED, EventKind.SELF_CORRECTED})
PROPOSED = frozenset({EventKind.ANSWER_PROPOSED})


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
    settings: Settings,
    clear: str | None = None,
) -> CaseOut:
    """Everything that the case's page shows, by four statements more, five if it has files. `clear`: the
    field of the applicant that is not masked this once."""
    head = await connection.fetchrow(
        HEAD,
        found.appeal_id,
        found.shown["id"],
        found.holdings[0]["id"],
        found.part,
        sorted(reach.visible(caller, directory)),
        *reach.onlooker(caller, directory).values(),
    )
    assert head is not None
    happened = await events(connection, found)
    written = await connection.fetch(DRAFTS, found.own)
    told = await undelivered.of_case(connection, found.appeal_id, found.part, found.shown["id"])
    named = await listing.of_events(connection, found.appeal_id, happened)
    files = Files(
        named, f"/api/v1/cases/{found.number}{'' if found.part else case.WHOLE}/attachments", settings
    )
    facts = read_facts(zip(head["ledger_events"], head["ledger"], strict=True))
    term = compute(facts, directory.calendar)
    return _Page(
        caller, found, head, term, happened, files, written, told, directory, language, clear
    ).build()


@dataclass(slots=True)
class _Page:
    caller: StaffCaller
    found: Found
    head: asyncpg.Record
    term: Term
    events: Sequence[asyncpg.Record]
    files: Files
    written: Sequence[asyncpg.Record]
    told: Sequence[asyncpg.Record]
    directory: Directory
    language: Language
    clear: str | None
    bodies: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def build(self) -> CaseOut:
        for event in self.events:
            if event["body"] is not None:
                self.bodies[event["content_hash"]] = repository.opened(event["body"])
        return CaseOut(**self._state(), **self._term(), **self._around(), **self._texts())

    def _state(self) -> dict[str, Any]:
        shown, head = self.found.shown, self.head
        return {
            "number": self.found.number,
            "part": self.found.part,
            "past": self.found.past,
            "overdue": shown["running"] and clock.today() > shown["due_on"],
            "region": shown["region"] or None,
            "language": head["language"],
            "received_at": head["received_at"],
            "missing": head["missing"],
            "assignee": assignee(shown),
            "notices": [undelivered.notice_out(row) for row in self.told],
            "allowed_acts": case.acts(self.caller, self.found, self.directory),
        } | {
            name: shown[name]
            for name in (
                *("status", "version", "on_control", "kind", "topic", "channel"),
                *("registered_on", "due_on", "lease_until", "erased_on"),
            )
        }

    # the term

    @property
    def _calendar(self) -> Calendar:
        hours = self.directory.agency_by_id(self.found.shown["agency_id"]).hours
        return self.directory.calendar.for_week(hours.week)

    def _term(self) -> dict[str, Any]:
        shown, term, calendar = self.found.shown, self.term, self._calendar
        today = clock.today()
        ended_on = clock.civil_day(shown["closed_at"]) if shown["closed_at"] else today
        passed = age(self.head["received_at"], ended_on, calendar)
        return {
            "working_days_left": calendar.working_days_between(today, shown["due_on"]),
            "deadline": self._deadline(),
            "age": AgeOut(days=passed.days, working_days=passed.working_days),
            "service_target": self._target(),
            "forward_by": forward_by(term, calendar),
            "extendable_until": cap_on(term, calendar),
            "correction": self._correction(),
            "hearing": self._hearing(),
            "suspended_until": term.resume_on if shown["status"] == Status.SUSPENDED else None,
            "control_on": self._control_on(),
            "promised_until": term.control_until,
        }

    def _control_on(self) -> date | None:
        if not self.found.shown["on_control"]:
            return None
        taken = (event["data"] for event in reversed(self.events) if event["kind"] == EventKind.CONTROL_TAKEN)
        day = (next(taken, None) or {}).get("control_on")
        return date.fromisoformat(day) if day else None

    def _deadline(self) -> DeadlineOut:
        steps = [StepOut(**step) for step in explain(self.term.entries, self.language)]
        return DeadlineOut(due_on=self.found.shown["due_on"], steps=steps)

    def _target(self) -> TargetOut | None:
        target = service_target(self.found.shown["channel"], self.term, self._calendar)
        if target is None:
            return None
        (step,) = explain([target.entry], self.language)
        return TargetOut(on=target.on, sentence=step["sentence"])

    def _correction(self) -> CorrectionOut | None:
        until = self.term.correct_by
        if until is None or self.found.shown["status"] != Status.AWAITING_CORRECTION:
            return None
        return CorrectionOut(until=until, what=self._newest(ContentKind.REQUEST))

    def _hearing(self) -> HearingOut | None:
        heard, exempt = self.term.hearing, self.term.hearing_exempt
        if heard is None:
            nothing = dict.fromkeys(("on", "preliminary", "decide_from", "object_by"))
            return HearingOut(**nothing, exempt=True) if exempt else None
        return HearingOut(
            on=heard.on,
            preliminary=self._newest(ContentKind.PRELIMINARY),
            decide_from=heard.decide_from,
            object_by=heard.object_by,
            exempt=exempt,
        )

    # who and what else

    def _around(self) -> dict[str, Any]:
        shown = self.found.shown
        return {
            "route": self._route(),
            "agency": self._agency(shown["agency_id"], shown["registered_on"]),
            "holders": [self._holder(row) for row in self.found.holdings],
            "parts": self._parts(),
            "links": self._links(),
            "complaint": self._complaint(),
            "complaints": [
                numbers.format_number(id_, ApplicantType(type_))
                for id_, type_ in self.head["complaints"] or ()
            ],
            "applicant": applicant(shown["applicant_type"], self.head, self.clear),
        }

    def _agency(self, agency_id: int, on: date) -> AgencyOut:
        agency = self.directory.agency_by_id(agency_id)
        return AgencyOut(code=agency.code, name=agency.name(self.language, on))

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

    def _parts(self) -> list[PartOut]:
        """Who no longer has the case is told which parts there were, not how they are doing now."""
        until, shown = self.found.until, self.found.shown
        newest = {
            row["part"]: row for row in self.found.rows if until is None or row["received_at"] <= until
        } | {shown["part"]: shown}
        return [
            PartOut(
                number=case.number_of(row),
                agency=self._agency(row["agency_id"], row["registered_on"]),
                status=row["status"] if until is None or row is shown else None,
                due_on=row["due_on"] if until is None or row is shown else None,
            )
            for _, row in sorted(newest.items())
        ]

    def _links(self) -> list[LinkOut]:
        return [
            LinkOut(number=event["data"]["to"], as_=event["data"].get("as", Likeness.DUPLICATE))
            for event in self.events
            if event["kind"] in (EventKind.LINKED, EventKind.MERGED)
        ]

    def _complaint(self) -> ComplaintOut | None:
        complaint, shown = self.found.complaint, self.found.shown
        if complaint is None:
            return None
        on, reviewer_id = shown["registered_on"], complaint.reviewer_id
        about = ApplicantType(shown["about_type"])
        return ComplaintOut(
            about=numbers.format_number(complaint.about_id, about, complaint.about_part),
            respondent=self._agency(complaint.respondent_id, on),
            reviewer=ReviewerOut(
                kind=complaint.reviewer,
                agency=self._agency(reviewer_id, on) if reviewer_id is not None else None,
            ),
            filed_late=bool(self.head["filed_late"]),
            stage=self.found.stage,
        )

    # what was written

    def _texts(self) -> dict[str, Any]:
        said = repository.opened(self.head["body"]) if self.head["body"] else {}
        return {
            "subject": said.get("subject"),
            "text": self._newest(ContentKind.PART) if self.found.part else said.get("text"),
            "incident_address": said.get("incident_address"),
            "caller": said.get("caller"),
            "details": said.get("details"),
            "supplements": self._written(ContentKind.SUPPLEMENT),
            "notes": self._written(ContentKind.NOTE),
            "reasons": self._written(ContentKind.REASON),
            "draft": next((own_draft(row) for row in self.written if self._is_mine(row)), None),
            "drafts": [colleagues_draft(row) for row in self.written if not self._is_mine(row)],
            "attachments": self.files.of(self._not_answers(), self.language),
            "proposed": self._proposed(),
            "answer": self._answer(GIVEN),
        }

    def _not_answers(self) -> list[asyncpg.Record]:
        return [event for event in self.events if event["kind"] not in GIVEN | PROPOSED]

    def _body(self, event: asyncpg.Record) -> dict[str, Any]:
        return self.bodies.get(event["content_hash"], {})

    def _written(self, kind: ContentKind) -> list[WrittenOut]:
        return [
            WrittenOut(
                at=event["at"],
                event=event["kind"],
                author=event["actor_name"],
                text=self._body(event).get("text"),
                details=self._body(event).get("details"),
            )
            for event in self.events
            if event["content_kind"] == kind
        ]

    def _newest(self, kind: ContentKind) -> str | None:
        return next((written.text for written in reversed(self._written(kind))), None)

    def _proposed(self) -> AnswerOut | None:
        waits = self.found.shown["status"] == Status.AWAITING_APPROVAL
        return self._answer(PROPOSED) if waits else None

    def _answer(self, kinds: frozenset[EventKind]) -> AnswerOut | None:
        """The newest answer of these kinds of event."""
        event = next((event for event in reversed(self.events) if event["kind"] in kinds), None)
        if event is None:
            return None
        body = self._body(event)
        return AnswerOut(
            outcome=event["data"]["outcome"],
            text=body.get("text"),
            language=event["data"]["language"],
            legal_basis=body.get("legal_basis"),
            promised_until=event["data"].get("promised_until"),
            author=event["actor_name"],
            at=event["at"],
            attachments=self.files.of([event], self.language),
        )

    def _is_mine(self, row: asyncpg.Record) -> bool:
        return bool(row["author_id"] == self.caller.account_id)

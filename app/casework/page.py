"""Everything that a case's page shows, as far as its reader sees it (case.py): its term, texts and people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from app.appeals import numbers, repository
from app.appeals.codes import ApplicantType, ContentKind, EventKind, Likeness, Status
from app.appeals.lifecycle import Act
from app.attachments.listing import Files
from app.casework import case, content, templates, undelivered
from app.casework.case import Found
from app.casework.changes import Place
from app.casework.content import Content
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
    TemplateOut,
    WrittenOut,
)
from app.core import clock
from app.core.i18n import Language
from app.core.nested import Row
from app.deadlines.calendar import Calendar
from app.deadlines.explain import explain
from app.deadlines.facts import read_facts
from app.deadlines.guards import cap_on
from app.deadlines.ledger import Term, compute, forward_by
from app.deadlines.watch import age, service_target
from app.directory.registry import Directory
from app.readings.codes import Way
from app.routing.rules import Decision, reason
from app.settings import Settings
from app.staff.access import StaffCaller

GIVEN = frozenset({EventKind.ANSWERED, EventKind.DECIDED, EventKind.SELF_CORRECTED})
PROPOSED = frozenset({EventKind.ANSWER_PROPOSED})


@dataclass(frozen=True, slots=True)
class Opened:
    """A case on the page where it is worked on. `events`: its history, the oldest first. `seen`: what changes
    afterwards is found from here on. `templates`: in the appeal's language, for who may answer it now."""

    case: CaseOut
    events: Sequence[Row]
    seen: Place
    templates: Sequence[TemplateOut]


async def opened(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    typed: str,
    directory: Directory,
    language: Language,
    settings: Settings,
) -> Opened:
    """Raises CaseNotFound, SeveralParts."""
    found = await case.find(connection, caller, typed, directory)
    answers = Act.ANSWER in case.acts(caller, found, directory)
    offered_by = templates.of_whom(caller, directory) if answers else ()
    written = await content.read(connection, caller, found, directory, Way.CASE, offered_by)
    return Opened(
        case=_Page(caller, found, written, directory, language, settings).build(),
        events=written.events,
        seen=found.seen,
        templates=[templates.out(row, caller, directory, language) for row in written.templates],
    )


async def read(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    found: Found,
    directory: Directory,
    language: Language,
    settings: Settings,
    way: Way | None,
    clear: str | None = None,
) -> CaseOut:
    """Everything that the case's page shows. `way`: how it is read, as `content.read` keeps it. `clear`: the
    field of the applicant that is not masked this once."""
    written = await content.read(connection, caller, found, directory, way)
    return _Page(caller, found, written, directory, language, settings, clear).build()


@dataclass(slots=True)
class _Page:
    caller: StaffCaller
    found: Found
    written: Content
    directory: Directory
    language: Language
    settings: Settings
    clear: str | None = None
    head: Row = field(init=False)
    events: Sequence[Row] = field(init=False)
    files: Files = field(init=False)
    term: Term = field(init=False)
    bodies: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.head, self.events = self.written.head, self.written.events
        number = f"{self.found.number}{'' if self.found.part else case.WHOLE}"
        self.files = Files(self.written.files, f"/api/v1/cases/{number}/attachments", self.settings)
        ledger = ((bytes.fromhex(event), facts) for event, facts in self.head["ledger"])
        self.term = compute(read_facts(ledger), self.directory.calendar)

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
            "notices": [undelivered.notice_out(row) for row in self.written.notices],
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

    def _holder(self, row: Row) -> HolderOut:
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
            "draft": next((own_draft(row) for row in self.written.drafts if self._is_mine(row)), None),
            "drafts": [colleagues_draft(row) for row in self.written.drafts if not self._is_mine(row)],
            "attachments": self.files.of(self._not_answers(), self.language),
            "proposed": self._proposed(),
            "answer": self._answer(GIVEN),
        }

    def _not_answers(self) -> list[Row]:
        return [event for event in self.events if event["kind"] not in GIVEN | PROPOSED]

    def _body(self, event: Row) -> dict[str, Any]:
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

    def _is_mine(self, row: Row) -> bool:
        return bool(row["author_id"] == self.caller.account_id)

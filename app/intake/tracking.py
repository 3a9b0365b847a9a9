"""What became of an appeal, to whoever holds its access code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from fastapi import APIRouter

from app.appeals import repository
from app.appeals.codes import ApplicantType, EventKind, Status
from app.appeals.numbers import format_number
from app.attachments.listing import Files
from app.core import clock
from app.core.edge import Configured, Glance, Lang
from app.core.errors import Invalid, problems
from app.core.i18n import Language
from app.core.nested import Row
from app.core.rooms import join
from app.deadlines import watch
from app.deadlines.complaints import ReviewerKind
from app.deadlines.explain import explain
from app.deadlines.ledger import compute
from app.deadlines.regimes import Stage
from app.deadlines.term import Term
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake import acts, receipts, sent
from app.intake.citizen import NOT_OPENED, AppealNotFound, Citizen, CitizenCaller
from app.intake.parts import answered_last, is_open, newest, overdue, speaking
from app.intake.possible import possible
from app.intake.schemas import (
    AgeOut,
    AnswerOut,
    ComplaintOut,
    CorrectionOut,
    DeadlineOut,
    HearingOut,
    LookedOut,
    PartOut,
    StepOut,
    TargetOut,
    TrackingOut,
)
from app.intake.shown import ANSWERS, Whereabouts, agency_out, answer_out, complaint_out, ending
from app.intake.submission import Filed
from app.intake.timeline import timeline

router = APIRouter(prefix="/api/v1", tags=["citizens"])


@router.get(
    "/appeals/{number}",
    summary="What became of an appeal",
    description="The whole with its parts, or, with `.2` after the number, one of them. The whole is "
    "answered once every part is that was not withdrawn or terminated; until then the part that is due last "
    "says how it stands.",
    response_model=TrackingOut,
    responses=problems(*NOT_OPENED, Invalid),
)
async def track(caller: Citizen, connection: Glance, lang: Lang, settings: Configured) -> TrackingOut:
    whole = await repository.whole(connection, caller.appeal_id)
    if whole is None or whole.head["applicant_type"] != caller.number.applicant_type:
        raise AppealNotFound
    return _Page(
        caller=caller,
        head=whole.head,
        holdings=whole.holdings,
        events=whole.events,
        said=whole.said,
        attached=await sent.seen(connection, caller, whole.events, settings),
        directory=snapshot.current(),
        lang=lang,
    ).build()


@dataclass
class _Page:
    caller: CitizenCaller
    head: Row
    holdings: Sequence[Row]
    events: Sequence[Row]
    said: Sequence[repository.Said]
    attached: Files
    directory: Directory
    lang: Language
    today: date = field(default_factory=clock.today)

    def build(self) -> TrackingOut:
        shown = self.shown
        main = speaking(shown)
        standing = self.standing[main["part"]]
        answered = answered_last(shown)
        part = self.caller.part
        return TrackingOut(
            number=self.caller.of_part(part),
            status=standing.status,
            overdue=any(self.standing[one["part"]].overdue for one in shown),
            agency=standing.agency,
            registered_on=standing.registered_on if part else self.head["registered_on"],
            due_on=standing.due_on,
            deadline=standing.deadline,
            timeline=timeline(self._told(), self.directory, self.lang),
            parts=[PartOut(**dict(one)) for one in self.standing.values()],
            answer=self._answer(answered) if answered and standing.status is Status.ANSWERED else None,
            age=self._age(),
            service_target=self._target(main),
            sandbox=self.caller.number.sandbox,
            complaint=self._complaint(main) if self.head["about_id"] else None,
            complaints=[
                format_number(id_, ApplicantType(type_)) for id_, type_ in self.head["complaints"] or ()
            ],
            attachments=self.attached.of(
                [event for event in self._told() if event["kind"] in sent.SENT], self.lang
            ),
            may=possible(shown, self.holdings, self.events, self.terms, self.directory, self.today),
            looked=self._looked(),
            erased_on=self._erased_on(),
            **self._waiting(shown),
        )

    @cached_property
    def parts(self) -> list[Row]:
        return newest(self.holdings)

    @cached_property
    def shown(self) -> list[Row]:
        """The parts that are asked for: the one named, else all; all too where that one was split further."""
        named = self.caller.part
        if named and not any(held["part"] == named for held in self.holdings):
            raise AppealNotFound
        found = [part for part in self.parts if part["part"] == named] if named else []
        return found or self.parts

    # each part

    @cached_property
    def terms(self) -> Mapping[int, Term]:
        calendar = self.directory.calendar
        return {part["part"]: compute(repository.facts_of(part), calendar) for part in self.parts}

    @cached_property
    def standing(self) -> Mapping[int, PartOut]:
        return {part["part"]: self._part(part) for part in self.parts}

    def _part(self, held: Row) -> PartOut:
        term, status = self.terms[held["part"]], Status(held["status"])
        open_ = is_open(held)
        return PartOut(
            number=self.caller.of_part(held["part"]),
            status=status,
            overdue=overdue(held, self.today),
            agency=agency_out(self.directory, self._holder(held), held["registered_on"], self.lang),
            registered_on=held["registered_on"],
            due_on=held["due_on"],
            deadline=self._deadline(held["due_on"], term),
            answer=self._answer(held) if status is Status.ANSWERED and not open_ else None,
            correction=self._correction(held, term)
            if status is Status.AWAITING_CORRECTION and open_
            else None,
            hearing=self._hearing(held, term) if status is Status.HEARING and open_ else None,
            suspended_until=term.resume_on if status is Status.SUSPENDED and open_ else None,
        )

    def _holder(self, held: Row) -> str:
        return self.directory.agency_by_id(held["agency_id"]).code

    def _deadline(self, due_on: date, term: Term) -> DeadlineOut:
        """With what the silence means, once the term is over (R16)."""
        silence = watch.deemed_refusal(term, self.today, self.directory.calendar)
        entries = (*term.entries, silence) if silence else term.entries
        return DeadlineOut(due_on=due_on, steps=[StepOut(**step) for step in explain(entries, self.lang)])

    def _answer(self, held: Row) -> AnswerOut | None:
        event = self._last(held, ANSWERS)
        if event is None:
            return None
        agency = self.directory.agency_by_id(held["agency_id"]).name(self.lang, clock.civil_day(event["at"]))
        files = self.attached.of([event], self.lang)
        return answer_out(event, self._words(event), agency, files, self.directory, self.lang)

    def _correction(self, held: Row, term: Term) -> CorrectionOut | None:
        asked = self._last(held, {EventKind.CORRECTION_REQUESTED})
        if asked is None or term.correct_by is None:
            return None
        return CorrectionOut(until=term.correct_by, what=self._words(asked).get("text"))

    def _hearing(self, held: Row, term: Term) -> HearingOut | None:
        invited = self._last(held, {EventKind.HEARING_SET})
        if invited is None or term.hearing is None:
            return None
        text = self._words(invited).get("text")
        return HearingOut(on=term.hearing.on, preliminary=text, object_by=term.hearing.object_by)

    def _last(self, held: Row, kinds: set[EventKind] | frozenset[EventKind]) -> Row | None:
        """The newest event of these kinds on a holding."""
        return next(
            (
                event
                for event in reversed(self.events)
                if event["holding_id"] == held["id"] and event["kind"] in kinds
            ),
            None,
        )

    def _words(self, event: Row) -> dict[str, Any]:
        """The text that belongs to an event; empty once it is erased."""
        return next((one.body for one in self.said if one.hash == event["content_hash"]), {})

    # the whole

    def _waiting(self, shown: Sequence[Row]) -> dict[str, Any]:
        """What the applicant is to do, or waits for: of the part where it is due first."""
        found = [self.standing[part["part"]] for part in shown]
        corrections = [one.correction for one in found if one.correction]
        hearings = [one.hearing for one in found if one.hearing]
        suspended = [one.suspended_until for one in found if one.suspended_until]
        return {
            "correction": min(corrections, key=lambda one: one.until, default=None),
            "hearing": min(hearings, key=lambda one: one.on, default=None),
            "suspended_until": min(suspended, default=None),
        }

    def _told(self) -> Sequence[Row]:
        """Of a part: what happened to it, and before it came about to the whole."""
        named = self.caller.part
        if not named:
            return self.events
        began = min((event["id"] for event in self.events if event["part"] == named), default=0)
        return [
            event
            for event in self.events
            if event["part"] == named or (event["part"] == 0 and event["id"] < began)
        ]

    def _looked(self) -> list[LookedOut]:
        found = []
        for agency_id, day, first_at, last_at in self.head["looked"] or ():
            on, agency = date.fromisoformat(day), self.directory.agency_by_id(agency_id).code
            shown = agency_out(self.directory, agency, on, self.lang)
            found.append(LookedOut(agency=shown, day=on, first_at=first_at, last_at=last_at))
        return found

    def _erased_on(self) -> date | None:
        erased = (event["at"] for event in self.events if event["kind"] == EventKind.ERASED)
        return next((clock.civil_day(at) for at in erased), None)

    def _age(self) -> AgeOut:
        ended = [clock.civil_day(part["closed_at"]) for part in self.shown if not is_open(part)]
        on = max(ended) if len(ended) == len(self.shown) else self.today
        age = watch.age(self.head["received_at"], on, self.directory.calendar)
        return AgeOut(days=age.days, working_days=age.working_days)

    def _target(self, main: Row) -> TargetOut | None:
        target = watch.service_target(self.head["channel"], self.terms[main["part"]], self.directory.calendar)
        if target is None:
            return None
        return TargetOut(on=target.on, sentence=explain([target.entry], self.lang)[0]["sentence"])

    def _complaint(self, main: Row) -> ComplaintOut:
        head, first = self.head, self.holdings[0]
        about = format_number(head["about_id"], ApplicantType(head["about_type"]), head["about_part"])
        filed = Filed(
            about=about,
            respondent=self.directory.agency_by_id(head["respondent_id"]).code,
            reviewer=ReviewerKind(head["reviewer"]),
            agency=self.directory.agency_by_id(head["reviewer_id"]).code if head["reviewer_id"] else "",
            stage=_stage(first),
            filed_late=bool(repository.facts_of(first)[0].data.get("filed_late")),
        )
        terminated = self._last(main, {EventKind.TERMINATED})
        at = Whereabouts(
            stage=_stage(main),
            agency=self._holder(main),
            due_on=main["due_on"],
            first_due=first["due_on"],
            ended=ending(main, terminated["data"].get("ground") if terminated else None),
        )
        return complaint_out(filed, at, head["registered_on"], self.directory, self.lang)


def _stage(held: Row) -> Stage | None:
    return Stage(held["stage"]) if held["stage"] else None


join(router, acts.router, receipts.router, sent.router)

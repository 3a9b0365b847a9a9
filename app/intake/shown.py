"""What is said to an applicant beside the record: the right to complain, and where a complaint is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.appeals.codes import EventKind, Status
from app.attachments.schemas import AttachmentOut
from app.core import clock
from app.core.i18n import Language, t
from app.core.nested import Row
from app.deadlines.complaints import ReviewerKind, complaint_until
from app.deadlines.explain import explain, period
from app.deadlines.regimes import LAW, Matter, Stage
from app.deadlines.term import Term
from app.directory.registry import Directory
from app.intake.parts import Holding, is_open
from app.intake.schemas import AgencyOut, AnswerOut, ComplaintOut, DeadlineOut, ReviewerOut, StepOut
from app.intake.submission import Filed

ANSWERS = frozenset({EventKind.ANSWERED, EventKind.DECIDED, EventKind.SELF_CORRECTED})


def agency_out(directory: Directory, code: str, on: date, lang: Language) -> AgencyOut:
    return AgencyOut(code=code, name=directory.agency(code).name(lang, on))


def deadline_out(term: Term, lang: Language) -> DeadlineOut:
    return DeadlineOut(due_on=term.due_on, steps=[StepOut(**step) for step in explain(term.entries, lang)])


# Answers


def answer_out(
    event: Row,
    body: Mapping[str, Any],
    agency: str,
    files: list[AttachmentOut],
    directory: Directory,
    lang: Language,
) -> AnswerOut:
    """`event`: one of ANSWERS; `body`: its text; `agency`: the name of who gave it; `files`: with it."""
    until, how = _remedy(event["kind"], clock.civil_day(event["at"]), agency, directory, lang)
    return AnswerOut(
        outcome=event["data"]["outcome"],
        text=body.get("text"),
        language=event["data"]["language"],
        legal_basis=body.get("legal_basis"),
        answered_at=event["at"],
        may_complain_until=until,
        how_to_complain=how,
        attachments=files,
    )


def _remedy(
    kind: str, on: date, agency: str, directory: Directory, lang: Language
) -> tuple[date | None, str]:
    """A02: until when one may complain of an answer of the day `on`, and how. After a review: in court."""
    if kind == EventKind.DECIDED:
        return None, t("how_to_complain.court", lang)
    until = complaint_until(on, directory.calendar)
    to = "agency" if LAW.find(Matter.TERM, Stage.HANDOVER, on) else "above"
    return until, t(f"how_to_complain.{to}", lang, agency=agency, until=until)


# Complaints


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a complaint is. `first_due`: when its first term ends or ended; `ended`: how it ended."""

    stage: Stage | None
    agency: str
    due_on: date
    first_due: date
    ended: str = ""


def ending(holding: Holding, ground: str | None) -> str:
    """How a complaint ended; empty while it is open. `ground`: of its termination."""
    if is_open(holding):
        return ""
    if holding["status"] == Status.ANSWERED:
        return "self_corrected" if holding["stage"] == Stage.HANDOVER else "decided"
    return "court_only" if ground == "court_only" else "closed"


def complaint_out(
    filed: Filed, at: Whereabouts, registered_on: date, directory: Directory, lang: Language
) -> ComplaintOut:
    def name(code: str) -> str:
        return directory.agency(code).name(lang, registered_on)

    return ComplaintOut(
        about=filed.about,
        stage=at.stage,
        filed_late=filed.filed_late,
        reviewer=ReviewerOut(
            kind=filed.reviewer,
            agency=agency_out(directory, filed.agency, registered_on, lang) if filed.agency else None,
            sentence=_who_reviews(filed, at, registered_on, name(filed.respondent), directory, lang),
        ),
        now=t(
            f"complaint.now.{_now(filed, at)}",
            lang,
            agency=name(at.agency),
            respondent=name(filed.respondent),
            by_day=at.due_on,
        ),
    )


def _who_reviews(
    filed: Filed, at: Whereabouts, on: date, respondent: str, directory: Directory, lang: Language
) -> str:
    """Where only a court can, also what happens until then (C03, C04)."""
    words: dict[str, object] = {"respondent": respondent, "by_day": at.first_due}
    if filed.agency:
        words["agency"] = directory.agency(filed.agency).name(lang, on)
    if filed.reviewer is not ReviewerKind.COURT:
        return t(f"complaint.reviewer.{filed.reviewer}", lang, **words)
    if filed.stage is None:
        return t("complaint.reviewer.court.at_once", lang, **words)
    term = LAW.rule(Matter.TERM, Stage.HANDOVER, on)
    return t("complaint.reviewer.court", lang, period=period(term.amount, str(term.unit), lang), **words)


def _now(filed: Filed, at: Whereabouts) -> str:
    if at.ended:
        return at.ended
    if at.stage is Stage.HANDOVER:
        return "court" if filed.reviewer is ReviewerKind.COURT else "handover"
    return "review" if at.stage is Stage.REVIEW else "considered"

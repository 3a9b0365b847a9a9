"""Who reviews a complaint and until when one may be made (C01-C06, A08). Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.deadlines.calendar import Calendar, add_months
from app.deadlines.guards import Refused
from app.deadlines.regimes import LAW, Law, Matter, Stage
from app.deadlines.term import Term


def complaint_until(known_on: date, calendar: Calendar | None = None, law: Law = LAW) -> date:
    """C06: the last day of the three months from the day the answer became known; a shorter month ends
    earlier. With the calendar, a last day that nobody works on moves to the next working one (B-MONTH)."""
    rule = law.rule(Matter.COMPLAINT_FILING, "complaint", known_on)
    last = add_months(known_on, rule.amount)
    return calendar.roll(last) if calendar else last


def filed_late(known_on: date, filed_on: date, calendar: Calendar, law: Law = LAW) -> bool:
    """C06: a missed term is marked and is no reason to refuse."""
    return filed_on > complaint_until(known_on, calendar, law)


def may_complain(term: Term, on: date) -> None:
    """Of an answer, or of silence once the due day has passed. Refused: too_early_to_complain."""
    if term.closed_on is None and (on <= term.due_on or not term.running):
        raise Refused("too_early_to_complain", due_on=term.due_on)


class ReviewerKind(StrEnum):
    BODY = "body"
    HEAD = "head"
    """The head, or a deputy, of the same body."""
    COURT = "court"
    """Nobody in the administration: the citizen is told so."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    kind: ReviewerKind
    agency: str = ""
    account_id: int | None = None


def reviewer_of(
    respondent: str,
    parents: Sequence[str],
    heads: Sequence[int],
    signers: Collection[int],
    on: date,
    law: Law = LAW,
) -> Reviewer:
    """C02: who reviews a complaint about an act of the agency `respondent`, received on a day.

    `parents`: codes of the bodies above it that exist on that day, the nearest first; `heads`: accounts of
    its head and deputies; `signers`: accounts that wrote or approved the act.
    """
    rule = law.rule(Matter.REVIEWER, "complaint", on)
    for parent in parents:
        if parent not in rule.codes and parent != respondent:
            return Reviewer(ReviewerKind.BODY, parent)
    if rule.reading == "parent_then_head":
        for head in heads:
            if head not in signers:
                return Reviewer(ReviewerKind.HEAD, respondent, head)
    return Reviewer(ReviewerKind.COURT)


def may_hand_over(to: str, reviewer: Reviewer) -> None:
    """C03: only to the reviewer. Refused: court_only; to: not_the_reviewer."""
    if reviewer.kind is ReviewerKind.COURT:
        raise Refused("court_only")
    if to != reviewer.agency:
        raise Refused("not_the_reviewer", "to", reviewer=reviewer.agency)


def may_decide(
    term: Term,
    outcome: str,
    *,
    agency: str,
    account_id: int,
    respondent: str,
    signers: Collection[int],
    reviewer: ReviewerKind,
    law: Law = LAW,
) -> None:
    """C08, A08: at the reviewer, and never by who wrote or approved the act or by the body it is about; only
    where there is no body above may that body's own head, who did not sign.

    Refused: not_under_review, about_you; outcome: unknown_outcome.
    """
    rule = law.find(Matter.DECISION, term.subject, term.law_day)
    if term.subject != Stage.REVIEW or rule is None:
        raise Refused("not_under_review")
    if account_id in signers or (agency == respondent and reviewer is not ReviewerKind.HEAD):
        raise Refused("about_you")
    if outcome not in rule.codes:
        raise Refused("unknown_outcome", "outcome", known=", ".join(rule.codes))

"""Complaints: until when, to whom, and who decides."""

import pytest

from app.deadlines import facts
from app.deadlines.complaints import (
    Reviewer,
    ReviewerKind,
    complaint_until,
    filed_late,
    may_complain,
    may_decide,
    may_hand_over,
    reviewer_of,
)
from app.deadlines.guards import Refused
from app.deadlines.regimes import Stage
from tests.deadlines.days import CALENDAR, DUE, at, day, opened, term_of

NOW, OLD = day("2026-11-23"), day("2021-06-01")
TERM = term_of(opened("2026-11-23"))
REVIEW = term_of(opened("2026-11-23", "complaint", stage=Stage.REVIEW))


@pytest.mark.parametrize(
    ("known", "plain", "rolled"),
    [
        ("2026-11-23", "2027-02-23", "2027-02-23"),
        ("2026-11-30", "2027-02-28", "2027-03-01"),
        ("2027-11-30", "2028-02-29", "2028-02-29"),
        ("2026-12-15", "2027-03-15", "2027-03-16"),
        ("2020-06-30", "2020-09-30", "2020-09-30"),
    ],
)
def test_three_months_to_complain(known: str, plain: str, rolled: str) -> None:
    assert complaint_until(day(known)) == day(plain)
    assert complaint_until(day(known), CALENDAR) == day(rolled)


def test_a_late_complaint_is_marked() -> None:
    assert not filed_late(day("2026-11-30"), day("2027-03-01"), CALENDAR)
    assert filed_late(day("2026-11-30"), day("2027-03-02"), CALENDAR)


def test_one_complains_of_an_answer_or_of_silence() -> None:
    may_complain(
        term_of(opened("2026-11-23"), facts.answered(at("2026-11-24"), "staff", due_on=DUE)),
        day("2026-11-24"),
    )
    may_complain(TERM, day("2026-12-15"))
    suspended = term_of(opened("2026-11-23"), facts.suspended(at("2026-11-24"), "staff", "court"))
    for term, on in ((TERM, "2026-12-14"), (suspended, "2026-12-15")):
        with pytest.raises(Refused, match="too_early_to_complain"):
            may_complain(term, day(on))


@pytest.mark.parametrize(
    ("parents", "heads", "signers", "reviewer"),
    [
        (["labour"], [1], [], Reviewer(ReviewerKind.BODY, "labour")),
        (["akimat-turkistan", "administration"], [1], [1], Reviewer(ReviewerKind.BODY, "akimat-turkistan")),
        # The Government and the Administration review nothing.
        (["pm-office", "administration"], [1, 2], [1], Reviewer(ReviewerKind.HEAD, "energy", 2)),
        ([], [1, 2], [], Reviewer(ReviewerKind.HEAD, "energy", 1)),
        ([], [1, 2], [2, 1], Reviewer(ReviewerKind.COURT)),
        ([], [], [], Reviewer(ReviewerKind.COURT)),
        # Never the body itself, however the tree was drawn.
        (["energy"], [], [], Reviewer(ReviewerKind.COURT)),
    ],
)
def test_who_reviews(parents: list[str], heads: list[int], signers: list[int], reviewer: Reviewer) -> None:
    assert reviewer_of("energy", parents, heads, signers, NOW) == reviewer


def test_under_the_2007_law_there_is_the_body_above_or_the_court() -> None:
    assert reviewer_of("energy", [], [1], [], OLD).kind is ReviewerKind.COURT
    assert reviewer_of("energy", ["labour"], [1], [], OLD).agency == "labour"


def test_a_complaint_is_handed_to_its_reviewer_alone() -> None:
    reviewer = Reviewer(ReviewerKind.BODY, "labour")
    may_hand_over("labour", reviewer)
    with pytest.raises(Refused) as elsewhere:
        may_hand_over("health", reviewer)
    assert (elsewhere.value.code, elsewhere.value.field) == ("not_the_reviewer", "to")
    with pytest.raises(Refused, match="court_only"):
        may_hand_over("labour", Reviewer(ReviewerKind.COURT))


def decide(
    outcome: str = "cancelled",
    agency: str = "labour",
    account_id: int = 7,
    reviewer: ReviewerKind = ReviewerKind.BODY,
) -> None:
    may_decide(
        REVIEW,
        outcome,
        agency=agency,
        account_id=account_id,
        respondent="energy",
        signers=[1, 2],
        reviewer=reviewer,
    )


@pytest.mark.parametrize("outcome", ["cancelled", "replaced", "obliged", "upheld_act", "left_unconsidered"])
def test_the_reviewer_decides(outcome: str) -> None:
    decide(outcome)
    decide(outcome, agency="energy", reviewer=ReviewerKind.HEAD)


def test_nobody_decides_a_complaint_about_themselves() -> None:
    for who in (
        {"account_id": 1},
        {"agency": "energy"},
        {"agency": "energy", "account_id": 2, "reviewer": ReviewerKind.HEAD},
    ):
        with pytest.raises(Refused, match="about_you"):
            decide(**who)


def test_what_cannot_be_decided() -> None:
    with pytest.raises(Refused) as unknown:
        decide("forgiven")
    assert (unknown.value.code, unknown.value.field) == ("unknown_outcome", "outcome")
    with pytest.raises(Refused, match="not_under_review"):
        may_decide(
            TERM,
            "cancelled",
            agency="labour",
            account_id=7,
            respondent="energy",
            signers=[],
            reviewer=ReviewerKind.BODY,
        )

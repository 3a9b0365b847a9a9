"""Who does not see a complaint (A08). Pure; `condition` is the same for a query.

Who wrote or approved the act never sees the complaint about it. While a reviewer has it, the heads of the
body that it is about do not see it either; where that body's own head reviews it, because there is no body
above, its heads alone do. What else one may see is decided elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from app.appeals.commands import Complaint
from app.deadlines.complaints import ReviewerKind

UNDER_REVIEW = "h.stage = 'review' AND h.closed_at IS NULL"

_CONDITION = """
NOT EXISTS (
    SELECT FROM complaint walled
    WHERE walled.appeal_id = {appeal}
      AND ({me} = ANY (walled.signers)
           OR (({under_review}) AND walled.respondent_id = ANY ({agencies})
               AND CASE walled.reviewer
                   WHEN 'head' THEN NOT {head}
                   ELSE {head} AND coalesce(walled.reviewer_id <> ALL ({agencies}), true)
                   END))
)
"""


def hidden(
    complaint: Complaint,
    *,
    account_id: int | None,
    agencies: frozenset[int] | None,
    head: bool,
    under_review: bool,
) -> bool:
    """Whether somebody does not see the complaint.

    `agencies`: those whose cases they see by their role; None: they are nobody's people (a controller, the
    applicant, the system). `under_review`: a reviewer has it now.
    """
    if account_id in complaint.signers:
        return True
    if not under_review or agencies is None or complaint.respondent_id not in agencies:
        return False
    if complaint.reviewer is ReviewerKind.HEAD:
        return not head
    # Who is above the body that it is about and above the reviewer sees the cases of both.
    return head and complaint.reviewer_id not in agencies


def condition(
    *, me: str, agencies: str, head: str, appeal: str = "h.appeal_id", under_review: str = UNDER_REVIEW
) -> str:
    """`not hidden(...)` in SQL, of an appeal that need not be a complaint.

    The arguments are SQL: `agencies` an array of ids, empty for None; `head` a boolean; `appeal` its id.
    Without `under_review` it is about the open holding `h`.
    """
    return _CONDITION.format(me=me, agencies=agencies, head=head, appeal=appeal, under_review=under_review)


def complaint_of(stored: Mapping[str, Any]) -> Complaint:
    """From a row of the table."""
    return Complaint(
        appeal_id=stored["appeal_id"],
        about_id=stored["about_id"],
        about_part=stored["about_part"],
        respondent_id=stored["respondent_id"],
        signers=frozenset(stored["signers"]),
        reviewer=ReviewerKind(stored["reviewer"]),
        reviewer_id=stored["reviewer_id"],
    )

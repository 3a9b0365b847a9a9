"""What the bodies of all channels have in common, as a submission holds it."""

from typing import Any

from app.appeals import numbers
from app.intake.schemas import Saying
from app.intake.submission import Person


def said(appeal: Saying) -> dict[str, Any]:
    """The fields of a Submission that follow from a citizen's body alone."""
    return {
        "kind": appeal.kind,
        "language": appeal.language.value,
        "text": appeal.text,
        "subject": appeal.subject,
        "applicant": Person(**appeal.applicant.model_dump()) if appeal.applicant else Person(),
        "addressee": appeal.addressee,
        "topic": appeal.topic,
        "region": appeal.region,
        "incident_address": appeal.incident_address,
        "listed": appeal.listed,
        "complaint_about": numbers.parse(appeal.complaint_about) if appeal.complaint_about else None,
    }

"""What would come of an appeal if it were sent now: who answers and why they, by which day and why then."""

from dataclasses import dataclass
from datetime import date

from app.core.i18n import Language
from app.deadlines.explain import explain
from app.directory import snapshot
from app.intake.register import foresee
from app.intake.submission import Submission
from app.routing.rules import reason


@dataclass(frozen=True, slots=True)
class Outlook:
    agency: str
    reason: str
    registered_on: date
    due_on: date
    steps: list[str]


def outlook(submission: Submission, lang: Language) -> Outlook:
    """Nothing is filed. Raises the AppError that would refuse it."""
    directory = snapshot.current()
    decision, term = foresee(submission, directory)
    on = term.registered_on
    return Outlook(
        agency=directory.agency(decision.agency).name(lang, on),
        reason=reason(decision, directory, lang, on),
        registered_on=on,
        due_on=term.due_on,
        steps=[step["sentence"] for step in explain(term.entries, lang)],
    )

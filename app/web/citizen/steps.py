"""The questions that make an appeal, one page each, and what was typed as the message that the door takes.

The rules of a field are those of the call (`AppealIn`); a page shows what they say of its own fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.errors import Invalid
from app.core.i18n import Language
from app.intake.schemas import AppealIn
from app.web.forms import Mistake, of_fields, read


@dataclass(frozen=True, slots=True)
class Step:
    """`fields`: names as in the call, a dot for what is inside another, in the order of the page."""

    name: str
    fields: tuple[str, ...]


STEPS = (
    Step("what", ("text", "kind")),
    Step("where", ("region", "incident_address")),
    Step("files", ()),
    Step("topic", ("topic",)),
    Step("addressee", ("addressee",)),
    Step(
        "you",
        (
            "applicant.type",
            "applicant.name",
            "applicant.address",
            "applicant.phone",
            "applicant.email",
            "applicant.iin",
            "applicant.bin",
            "language",
        ),
    ),
)
BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}
CHECK = "check"


def place(name: str) -> int:
    """Which question it is, from 1 on."""
    return [step.name for step in STEPS].index(name) + 1


def after(name: str) -> str:
    names = [step.name for step in STEPS]
    place = names.index(name) + 1
    return names[place] if place < len(names) else CHECK


def before(name: str) -> str | None:
    names = [*(step.name for step in STEPS), CHECK]
    place = names.index(name)
    return names[place - 1] if place else None


def appeal_of(typed: Mapping[str, str], lang: Language, files: Sequence[UUID] = ()) -> AppealIn:
    """What was typed, as the call takes it; blank is left out. Raises Invalid with every field's mistake."""
    said: dict[str, Any] = {"language": lang, "attachments": list(files)}
    for name, value in typed.items():
        if not value.strip():
            continue
        outer, _, inner = name.partition(".")
        if inner:
            said.setdefault(outer, {})[inner] = value
        else:
            said[name] = value
    _without_the_other_number(said.get("applicant"))
    return read(AppealIn, said)


def _without_the_other_number(applicant: dict[str, str] | None) -> None:
    """Who first said to be an organisation, and then a person, has no BIN any more."""
    if applicant:
        applicant.pop("iin" if applicant.get("type") == "legal_entity" else "bin", None)


def mistakes(typed: Mapping[str, str], lang: Language, step: Step) -> list[Mistake]:
    """What is wrong in the fields of this step."""
    try:
        appeal_of(typed, lang)
    except Invalid as invalid:
        here = [error for error in invalid.errors if error.field in step.fields]
        return of_fields(sorted(here, key=lambda error: step.fields.index(error.field)), lang)
    return []


def unfinished(typed: Mapping[str, str], lang: Language) -> str | None:
    """The first step with a mistake; None when it can be sent."""
    return next((step.name for step in STEPS if mistakes(typed, lang, step)), None)

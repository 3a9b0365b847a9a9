"""The acts that divide a case, move its term, end it, or look at it from outside."""

from typing import Annotated

from fastapi import APIRouter

from app.appeals.commands import (
    Controlling,
    Extending,
    Hearing,
    Requesting,
    Suspending,
    Terminating,
    TermRefused,
    Unmasking,
    VersionConflict,
    Writing,
)
from app.appeals.lifecycle import Act
from app.casework.acts import Asked
from app.casework.inputs import (
    ControlIn,
    DecideIn,
    ExtendIn,
    HearingIn,
    LinkIn,
    RequestIn,
    SelfCorrectIn,
    SplitIn,
    SuspendIn,
    TerminateIn,
    UnmaskIn,
)
from app.casework.intents import Dividing, Judging, LinkingTo
from app.casework.routes import Nothing, act, example
from app.casework.schemas import CaseOut
from app.core.errors import FieldError, Invalid

router = APIRouter(prefix="/api/v1", tags=["casework"])


@act(
    router,
    Act.SPLIT,
    "Split an appeal among several bodies",
    "Each part goes to the body whose it is, with a number (`.1`), a term and an answer of its own; the "
    "applicant sees one appeal with its parts. With `keeps: false` nothing stays here and the case leaves "
    "us, as by forwarding (rule R11).",
    VersionConflict,
    TermRefused,
)
async def split(
    asked: Asked,
    said: Annotated[
        SplitIn,
        example(
            parts=[
                {"to": "energy", "text": "Бесінші үйде үш күннен бері жылу жоқ."},
                {"to": "health", "text": "Сол үйдегі емханада дәрігер жоқ."},
            ],
            keeps=True,
        ),
    ],
) -> CaseOut:
    return await asked.perform(Act.SPLIT, Dividing(said))


@act(
    router,
    Act.REQUEST_CORRECTION,
    "Ask the applicant to correct the appeal",
    "Without `until` the usual time of rule R08. What comes from the applicant by then, or `resume`, lets "
    "the case go on; what is not corrected is returned.",
    VersionConflict,
    TermRefused,
)
async def request_correction(
    asked: Asked, said: Annotated[RequestIn, example(what="Name the house and the flat.")]
) -> CaseOut:
    return await asked.perform(Act.REQUEST_CORRECTION, Requesting(said.what, said.until))


@act(
    router,
    Act.SUSPEND,
    "Suspend the term",
    "For a ground of the law, while the term lasts; the applicant is told. With `until`, its last day, the "
    "case resumes by itself (rule R17).",
    VersionConflict,
    TermRefused,
)
async def suspend(
    asked: Asked,
    said: Annotated[SuspendIn, example(ground="court", reason="The same roof is before the district court.")],
) -> CaseOut:
    return await asked.perform(Act.SUSPEND, Suspending(said.ground, said.until, said.reason))


@act(
    router,
    Act.RESUME,
    "Resume a case that stands",
    "What was suspended; the due day moves by the days that the clock stood. Also a case whose correction is "
    "no longer waited for.",
    VersionConflict,
    TermRefused,
)
async def resume(asked: Asked, said: Nothing = None) -> CaseOut:
    return await asked.perform(Act.RESUME)


@act(
    router,
    Act.EXTEND,
    "Extend the term",
    "Heads. On or before the due day, to a day within `extendable_until`; the applicant is told (rule R15).",
    VersionConflict,
    TermRefused,
)
async def extend(
    asked: Asked,
    said: Annotated[ExtendIn, example(until="2027-01-15", reason="The pipe is being examined by experts.")],
) -> CaseOut:
    return await asked.perform(Act.EXTEND, Extending(said.until, said.reason))


@act(
    router,
    Act.HEARING,
    "Invite the applicant to a hearing",
    "Before an unfavourable decision: `on` and `preliminary`, the decision as it is meant to be; or "
    "`exempt_ground`, why no hearing is needed (rule R18).",
    VersionConflict,
    TermRefused,
)
async def hearing(
    asked: Asked,
    said: Annotated[
        HearingIn, example(on="2026-12-07", preliminary="We mean to refuse: the flat is not on the list.")
    ],
) -> CaseOut:
    return await asked.perform(Act.HEARING, heard(said))


def heard(said: HearingIn) -> Hearing:
    """Raises Invalid unless it is one of the two."""
    invited = {"on": said.on, "preliminary": said.preliminary}
    if said.exempt_ground is None:
        wrong = [FieldError(name, "missing") for name, value in invited.items() if value is None]
    else:
        wrong = [FieldError(name, "hearing_exempted") for name, value in invited.items() if value is not None]
    if wrong:
        raise Invalid(errors=wrong)
    return Hearing(said.on, said.preliminary, said.exempt_ground)


@act(
    router,
    Act.TERMINATE,
    "Terminate a case",
    "Heads. For a ground of the law; the applicant is told the reason (rule A07).",
    VersionConflict,
    TermRefused,
)
async def terminate(
    asked: Asked,
    said: Annotated[
        TerminateIn,
        example(ground="same_subject_decided", reason="The court decided this on 2 November 2026."),
    ],
) -> CaseOut:
    return await asked.perform(Act.TERMINATE, Terminating(said.ground, said.reason))


@act(
    router,
    Act.LINK,
    "Link a case to another appeal",
    "As a `repeat` it stays a case of its own. As a `duplicate` it ends here and is answered under the "
    "other's number (rules A05, A06).",
    VersionConflict,
    TermRefused,
)
async def link(
    asked: Asked, said: Annotated[LinkIn, example(**{"to": "JT-2026-00000123", "as": "repeat"})]
) -> CaseOut:
    return await asked.perform(Act.LINK, LinkingTo(said.to, said.as_))


@act(
    router,
    Act.SELF_CORRECT,
    "Do what a complaint asks for",
    "Heads of the body that it is about, while it is with them: they do in full what it asks for, say so to "
    "the applicant, and no reviewer is needed (rule C04).",
    VersionConflict,
    TermRefused,
)
async def self_correct(
    asked: Asked, said: Annotated[SelfCorrectIn, example(text="Шешім өзгертілді: жылу 24 қарашада қосылды.")]
) -> CaseOut:
    return await asked.perform(Act.SELF_CORRECT, Writing(said.text))


@act(
    router,
    Act.DECIDE,
    "Decide on a complaint",
    "Heads of the reviewer. `cancelled` and `obliged` reopen what the complaint is about, with the body that "
    "answered it (rule C08). A decision that is refused with 409 is kept as your draft: `draft_kept`.",
    VersionConflict,
    TermRefused,
)
async def decide(
    asked: Asked,
    said: Annotated[DecideIn, example(outcome="cancelled", text="Жауаптың күші жойылды.", language="kk")],
) -> CaseOut:
    return await asked.perform(Act.DECIDE, Judging(said))


@act(
    router,
    Act.CONTROL,
    "Take a case under control, or lift control",
    "Controllers. The holder sees it; nothing about the case changes.",
    TermRefused,
)
async def control(
    asked: Asked, said: Annotated[ControlIn, example(on=True, reason="Asked about in Parliament.")]
) -> CaseOut:
    return await asked.perform(
        Act.CONTROL, Controlling(said.on, said.reason, said.control_on if said.on else None)
    )


@act(
    router,
    Act.UNMASK,
    "See one identity number or the telephone in clear",
    "In this answer alone. Who saw it and for what stays in the history.",
)
async def unmask(
    asked: Asked, said: Annotated[UnmaskIn, example(field="phone", purpose="To agree on a day of visit.")]
) -> CaseOut:
    return await asked.perform(Act.UNMASK, Unmasking(said.field.value, said.purpose))

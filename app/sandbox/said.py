"""The acts that can be tried, and what is said with each: the same as a ministry's people say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.appeals.commands import (
    Answering,
    Extending,
    ForwardToSelf,
    Hearing,
    Payload,
    Requesting,
    Suspending,
    Terminating,
    Writing,
)
from app.appeals.lifecycle import Act
from app.casework.inputs import (
    AnswerIn,
    EmptyIn,
    ExtendIn,
    ForwardIn,
    HearingIn,
    ReasonIn,
    RequestIn,
    SuspendIn,
    TerminateIn,
)
from app.casework.intents import forwarding
from app.casework.terms_api import heard
from app.core.errors import AppError, Invalid
from app.core.schema import Schema


@dataclass(frozen=True, slots=True)
class Trial:
    """`payload`: what the act is given, from what was said as `model`; without an example nothing need be."""

    summary: str
    model: type[Schema]
    payload: Callable[[Any], Payload]
    example: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""
    refusals: tuple[type[AppError], ...] = ()


def _answering(said: AnswerIn) -> Answering:
    """Files are a person's to add. Raises Invalid for any."""
    if said.attachments:
        raise Invalid.of("attachments", "extra_forbidden")
    return Answering(said.outcome, said.text, said.language.value, said.legal_basis, said.promised_until)


def _forwarding(said: ForwardIn) -> Payload:
    return forwarding(said)


def _requesting(said: RequestIn) -> Requesting:
    return Requesting(said.what, said.until)


def _suspending(said: SuspendIn) -> Suspending:
    return Suspending(said.ground, said.until, said.reason)


def _extending(said: ExtendIn) -> Extending:
    return Extending(said.until, said.reason)


def _terminating(said: TerminateIn) -> Terminating:
    return Terminating(said.ground, said.reason)


def _hearing(said: HearingIn) -> Hearing:
    return heard(said)


def _writing(said: ReasonIn) -> Writing:
    return Writing(said.reason)


ACTS: Mapping[Act, Trial] = {
    Act.ANSWER: Trial(
        "answer a ticket",
        AnswerIn,
        _answering,
        {"outcome": "satisfied", "text": "Жарық қосылды.", "language": "kk", "legal_basis": "ӘРПК 76"},
    ),
    Act.FORWARD: Trial(
        "forward a ticket to another body",
        ForwardIn,
        _forwarding,
        {"to": "energy", "reason": "Heat supply is theirs."},
        " The ticket stays in the sandbox, which then plays the other body's part.",
        (ForwardToSelf,),
    ),
    Act.REQUEST_CORRECTION: Trial(
        "ask for a correction",
        RequestIn,
        _requesting,
        {"what": "Name the house and the flat."},
        " What the applicant adds with the access code, or `resume`, lets it go on.",
    ),
    Act.SUSPEND: Trial(
        "suspend the term",
        SuspendIn,
        _suspending,
        {"ground": "court", "reason": "The same roof is before the district court."},
    ),
    Act.RESUME: Trial("resume the term", EmptyIn, lambda said: None),
    Act.EXTEND: Trial(
        "extend the term",
        ExtendIn,
        _extending,
        {"until": "2027-01-15", "reason": "The pipe is being examined by experts."},
    ),
    Act.HEARING: Trial(
        "invite to a hearing",
        HearingIn,
        _hearing,
        {"on": "2026-12-07", "preliminary": "We mean to refuse: the flat is not on the list."},
    ),
    Act.TERMINATE: Trial(
        "terminate a ticket",
        TerminateIn,
        _terminating,
        {"ground": "same_subject_decided", "reason": "The court decided this on 2 November 2026."},
    ),
    Act.REOPEN: Trial(
        "reopen an answered ticket",
        ReasonIn,
        _writing,
        {"reason": "The heating failed again the next day."},
    ),
}

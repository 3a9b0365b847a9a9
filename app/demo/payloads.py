"""What is said in each act of a life: the payload of its command, in words of the demo's texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.appeals.codes import Decision, Likeness, Outcome, SuspensionGround, TerminationGround
from app.appeals.commands import (
    Answering,
    Controlling,
    Deciding,
    Extending,
    Forwarding,
    Hearing,
    Leasing,
    Linking,
    Payload,
    Rating,
    Requesting,
    Splitting,
    Suspending,
    Terminating,
    Unmasking,
    Writing,
)
from app.appeals.lifecycle import Act
from app.core.i18n import long_date
from app.deadlines.regimes import LAW, Matter
from app.demo.plan import LIFTED, REVIEWER, WHOLE, Step
from app.demo.texts import Letter, Texts, outcomes_for
from app.directory.registry import Directory

LEASE = timedelta(minutes=30)
ASSIGNED_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Told:
    """An act as it is about to happen, and what its words follow from.

    `letter`: of the part that it is about; `operator`: account of the operator of the body that has it;
    `other`: number of the appeal that this one follows; `reviewer`: the body that reviews a complaint.
    """

    step: Step
    letter: Letter
    operator: int
    on: date
    region: str | None
    other: str
    reviewer: str
    directory: Directory
    texts: Texts
    rng: Random

    def said(self, what: str, *, of: str = "", **blanks: object) -> str:
        return self.texts.said(what, self.letter.language, self.rng, of=of, **blanks)


def payload(told: Told) -> Payload:
    """Raises KeyError for an act that no life has."""
    return _PAYLOADS[told.step.act](told)


def _answering(told: Told) -> Answering:
    letter, step = told.letter, told.step
    outcome = _outcome(told)
    said = told.texts.answer(outcome, letter.language, letter.theme, told.rng, subject=letter.subject)
    text = said.text
    if step.day is not None:
        text = f"{text} {told.said('promises', day=long_date(step.day, letter.language))}"
    return Answering(outcome, text, letter.language, said.legal_basis, step.day)


def _outcome(told: Told) -> Outcome:
    """The one that is told; else the likelier, the better: none that somebody has to be heard about first."""
    if told.step.how:
        return Outcome(told.step.how)
    kind = told.letter.kind
    rule = LAW.find(Matter.HEARING, kind, told.on)
    fitting = [outcome for outcome in outcomes_for(kind) if rule is None or outcome not in rule.codes]
    return told.rng.choices(fitting, range(len(fitting), 0, -1))[0]


def _forwarding(told: Told) -> Forwarding:
    if told.step.to == REVIEWER:
        return Forwarding(told.reviewer, told.said("handover_reasons"))
    return Forwarding(told.step.to, told.said("forward_reasons"))


def _splitting(told: Told) -> Splitting:
    """To whoever is competent; the first matter stays, unless nothing does."""
    keeps = told.step.how != WHOLE
    parts = []
    for piece in told.letter.pieces[keeps:]:
        to = told.directory.competent(piece.topic, told.region, told.on)
        assert to is not None, piece.topic
        parts.append((to.code, piece.text))
    return Splitting(tuple(parts), keeps)


def _hearing(told: Told) -> Hearing:
    if told.step.day is None:
        return Hearing(exempt_ground=told.said("exemptions"))
    return Hearing(told.step.day, told.said("preliminaries", subject=told.letter.subject))


def _rating(told: Told) -> Rating:
    good = told.step.score > 3
    comment = told.said("pleased" if good else "displeased") if told.rng.random() < 0.7 else None
    return Rating(told.step.score, good, comment)


def _deciding(told: Told) -> Deciding:
    language = told.letter.language
    text = f"{told.said('decisions', of=told.step.how)} {told.texts.to_court(language)}"
    return Deciding(Decision(told.step.how), text, language)


def _suspending(told: Told) -> Suspending:
    ground = SuspensionGround(told.step.how)
    return Suspending(ground, told.step.day, told.said("suspensions", of=ground))


def _extending(told: Told) -> Extending:
    assert told.step.day is not None
    return Extending(told.step.day, told.said("extensions"))


def _terminating(told: Told) -> Terminating:
    ground = TerminationGround(told.step.how)
    return Terminating(ground, told.said("terminations", of=ground))


def _controlling(told: Told) -> Controlling:
    on = told.step.how != LIFTED
    return Controlling(on, told.said("controls" if on else "controls_lifted"))


def _writing(what: str) -> Callable[[Told], Writing]:
    return lambda told: Writing(told.said(what))


def _nothing(told: Told) -> None:
    """Nothing needs to be said."""


_PAYLOADS: Mapping[Act, Callable[[Told], Payload]] = {
    Act.CLAIM: lambda told: Leasing(told.operator, told.step.at + LEASE),
    Act.ASSIGN: lambda told: Leasing(told.operator, told.step.at + ASSIGNED_FOR),
    Act.RELEASE: _nothing,
    Act.NOTE: _writing("notes"),
    Act.DRAFT: _answering,
    Act.ANSWER: _answering,
    Act.APPROVE: _nothing,
    Act.SEND_BACK: _writing("send_back_reasons"),
    Act.FORWARD: _forwarding,
    Act.SPLIT: _splitting,
    Act.REQUEST_CORRECTION: lambda told: Requesting(told.said("requests"), told.step.day),
    Act.SUSPEND: _suspending,
    Act.RESUME: _nothing,
    Act.EXTEND: _extending,
    Act.HEARING: _hearing,
    Act.TERMINATE: _terminating,
    Act.LINK: lambda told: Linking(told.other, Likeness(told.step.how)),
    Act.REOPEN: _writing("reopen_reasons"),
    Act.SELF_CORRECT: _writing("self_corrections"),
    Act.DECIDE: _deciding,
    Act.CONTROL: _controlling,
    Act.UNMASK: lambda told: Unmasking("phone", told.said("purposes")),
    Act.SUPPLEMENT: lambda told: Writing(told.said(told.step.how or "supplements")),
    Act.WITHDRAW: _nothing,
    Act.RATE: _rating,
    Act.ELAPSE: _nothing,
}

"""What the demo is made of: plain lists of lives, decided by a seed and touching no database.

A `Life` is one appeal from its arrival to where it stands: a submission and the acts that follow, each with
its moment. The published half-year of 2021 is in published.py, the last weeks in living.py; tell.py makes
commands of the acts.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random

from app.appeals.codes import ActorKind, ApplicantType
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.i18n import Language
from app.deadlines.calendar import Calendar
from app.demo.texts import ASKS_TO_ACT, Letter, Texts
from app.intake.submission import Person, Submission

# The first and last words of the keys of the last weeks' lives: `living:<plot>:<place>[:second]`.
LIVING, SECOND = "living", "second"

# What comes by these was sent down by a higher body.
FROM_ABOVE = frozenset({"virtual_reception", "higher_body"})

SYSTEM = "system"
REVIEWER = "reviewer"
"""As the receiver of a complaint: whoever is to review it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a life.

    `by`: a role (operator, head, controller), SYSTEM, or empty for the citizen. `how`: what the act says by
    a code: an outcome, a ground, a likeness, or WHOLE, LIFTED, AS_ASKED. `day`: the day it names: until when,
    by when, on which. `to`: the receiver.
    """

    act: Act
    at: datetime
    by: str = ""
    part: int = 0
    how: str = ""
    day: date | None = None
    to: str = ""
    score: int = 0


WHOLE = "whole"
"""A split that keeps nothing."""
LIFTED = "lifted"
"""Control that ends."""
AS_ASKED = "corrections"
"""A supplement that is what the applicant was asked for."""


class Need(StrEnum):
    """What a life needs to be told, of the letter that it begins with."""

    ANYTHING = "anything"
    ACTION = "action"
    """That it asks for an act: only then does a refusal need a hearing."""
    SEVERAL = "several"
    """Several matters in one letter."""
    ANONYMOUS = "anonymous"
    # Of a letter that follows another one by the same person:
    COPY = "copy"
    REPEAT = "repeat"
    COMPLAINT = "complaint"
    COMPLAINT_OF_SILENCE = "complaint_of_silence"


COMPLAINTS = frozenset({Need.COMPLAINT, Need.COMPLAINT_OF_SILENCE})


@dataclass(frozen=True, slots=True)
class Life:
    """`follows`: the key of the life that a second letter follows; `complains`: it is a complaint about what
    came of that. `watched`: the warnings of its term are given, too."""

    key: str
    submission: Submission
    letter: Letter
    steps: tuple[Step, ...] = ()
    follows: str = ""
    complains: bool = False
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when something comes in, and about what; the rest follows from the seed."""

    channel: str
    source: str
    received_at: datetime
    topic: str
    addressee: str | None = None
    region: str | None = None
    legal_entity: bool = False
    need: Need = Need.ANYTHING


def life(
    key: str,
    arrival: Arrival,
    steps: Sequence[Step],
    texts: Texts,
    rng: Random,
    *,
    watched: bool = False,
) -> Life:
    """An appeal by an invented person or company, in Kazakh more often than in Russian."""
    language: Language = "kk" if rng.random() < 0.62 else "ru"
    letter = _letter(arrival, language, texts, rng)
    who = _applicant(arrival, language, texts, rng)
    return Life(key, _submission(key, arrival, letter, who), letter, tuple(steps), watched=watched)


def following(
    key: str, first: Life, arrival: Arrival, steps: Sequence[Step], texts: Texts, rng: Random
) -> Life:
    """What the same applicant sends afterwards, about the same matter or about what came of it."""
    letter = _second_letter(arrival.need, first.letter, texts, rng)
    said = _submission(key, arrival, letter, first.submission.applicant)
    complains = arrival.need in COMPLAINTS
    return Life(key, said, letter, tuple(steps), follows=first.key, complains=complains, watched=True)


def _submission(key: str, arrival: Arrival, letter: Letter, applicant: Person) -> Submission:
    digest = hashlib.sha256(f"demo\0{key}".encode()).digest()
    return Submission(
        kind=letter.kind,
        language=letter.language,
        text=letter.text,
        subject=letter.subject,
        channel=arrival.channel,
        source=arrival.source,
        received_at=arrival.received_at,
        applicant=applicant,
        addressee=arrival.addressee,
        topic=letter.topic,
        region=arrival.region,
        external_id=f"demo:{key}",
        key=digest,
        request_hash=digest,
        actor_kind=ActorKind.SOURCE,
        details=_outgoing(arrival, digest) if arrival.channel in FROM_ABOVE else None,
    )


def _outgoing(arrival: Arrival, digest: bytes) -> dict[str, str]:
    """The number and the day of the letter by which it was sent down."""
    serial = int.from_bytes(digest[:2], "big")
    return {
        "outgoing_number": f"10-24/{serial}",
        "outgoing_on": clock.civil_day(arrival.received_at).isoformat(),
    }


def _applicant(arrival: Arrival, language: Language, texts: Texts, rng: Random) -> Person:
    if arrival.need is Need.ANONYMOUS:
        return Person()
    return texts.company(rng, language) if arrival.legal_entity else texts.person(rng, language)


def _letter(arrival: Arrival, language: Language, texts: Texts, rng: Random) -> Letter:
    on = clock.civil_day(arrival.received_at)
    if arrival.need is Need.SEVERAL:
        return texts.several(language, rng, on=on)
    to_minister = arrival.channel == "blog" and f"blog-{arrival.addressee}" in texts.blogs
    asks = {"kinds": ASKS_TO_ACT} if arrival.need is Need.ACTION else {}
    return texts.letter(
        f"blog-{arrival.addressee}" if to_minister else arrival.topic,
        language,
        rng,
        applicant_type=ApplicantType.LEGAL_ENTITY if arrival.legal_entity else ApplicantType.INDIVIDUAL,
        on=on,
        **asks,
    )


def _second_letter(need: Need, first: Letter, texts: Texts, rng: Random) -> Letter:
    if need in COMPLAINTS:
        return texts.complaint(first, rng, of_silence=need is Need.COMPLAINT_OF_SILENCE)
    return texts.repeat(first, rng) if need is Need.REPEAT else first


def moment(day: date, hours: float) -> datetime:
    """An instant of a civil day, `hours` after its midnight."""
    return datetime.combine(day, time(), clock.ZONE) + timedelta(seconds=round(hours * 3600))


def working_days(calendar: Calendar, first: date, last: date) -> Sequence[date]:
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return [day for day in days if calendar.is_working_day(day)]

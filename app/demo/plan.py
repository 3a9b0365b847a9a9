"""What the demo is made of: plain lists of lives, decided by a seed and touching no database.

A `Life` is one appeal from its arrival to where it stands: a submission and the acts that follow, each with
its moment. The published half-year of 2021 is in published.py, the last weeks in living.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from app.appeals.codes import ActorKind, ApplicantType
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.i18n import Language
from app.deadlines.calendar import Calendar
from app.demo.texts import Letter, Texts
from app.intake.submission import Submission


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a life. `by` is a login's first part (`operator`, `head`) or empty for the citizen."""

    act: Act
    at: datetime
    by: str = ""
    to: str = ""
    score: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    submission: Submission
    letter: Letter
    steps: tuple[Step, ...] = ()


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


def life(key: str, arrival: Arrival, steps: Sequence[Step], texts: Texts, rng: Random) -> Life:
    """An appeal by an invented person or company, in Kazakh more often than in Russian."""
    language: Language = "kk" if rng.random() < 0.62 else "ru"
    letter = _letter(arrival, language, texts, rng)
    digest = hashlib.sha256(f"demo\0{key}".encode()).digest()
    submission = Submission(
        kind=letter.kind,
        language=language,
        text=letter.text,
        subject=letter.subject,
        channel=arrival.channel,
        source=arrival.source,
        received_at=arrival.received_at,
        applicant=texts.company(rng, language) if arrival.legal_entity else texts.person(rng, language),
        addressee=arrival.addressee,
        topic=letter.topic,
        region=arrival.region,
        external_id=f"demo:{key}",
        key=digest,
        request_hash=digest,
        actor_kind=ActorKind.SOURCE,
    )
    return Life(submission, letter, tuple(steps))


def _letter(arrival: Arrival, language: Language, texts: Texts, rng: Random) -> Letter:
    to_minister = arrival.channel == "blog" and arrival.addressee in texts.blogs
    return texts.letter(
        f"blog-{arrival.addressee}" if to_minister else arrival.topic,
        language,
        rng,
        applicant_type=ApplicantType.LEGAL_ENTITY if arrival.legal_entity else ApplicantType.INDIVIDUAL,
        on=clock.civil_day(arrival.received_at),
    )


def moment(day: date, hours: float) -> datetime:
    """An instant of a civil day, `hours` after its midnight."""
    return datetime.combine(day, time(), clock.ZONE) + timedelta(seconds=round(hours * 3600))


def working_days(calendar: Calendar, first: date, last: date) -> Sequence[date]:
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return [day for day in days if calendar.is_working_day(day)]

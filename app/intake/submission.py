"""What every channel turns its message into: one type, whatever the channel."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from app.appeals.codes import ActorKind, ApplicantType, Kind
from app.appeals.numbers import Number
from app.attachments.linking import Remote
from app.core import log
from app.core.i18n import Language
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage
from app.routing.rules import Decision


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends it. Identifiers are checked by the adapter before they come here."""

    type: ApplicantType = ApplicantType.INDIVIDUAL
    name: str | None = None
    iin: str | None = None
    bin: str | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None

    def identity(self) -> dict[str, str | None]:
        """What is kept of them, encrypted, and hashed together."""
        return {
            "name": self.name,
            "iin": self.iin,
            "bin": self.bin,
            "address": self.address,
            "phone": self.phone,
            "email": self.email,
        }


@dataclass(frozen=True, slots=True)
class Submission:
    """`received_at`: the legal moment of receipt (aware). `key`: what makes a repeat the same message;
    `request_hash`: tells a repeat from another message under the same key. `complaint_about`: the appeal
    whose answer, or lack of one, this complaint is about; its part, if one is named. `signed`: by hand or
    electronically, so that it is not anonymous even without a name (A04). `arrived_at`: when it reached us,
    where `received_at` is what its source says. `caller`: the desk's own line about it. `details`: what else
    the channel's form holds, stored with the text. `listed`: its author agreed that it stands in public
    lists. `silent`: nobody is told of it now, as of what was registered elsewhere long ago. `source_agency`:
    whose desk it came to, where one source has the desks of several bodies. `attachments`: ids that
    `Keeper.keep` gave, and files that their source keeps. `blog`: of a head, on which it was written.
    `left_out`: how many files came along and were not taken. `request_id`: by which the lines
    of the log about it are found."""

    kind: Kind
    language: Language
    text: str
    channel: str
    source: str
    received_at: datetime
    subject: str | None = None
    applicant: Person = field(default_factory=Person)
    addressee: str | None = None
    topic: str | None = None
    region: str | None = None
    incident_address: str | None = None
    external_id: str | None = None
    key: bytes | None = None
    request_hash: bytes | None = None
    key_expires_at: datetime | None = None
    actor_kind: ActorKind = ActorKind.CITIZEN
    actor_id: int | None = None
    complaint_about: Number | None = None
    signed: bool = False
    arrived_at: datetime | None = None
    caller: str | None = None
    details: Mapping[str, Any] | None = None
    listed: bool = False
    blog: str | None = None
    silent: bool = False
    source_agency: str | None = None
    attachments: tuple[UUID | Remote, ...] = ()
    left_out: int = 0
    request_id: str | None = field(default_factory=log.request_id, compare=False)

    def body(self) -> dict[str, Any]:
        """The texts, as they are encrypted and hashed together."""
        said = {
            "text": self.text,
            "subject": self.subject,
            "incident_address": self.incident_address,
            "addressee": self.addressee,
            "caller": self.caller,
            "details": dict(self.details) if self.details else None,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Filed:
    """What a complaint is about and who reviews it, as its first event keeps it.

    `about`: a number as the API gives it; `respondent`: code of the body that it is about; `agency`: of the
    body that reviews it, empty where only a court can.
    """

    about: str
    respondent: str
    reviewer: ReviewerKind
    agency: str
    stage: Stage | None
    filed_late: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "respondent": self.respondent,
            "reviewer": self.reviewer.value,
            "agency": self.agency or None,
            "stage": self.stage and self.stage.value,
            "filed_late": self.filed_late,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            about=stored["about"],
            respondent=stored["respondent"],
            reviewer=ReviewerKind(stored["reviewer"]),
            agency=stored["agency"] or "",
            stage=Stage(stored["stage"]) if stored["stage"] else None,
            filed_late=stored["filed_late"],
        )


@dataclass(frozen=True, slots=True)
class Registration:
    """The answer to a submission. `created` is false for a repeat."""

    appeal_id: int
    number: str
    access_code: str
    decision: Decision
    registered_on: date
    due_on: date
    missing: list[str]
    created: bool
    complaint: Filed | None = None


def source_key(source: str, external_id: str) -> bytes:
    """What makes messages of one source one for ever: its own id of them, whatever way they come."""
    return hashlib.sha256(f"source\0{source}\0{external_id}".encode()).digest()

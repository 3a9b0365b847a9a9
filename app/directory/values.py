"""The directory's facts as values. PURE.

A period is inclusive at both ends; an open end is None. Languages are "kk", "ru", "en".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from app.deadlines.calendar import OfficeHours


class AgencyKind(StrEnum):
    ADMINISTRATION = "administration"
    OFFICE = "office"
    MINISTRY = "ministry"
    COMMITTEE = "committee"
    TERRITORIAL_DEPARTMENT = "territorial_department"
    AKIMAT = "akimat"
    DISTRICT = "district"
    DEPARTMENT = "department"


class Dated(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def holds(period: Dated, on: date) -> bool:
    return period.valid_from <= on and (period.valid_to is None or on <= period.valid_to)


def nearest(periods: Sequence[D], on: date) -> D:
    """The one that holds on the day; before the first one the first, after the last one the last.

    `periods` are ordered by their first day and not empty.
    """
    found = periods[0]
    for period in periods:
        if period.valid_from <= on:
            found = period
    return found


@dataclass(frozen=True, slots=True)
class Names:
    kk: str
    ru: str
    en: str

    def in_(self, lang: str) -> str:
        return self.ru if lang == "ru" else self.en if lang == "en" else self.kk

    def all(self) -> tuple[str, str, str]:
        return (self.kk, self.ru, self.en)


@dataclass(frozen=True, slots=True)
class DatedName:
    names: Names
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SuccessorLink:
    """`topics` None: the default; else the topics that lead here (none at all: only said, never chosen)."""

    agency_id: int
    successor_id: int
    since: date
    topics: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Contact:
    """How people reach a body beside its office hours; None where nobody has said it."""

    phone: str | None = None
    email: str | None = None
    address: Names | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    id: int
    code: str
    kind: AgencyKind
    parent_id: int | None
    region_code: str | None
    names: tuple[DatedName, ...]
    valid_from: date
    valid_to: date | None
    approval_required: bool
    hours: OfficeHours = field(default_factory=OfficeHours)
    warn_operator: int | None = None
    """Working days before a due day; None: the usual ones."""
    warn_head: int | None = None
    contact: Contact = Contact()

    def name(self, lang: str, on: date) -> str:
        """The name of that day; of a day outside its life, the first or the last name."""
        return nearest(self.names, on).names.in_(lang)

    def valid(self, on: date) -> bool:
        return holds(self, on)


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    names: tuple[DatedName, ...]
    valid_from: date
    valid_to: date | None
    formed_from: str | None

    def name(self, lang: str, on: date) -> str:
        return nearest(self.names, on).names.in_(lang)

    def valid(self, on: date) -> bool:
        return holds(self, on)


@dataclass(frozen=True, slots=True)
class Topic:
    code: str
    names: Names

    def name(self, lang: str) -> str:
        return self.names.in_(lang)


@dataclass(frozen=True, slots=True)
class Channel:
    code: str
    names: Names

    def name(self, lang: str) -> str:
        return self.names.in_(lang)


@dataclass(frozen=True, slots=True)
class Source:
    id: int
    code: str
    channels: tuple[str, ...]
    agency_id: int | None
    region: str | None
    names: Names
    late_days: int = 3
    """So many days after a message came to the source it may still bring it."""
    sandbox_of: int | None = None
    """The source that this one is the sandbox of: like it in all else."""

    @property
    def sandbox(self) -> bool:
        return self.sandbox_of is not None

    def name(self, lang: str) -> str:
        return self.names.in_(lang)


@dataclass(frozen=True, slots=True)
class Blog:
    """A head's blog. What is written there is for the agency, or for whoever does its work on the day."""

    code: str
    agency_id: int
    names: Names
    valid_from: date
    valid_to: date | None

    def name(self, lang: str) -> str:
        return self.names.in_(lang)

    def valid(self, on: date) -> bool:
        return holds(self, on)


@dataclass(frozen=True, slots=True)
class CompetenceRow:
    topic: str
    region: str | None
    agency_id: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the online reception room."""

    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class AgencyService:
    """`names` None: the service's own."""

    agency_id: int
    service: str
    offered: bool
    names: Names | None

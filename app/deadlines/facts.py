"""What happened to one holding, as far as its term is concerned. Pure; plain JSON in the ledger table.

A fact says what was done, never what follows from it: the due day and every sentence about it are computed
from the facts (ledger.py). Facts hold codes, days and numbers; words and names are content.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from app.deadlines.calendar import Arrival, Calendar, DayOff, OfficeHours, civil, registration
from app.deadlines.regimes import Stage


class FactCode(StrEnum):
    OPENED = "opened"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CORRECTION_REQUESTED = "correction_requested"
    CORRECTED = "corrected"
    EXTENDED = "extended"
    HEARING = "hearing"
    HEARING_EXEMPT = "hearing_exempt"
    PROMISED = "promised"
    CONTROL_LIFTED = "control_lifted"
    LINKED = "linked"
    RECALCULATED = "recalculated"
    FORWARDED = "forwarded"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Fact:
    """`at`: the aware moment of the act; `by`: the kind of its author (citizen, staff, source, system);
    `event`: the hash of the event that it belongs to, in hexadecimal, kept beside the entries it is one of.
    """

    code: FactCode
    at: datetime
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""

    @property
    def local(self) -> datetime:
        """The moment in civil time."""
        return civil(self.at)

    @property
    def day(self) -> date:
        """The civil day of the act."""
        return self.local.date()

    def day_of(self, name: str) -> date:
        return date.fromisoformat(self.data[name])

    def as_json(self) -> dict[str, Any]:
        at = self.at.astimezone(UTC).isoformat()
        return {"code": self.code.value, "at": at, "by": self.by, "data": dict(self.data)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], event: str = "") -> "Fact":
        at = datetime.fromisoformat(stored["at"])
        return cls(FactCode(stored["code"]), at, stored["by"], stored["data"], event)


def read_facts(rows: Iterable[tuple[bytes, Sequence[Mapping[str, Any]]]]) -> list[Fact]:
    """The facts of one holding from its ledger rows (event_hash, entries), in the order they were written."""
    return [Fact.from_json(entry, event_hash.hex()) for event_hash, entries in rows for entry in entries]


def opened(
    kind: str,
    received_at: datetime,
    hours: OfficeHours,
    calendar: Calendar,
    *,
    by: str = "citizen",
    origin: str = "registered",
    first_received_at: datetime | None = None,
    stage: Stage | None = None,
    rest: int | None = None,
    split_by: tuple[str, int] | None = None,
    check_needed: bool = False,
    anonymous: bool = False,
    filed_late: bool = False,
) -> Fact:
    """A body becomes responsible at an aware moment; the hours and the week are that body's (R06).

    `origin` is the holding's (registered, forwarded, split, reopened). `first_received_at`: when the appeal
    came to the state, if that differs; it chooses the regime. `rest`: the days that are left of the body's
    first term (`rest_of_term`), when the same part comes back to it. `split_by`: the code of the body that
    split this part off, and the days that it had left. `check_needed`: information from others or a look on
    the spot is needed (the longer term of the 2007 law). `filed_late`: a complaint after its three months.
    ValueError for a naive moment or one outside 2007-2060.
    """
    registered = registration(received_at, hours, calendar)
    data: dict[str, Any] = {
        "kind": kind,
        "origin": origin,
        "registered_on": registered.day.isoformat(),
        "arrival": registered.arrival.value,
        "opens": hours.opens.isoformat("minutes"),
        "closes": hours.closes.isoformat("minutes"),
        "week": int(hours.week),
    }
    if first_received_at is not None and first_received_at != received_at:
        data["first_received_at"] = first_received_at.astimezone(UTC).isoformat()
    if stage:
        data["stage"] = stage.value
    if rest is not None:
        data["rest"] = rest
    if split_by:
        data["split_by"] = list(split_by)
    flags = {"check_needed": check_needed, "anonymous": anonymous, "filed_late": filed_late}
    data |= {name: True for name, raised in flags.items() if raised}
    if registered.arrival is Arrival.DAY_OFF:
        off = calendar.for_week(hours.week).day_off(registered.received.date())
        data |= why_off(off) if off else {}
    return Fact(FactCode.OPENED, received_at, by, data)


def why_off(off: DayOff) -> dict[str, Any]:
    """The reason of a day off as an entry or a fact keeps it."""
    params = {"why": off.why.value, "holiday": off.holiday, "act": off.act}
    if off.worked_on:
        params["worked_on"] = off.worked_on.isoformat()
    return {name: value for name, value in params.items() if value}


def suspended(at: datetime, by: str, ground: str, until: date | None = None) -> Fact:
    """`until`: when the suspension is planned to end; the clock stands until a fact says `resumed`."""
    return Fact(FactCode.SUSPENDED, at, by, {"ground": ground} | _day("until", until))


def resumed(at: datetime, by: str, on: date | None = None) -> Fact:
    """`on`: the last day that the clock stood, where it resumes by itself, however late that is done."""
    return Fact(FactCode.RESUMED, at, by, _day("on", on))


def correction_requested(at: datetime, by: str, until: date) -> Fact:
    return Fact(FactCode.CORRECTION_REQUESTED, at, by, _day("until", until))


def corrected(at: datetime, by: str) -> Fact:
    return Fact(FactCode.CORRECTED, at, by)


def extended(at: datetime, by: str, until: date) -> Fact:
    return Fact(FactCode.EXTENDED, at, by, _day("until", until))


def hearing(at: datetime, by: str, on: date) -> Fact:
    """The preliminary decision is sent and the applicant invited for the day `on`."""
    return Fact(FactCode.HEARING, at, by, _day("on", on))


def hearing_exempt(at: datetime, by: str) -> Fact:
    """Why no hearing is needed was recorded (the reason itself is content)."""
    return Fact(FactCode.HEARING_EXEMPT, at, by)


def promised(at: datetime, by: str, until: date) -> Fact:
    """The answer promises a later act, to be done by `until`: additional control (A11)."""
    return Fact(FactCode.PROMISED, at, by, _day("until", until))


def control_lifted(at: datetime, by: str) -> Fact:
    return Fact(FactCode.CONTROL_LIFTED, at, by)


def linked(at: datetime, by: str, number: str, as_: str) -> Fact:
    """`as_`: duplicate or repeat."""
    return Fact(FactCode.LINKED, at, by, {"number": number, "as": as_})


def recalculated(at: datetime, *, before: date, after: date, act: str = "", rule: str = "") -> Fact:
    """A replay moved the due day: because of an order about the calendar (`act`) or a changed rule."""
    data = {"before": before.isoformat(), "after": after.isoformat(), "act": act, "rule": rule}
    return Fact(FactCode.RECALCULATED, at, "system", data)


def forwarded(at: datetime, by: str, *, due_on: date) -> Fact:
    """`due_on`, here and in what else ends a holding: the day that it was held to. What is announced later
    moves no term that has ended."""
    return Fact(FactCode.FORWARDED, at, by, _day("due_on", due_on))


def answered(at: datetime, by: str, *, due_on: date) -> Fact:
    return Fact(FactCode.ANSWERED, at, by, _day("due_on", due_on))


def closed(at: datetime, by: str, how: str, *, due_on: date) -> Fact:
    """Ended without an answer. `how`: withdrawn, terminated, returned, merged or self_corrected."""
    return Fact(FactCode.CLOSED, at, by, {"how": how} | _day("due_on", due_on))


def _day(name: str, day: date | None) -> dict[str, Any]:
    return {} if day is None else {name: day.isoformat()}

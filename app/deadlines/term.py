"""What follows from the facts: a term with the entries that explain it. Pure values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.deadlines.facts import Fact
from app.deadlines.regimes import Unit


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One reason. `day`: the civil day it is about; `rule`: the id of a rule; `params` is plain JSON, days
    are ISO strings. `event` and `by`: of the fact that it comes from, empty where the law alone says so."""

    day: date
    code: str
    rule: str
    params: Mapping[str, Any]
    event: str = ""
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        stored = {
            "day": self.day.isoformat(),
            "code": self.code,
            "rule": self.rule,
            "params": dict(self.params),
        }
        return stored | ({"event": self.event} if self.event else {}) | ({"by": self.by} if self.by else {})

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "LedgerEntry":
        return cls(
            date.fromisoformat(stored["day"]),
            stored["code"],
            stored["rule"],
            stored["params"],
            stored.get("event", ""),
            stored.get("by", ""),
        )


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """Something to tell the applicant by a day of its own. `of`: the code of the fact that asks for it."""

    of: str
    by: date
    rule: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """`decide_from`: the first day of an unfavourable decision; `object_by`: the last one to object."""

    sent_on: date
    on: date
    decide_from: date
    object_by: date


@dataclass(frozen=True, slots=True)
class Term:
    """The term of one holding as its facts have it.

    `raw_due_on`: the last of calendar days, or the day an extension names, before rolling to a working one;
    None for a count of working days. `subject`: the kind of appeal, or the stage of a complaint, that rules
    are looked up by, and `law_day` the day that they are those of. While the clock stands (`running` False)
    `due_on` is the day as it was when it stopped. `first_due_on`: the due day without extensions.
    `stood_days`: those that the clock has stood, in the unit of the term.
    """

    registered_on: date
    due_on: date
    raw_due_on: date | None
    regime: str
    procedure: str
    term_days: int
    unit: Unit
    rule: str
    subject: str
    law_day: date
    week: int
    first_due_on: date
    facts: tuple[Fact, ...]
    running: bool = True
    extended: bool = False
    rest: int | None = None
    stood_days: int = 0
    stopped_on: date | None = None
    resume_on: date | None = None
    suspended: bool = False
    correct_by: date | None = None
    hearing: Hearing | None = None
    hearing_exempt: bool = False
    control_until: date | None = None
    closed_on: date | None = None
    notices: tuple[NoticeDue, ...] = ()
    explained: Callable[[], tuple[LedgerEntry, ...]] = field(default=tuple, compare=False, repr=False)

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """Why the term is what it is, in the order of days. Put together when asked for: who only counts
        need not wait for it."""
        return self.explained()

"""The law as dated rows (data/rules.toml): which rule decides a matter for what was received on a day.

Pure. A rule's id is stable: it is kept with every entry of a ledger. Next year's amendment is a row with
the id of the rule that it changes and a later first day.
"""

import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from app.deadlines.calendar import Calendar, add_months, civil, days_later


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    """All days count; a last day that nobody works on moves to the next working day."""
    MONTHS = "months"
    """To the same date; a last day that nobody works on moves to the next working day (B-MONTH)."""


class Evidence(StrEnum):
    """How well a rule is known; whatever is not `read` is a default for a lawyer to check."""

    READ = "read"
    PARTLY = "partly"
    DEFAULT = "default"


class Matter(StrEnum):
    """What a rule decides."""

    REGISTRATION = "registration"
    COUNTING = "counting"
    MONTHS = "months"
    ROLLING = "rolling"
    TERM = "term"
    TERM_WITH_CHECK = "term_with_check"
    FORWARDING = "forwarding"
    FORWARD_NOTICE = "forward_notice"
    SPLITTING = "splitting"
    OWN_TERM = "own_term"
    COMING_BACK = "coming_back"
    EXTENSION = "extension"
    EXTENSION_NOTICE = "extension_notice"
    SUSPENSION = "suspension"
    SUSPENSION_NOTICE = "suspension_notice"
    CORRECTION = "correction"
    HEARING = "hearing"
    OBJECTION = "objection"
    SILENCE = "silence"
    REVIEWER = "reviewer"
    COMPLAINT_FILING = "complaint_filing"
    DECISION = "decision"
    IMPARTIALITY = "impartiality"
    ANSWER_LANGUAGE = "answer_language"
    ANSWER_BASIS = "answer_basis"
    ANONYMOUS = "anonymous"
    REPEATED = "repeated"
    DUPLICATE = "duplicate"
    TERMINATION = "termination"
    CONTROL = "control"
    CONTROL_NOTICE = "control_notice"
    SERVICE_TARGET = "service_target"
    WARNING = "warning"
    CALENDAR = "calendar"


GROUPS: Mapping[str, tuple[Matter, ...]] = {
    "registration": (Matter.REGISTRATION, Matter.COUNTING, Matter.MONTHS, Matter.ROLLING, Matter.CALENDAR),
    "terms": (Matter.TERM, Matter.TERM_WITH_CHECK),
    "forwarding": (
        Matter.FORWARDING,
        Matter.FORWARD_NOTICE,
        Matter.SPLITTING,
        Matter.OWN_TERM,
        Matter.COMING_BACK,
    ),
    "extension": (Matter.EXTENSION, Matter.EXTENSION_NOTICE),
    "suspension": (Matter.SUSPENSION, Matter.SUSPENSION_NOTICE, Matter.CORRECTION),
    "hearing": (Matter.HEARING, Matter.OBJECTION),
    "answers": (
        Matter.ANSWER_LANGUAGE,
        Matter.ANSWER_BASIS,
        Matter.ANONYMOUS,
        Matter.REPEATED,
        Matter.DUPLICATE,
        Matter.TERMINATION,
        Matter.CONTROL,
        Matter.CONTROL_NOTICE,
    ),
    "complaints": (
        Matter.SILENCE,
        Matter.REVIEWER,
        Matter.COMPLAINT_FILING,
        Matter.DECISION,
        Matter.IMPARTIALITY,
    ),
    "service": (Matter.SERVICE_TARGET, Matter.WARNING),
}
"""In the order of a case's life, for who reads all rules; what a group is called is `rules.group.<name>`."""


class Stage(StrEnum):
    """Where a complaint about an act or an answer is."""

    HANDOVER = "handover"
    """At the body that it is about, which hands it over or corrects itself."""
    REVIEW = "review"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One row; what the columns mean is said where they are filled in, at the top of data/rules.toml.

    `valid_to` is inclusive. `of` empty: every kind and stage. A row is equal to itself alone: two rows with
    the same words are still two rows, and looking one up is quick.
    """

    id: str
    matter: Matter
    valid_from: date
    evidence: Evidence
    valid_to: date | None = None
    act: str = ""
    article: str = ""
    of: tuple[str, ...] = ()
    procedure: str = ""
    amount: int = 0
    unit: Unit | None = None
    reading: str = ""
    readings: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"{self.id}: ends on {self.valid_to}, before it begins")
        if self.amount < 0 or (self.amount > 0 and self.unit is None):
            raise ValueError(f"{self.id}: {self.amount} of no unit")
        if self.reading not in (self.readings or ("",)):
            raise ValueError(f"{self.id}: {self.reading!r} is none of its readings {self.readings}")

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def concerns(self, subject: str) -> bool:
        return not self.of or subject in self.of

    def last_day(self, start: date, calendar: Calendar) -> date:
        """The last day of the period that follows `start` (day 0), a working one."""
        return calendar.roll(self.raw_last_day(start, calendar))

    def raw_last_day(self, start: date, calendar: Calendar, amount: int | None = None) -> date:
        """The same before a day that nobody works on is rolled to the next working one. `amount`: instead
        of the rule's own."""
        amount = self.amount if amount is None else amount
        if self.unit is Unit.MONTHS:
            return add_months(start, amount)
        if self.unit is Unit.CALENDAR_DAYS:
            return days_later(start, amount)
        return calendar.add_working_days(start, amount)


@dataclass(frozen=True, slots=True)
class Regime:
    """The law that an appeal falls under by its moment of receipt. `valid_to` is inclusive."""

    code: str
    valid_from: date
    valid_to: date | None = None


class Law:
    """All rules of all times. A look-up asks for the rule of a day: that on which the appeal was received."""

    def __init__(self, rules: Iterable[Rule], regimes: Iterable[Regime]) -> None:
        self.rules = tuple(rules)
        self.regimes = tuple(sorted(regimes, key=lambda regime: regime.valid_from))
        self._by_matter: dict[Matter, list[Rule]] = defaultdict(list)
        self._by_id: dict[str, list[Rule]] = defaultdict(list)
        # The newest first; of equal days the later row is the amendment.
        by_day = sorted(enumerate(self.rules), key=lambda row: (row[1].valid_from, row[0]), reverse=True)
        for _, rule in by_day:
            self._by_matter[rule.matter].append(rule)
            self._by_id[rule.id].append(rule)
        if twice := [id_ for id_, rows in self._by_id.items() if len({row.matter for row in rows}) > 1]:
            raise ValueError(f"{', '.join(twice)}: one id has one matter")
        # Every act asks the same few questions about the same days: few, but those of years in a register.
        self._remembered = lru_cache(maxsize=65_536)(self._first)

    def amended(self, *rules: Rule) -> "Law":
        """This law with further rows."""
        return Law((*self.rules, *rules), self.regimes)

    @cached_property
    def fingerprint(self) -> str:
        """Of all rows, in their order: another one says that terms may have moved."""
        rows = [*map(asdict, self.regimes), *map(asdict, self.rules)]
        return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()

    def regime_on(self, day: date) -> Regime:
        """The regime of what is received on a civil day. ValueError before the first one."""
        for regime in self.regimes:
            if regime.valid_from <= day and (regime.valid_to is None or day <= regime.valid_to):
                return regime
        raise ValueError(f"no regime is known for {day}")

    def find(self, matter: Matter, subject: str, on: date) -> Rule | None:
        """The newest rule that decides the matter; `subject`: a kind of appeal or a stage of a complaint."""
        return self._remembered(matter, subject, on)

    def _first(self, matter: Matter, subject: str, on: date) -> Rule | None:
        return next(self._holding(matter, subject, on), None)

    def rule(self, matter: Matter, subject: str, on: date) -> Rule:
        """As `find`, where there must be one. LookupError when there is none."""
        found = self.find(matter, subject, on)
        if found is None:
            raise LookupError(f"no rule decides {matter} of {subject} on {on}")
        return found

    def all(self, matter: Matter, subject: str, on: date) -> list[Rule]:
        """Where several rules stand side by side: the newest row of each, in the order of the file."""
        newest: dict[str, Rule] = {}
        for rule in self._holding(matter, subject, on):
            newest.setdefault(rule.id, rule)
        return sorted(newest.values(), key=self.rules.index)

    def named(self, id_: str, on: date) -> Rule:
        """The row of a rule that holds on the day, else its newest. KeyError for an unknown id."""
        if id_ not in self._by_id:
            raise KeyError(id_)
        rows = self._by_id[id_]
        return next((row for row in rows if row.holds(on)), rows[0])

    def ids(self) -> frozenset[str]:
        return frozenset(self._by_id)

    def _holding(self, matter: Matter, subject: str, on: date) -> Iterator[Rule]:
        return (rule for rule in self._by_matter[matter] if rule.holds(on) and rule.concerns(subject))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """A row as it is written in a file or kept in a table. ValueError names the rule and what is wrong."""
    known = {field.name for field in fields(Rule)}
    lists = {"of", "readings", "codes"}
    try:
        if unknown := set(row) - known:
            raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {
            name: tuple(value) if name in lists else value for name, value in row.items()
        }
        values |= {"matter": Matter(row["matter"]), "evidence": Evidence(row["evidence"])}
        values |= {"unit": Unit(row["unit"])} if row.get("unit") else {}
        return Rule(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"rule {row.get('id', '?')}: {error}") from error


def read_law() -> Law:
    """The law as it comes with the service."""
    tables = tomllib.loads(files("app.deadlines").joinpath("data/rules.toml").read_text(encoding="utf-8"))
    return Law(map(rule_of, tables["rule"]), (Regime(**row) for row in tables["regime"]))


LAW = read_law()
KINDS = ("statement", "complaint", "message", "inquiry", "response", "proposal")


def regime_for(received_at: datetime, law: Law = LAW) -> Regime:
    """By the aware moment of receipt, whatever day it is registered on. ValueError outside 2007-2060."""
    return law.regime_on(civil(received_at).date())

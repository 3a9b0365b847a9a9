"""Which open terms end on another day than the one they are held to. Pure.

A hundred thousand holdings have a few thousand different lives: what matters of a life to its due day is
taken out of the facts, and `compute` is asked once for each.
"""

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.core.log import kind
from app.deadlines.calendar import Calendar, civil
from app.deadlines.facts import Fact, FactCode
from app.deadlines.ledger import compute
from app.deadlines.regimes import LAW, Law

log = logging.getLogger("listening_state.timekeeping")

# What neither moves a clock nor ends a term: however many of these a life has, its due day is the same.
_NOTED = frozenset(
    {
        FactCode.HEARING,
        FactCode.HEARING_EXEMPT,
        FactCode.PROMISED,
        FactCode.CONTROL_LIFTED,
        FactCode.LINKED,
        FactCode.RECALCULATED,
    }
)
# What an opening says of how it came about, and no due day follows from.
_ASIDE = frozenset(
    {
        *("origin", "arrival", "opens", "closes", "why", "holiday", "worked_on", "act"),
        *("first_received_at", "anonymous", "filed_late", "split_by"),
    }
)


@dataclass(frozen=True, slots=True)
class OpenHolding:
    """`facts`: all of its ledger in the order of writing, as stored."""

    id: int
    appeal_id: int
    part: int
    agency_id: int
    applicant_type: str
    registered_on: date
    due_on: date
    facts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Move:
    """`rule`: the id of the rule that the term rests on."""

    holding: OpenHolding
    after: date
    rule: str

    @property
    def before(self) -> date:
        return self.holding.due_on


class Reckoner:
    """Due days under one calendar and one law, remembered by what matters."""

    def __init__(self, calendar: Calendar, law: Law = LAW) -> None:
        self._calendar, self._law = calendar, law
        self._known: dict[Hashable, tuple[date, str]] = {}

    def due(self, stored: Iterable[Mapping[str, Any]]) -> tuple[date, str]:
        """The due day and the rule's id. ValueError or LookupError for what is no ledger."""
        facts = [Fact.from_json(entry) for entry in stored]
        key = tuple(_matters(facts))
        if key not in self._known:
            term = compute(facts, self._calendar, self._law)
            self._known[key] = (term.due_on, term.rule)
        return self._known[key]

    def moves(self, holdings: Iterable[OpenHolding]) -> list[Move]:
        """Those that move, in the order given. A ledger that cannot be read is left as it is, and said."""
        found = []
        for holding in holdings:
            try:
                after, rule = self.due(holding.facts)
            except (ValueError, LookupError, TypeError) as error:
                log.error("holding %d: its ledger cannot be read (%s)", holding.id, kind(error))
                continue
            if after != holding.due_on:
                found.append(Move(holding, after, rule))
        return found


def _matters(facts: Sequence[Fact]) -> Iterator[Hashable]:
    for fact in facts:
        if fact.code is FactCode.OPENED:
            # The law is that of the first receipt, wherever the appeal came from.
            first = fact.data.get("first_received_at")
            yield civil(datetime.fromisoformat(first)).date() if first else fact.day
            yield frozenset(item for item in fact.data.items() if item[0] not in _ASIDE)
        elif fact.code not in _NOTED:
            yield fact.code, fact.day, frozenset(fact.data.items())

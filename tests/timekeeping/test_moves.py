"""The fast way to the due day gives what `compute` gives, whatever happened to the holding."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines import facts
from app.deadlines.calendar import Calendar, OfficeHours, Override
from app.deadlines.facts import Fact, opened
from app.deadlines.ledger import compute
from app.deadlines.regimes import KINDS, LAW, Law, Matter, Stage
from app.timekeeping.moves import OpenHolding, Reckoner
from tests.deadlines.days import CALENDAR, DUE, HOURS, SAMPLES, at, day
from tests.deadlines.test_properties import lived

# On two of these days the same day of registration follows, and on the last the law may be another.
RECEIVED = [datetime(2026, month, day_, 6, tzinfo=UTC) for month, day_ in ((10, 31), (11, 1), (11, 9))]
STEPS: list[list[tuple[int, str, int]]] = [
    [],
    [(1, "suspend", 40)],
    [(1, "suspend", 40), (1, "resume", 1)],
    [(1, "suspend", 40), (9, "resume", 1)],
    [(5, "suspend", 40), (9, "resume", 1)],
    [(1, "correct", 4)],
    [(1, "correct", 4), (9, "corrected", 1)],
    [(1, "extend", 40)],
    [(1, "extend", 50)],
]
ORDERED = [
    Override(day("2026-12-17"), working=False, act="№ 1", valid_from=day("2026-11-01")),
    Override(day("2026-11-21"), working=True, act="№ 2", valid_from=day("2026-11-01")),
    Override(day("2026-11-30"), working=False, act="№ 3", valid_from=day("2026-11-01")),
]
# Shorter terms, from within the time that the examples are of.
SHORTER = LAW.amended(
    *(
        replace(rule, valid_from=day("2026-11-01"), amount=10)
        for rule in LAW.rules
        if rule.matter is Matter.TERM and rule.valid_to is None
    )
)


def stored(happened: Sequence[Fact]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(json.dumps([fact.as_json() for fact in happened]))
    return found


def holding(id_: int, happened: Sequence[Fact], due_on: date) -> OpenHolding:
    return OpenHolding(id_, 202600000000 + id_, 0, 1, "individual", due_on, due_on, stored(happened))


class Life(NamedTuple):
    """What a holding may be like: the parts that a due day could follow from."""

    received: datetime
    first: timedelta | None
    kind: str
    week: int
    stage: Stage | None
    rest: int | None
    check_needed: bool
    steps: list[tuple[int, str, int]]
    told: bool

    def facts(self) -> tuple[Fact, ...]:
        opening = opened(
            self.kind,
            self.received,
            OfficeHours(week=self.week),
            CALENDAR,
            first_received_at=self.received - self.first if self.first else None,
            stage=self.stage,
            rest=self.rest,
            check_needed=self.check_needed,
        )
        happened = lived(opening, self.steps).facts
        told = facts.recalculated(happened[-1].at, before=DUE, after=day("2026-12-15"), act="№ 0")
        return (*happened, told) if self.told else happened


VALUES: dict[str, list[Any]] = {
    "received": RECEIVED,
    "first": [None, timedelta(days=1), timedelta(days=2500)],
    "kind": list(KINDS),
    "week": [5, 6],
    "stage": [None, *Stage],
    "rest": [None, 3, 9],
    "check_needed": [False, True],
    "steps": STEPS,
    "told": [False, True],
}


@st.composite
def alike(draw: st.DrawFn) -> list[tuple[Fact, ...]]:
    """A life, and all that differ from it in one thing: what is forgotten of that thing is found out."""
    life = Life(**{name: draw(st.sampled_from(values)) for name, values in VALUES.items()})
    others = [life._replace(**{name: value}) for name, values in VALUES.items() for value in values]
    return [one.facts() for one in others]


@settings(deadline=None)
@given(alike(), st.sampled_from((LAW, SHORTER)))
def test_the_fast_way_gives_what_compute_gives(all_: list[tuple[Fact, ...]], law: Law) -> None:
    before, after = Calendar(), Calendar(ORDERED)
    held = [holding(place, life, compute(life, before).due_on) for place, life in enumerate(all_)]
    terms = [compute(life, after, law) for life in all_]
    moves = Reckoner(after, law).moves(held)
    assert [(move.holding.id, move.after, move.rule) for move in moves] == [
        (one.id, term.due_on, term.rule)
        for one, term in zip(held, terms, strict=True)
        if term.due_on != one.due_on
    ]


def test_every_fact_that_can_follow_an_opening_is_known_to_move_or_not() -> None:
    """One reckoner for all: a fact that was left out of what matters would give another one's day."""
    reckoner = Reckoner(CALENDAR)
    opening = facts.opened("statement", at("2026-11-23"), HOURS, CALENDAR)
    seen = set()
    for code, samples in SAMPLES.items():
        for sample in samples:
            if code.value not in ("resumed", "corrected"):
                life = [opening, sample]
            else:
                life = [opening, *SAMPLES[_BEFORE[code.value]][:1], sample]
            due_on, _ = reckoner.due(stored(life))
            assert due_on == compute(life, CALENDAR).due_on, code
            seen.add(due_on)
    assert len(seen) > 2


_BEFORE = {
    "resumed": facts.FactCode.SUSPENDED,
    "corrected": facts.FactCode.CORRECTION_REQUESTED,
}


def test_a_hundred_thousand_plain_openings_are_computed_once_a_life(monkeypatch: pytest.MonkeyPatch) -> None:
    import app.timekeeping.moves as module

    asked = []
    real = compute

    def counted(*arguments: Any) -> Any:
        asked.append(1)
        return real(*arguments)

    monkeypatch.setattr(module, "compute", counted)
    moments = [at("2026-11-09T10:00") + timedelta(minutes=n) for n in range(2_000)]
    held = [
        holding(n, [opened("statement", moment, HOURS, CALENDAR)], day("2026-12-01"))
        for n, moment in enumerate(moments)
    ]
    Reckoner(CALENDAR).moves(held)
    assert len(asked) <= 4, "two days of receipt, each on one or two days of registration"


def test_a_ledger_that_cannot_be_read_stands_in_nobodys_way(caplog: pytest.LogCaptureFixture) -> None:
    good = opened("statement", at("2026-11-23"), HOURS, CALENDAR)
    twice = facts.resumed(at("2026-11-24"), "staff")
    held = [
        holding(1, [twice], day("2026-12-01")),
        holding(2, [good, twice], day("2026-12-01")),
        holding(3, [], day("2026-12-01")),
        holding(4, [good], day("2026-12-01")),
    ]
    with caplog.at_level(logging.ERROR):
        assert [move.holding.id for move in Reckoner(CALENDAR).moves(held)] == [4]
    assert [f"holding {n}:" in caplog.text for n in (1, 2, 3, 4)] == [True, True, True, False]

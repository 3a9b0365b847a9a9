"""A course of events as it is expected, beside the service that it really happens in.

Which acts a state allows is asked of the one table of states, and what a term does of the pure part of the
deadlines: both have tests of their own. What follows for a holding and for the figures is said here.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, TypeVar

import asyncpg
from asyncpg.transaction import Transaction

from app.appeals.codes import Status
from app.appeals.lifecycle import Act, allowed
from app.core import clock
from app.core.db import Database, DatabaseUrls, Login, prepare
from app.deadlines import facts
from app.deadlines.calendar import Calendar
from app.deadlines.facts import Fact
from app.deadlines.guards import Refused
from app.deadlines.ledger import compute, rest_of_term
from app.deadlines.regimes import Stage
from app.deadlines.term import Term
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.submission import Filed
from app.oversight import rollups
from app.oversight.cells import ROLLUPS
from tests.oversight.reference import DIMENSIONS, Held
from tests.support import OneConnection

T = TypeVar("T")

OPENINGS = ("registered", "received", "reopened", "split_off")
CLOSES = {
    "answered": "answered",
    "decided": "answered",
    "forwarded": "forwarded_out",
    "split": "forwarded_out",
    "withdrawn": "closed_otherwise",
    "terminated": "closed_otherwise",
    "returned": "closed_otherwise",
    "merged": "closed_otherwise",
    "self_corrected": "closed_otherwise",
}
EVENTS = """
SELECT e.appeal_id, e.part, e.holding_id, e.kind AS event, e.at, e.data, a.channel, a.applicant_type, a.kind,
       a.topic, a.region
FROM event e JOIN appeal a ON a.id = e.appeal_id ORDER BY e.id
"""


EMPTY = f"""
TRUNCATE appeal, counter_delta, staff_account, figure_fault,
         {", ".join(rollup.table for rollup in ROLLUPS)}, again, rollup_again CASCADE;
UPDATE folding SET below = '0', checked_month = NULL, checked_agency_id = NULL
"""


class Real:
    """The service over one connection, in a transaction that is committed when the rollups are to be folded;
    and beside it one whose transaction may stay open. `begin` and `undo` go round each example."""

    def __init__(self, urls: DatabaseUrls) -> None:
        self._runner = asyncio.Runner()
        self._urls = urls
        self.connection = self.run(self._connected(urls))
        self.beside = self.run(self._connected(urls))
        self.db = Database(OneConnection(self.connection))
        self._older: Transaction | None = None
        self._committed = False

    def begin(self) -> None:
        self._transaction = self.connection.transaction()
        self.run(self._transaction.start())

    def undo(self) -> None:
        self.let_go()
        self.run(self._transaction.rollback())
        if self._committed:
            self.run(self._emptied())
            self._committed = False

    async def _emptied(self) -> None:
        owner = await asyncpg.connect(self._urls.owner)
        await owner.execute(EMPTY)
        await owner.close()

    def fold(self, batch: int) -> None:
        """What happened until now is over; a worker takes what it may take of it."""
        self._over(rollups.fold(self.db, batch))

    def rebuild(self, random: Random) -> None:
        self._over(self._rebuilt(random))

    async def _rebuilt(self, random: Random) -> None:
        month = random.choice(await rollups.months(self.connection))
        await rollups.rebuild(self.db, month)
        await rollups.rebuild_year(self.db, month)

    def _over(self, work: Coroutine[Any, Any, object]) -> None:
        self.run(self._transaction.commit())
        self._committed = True
        self.run(work)
        self.begin()

    def hold_open(self) -> None:
        """A transaction that began before all that follows: nothing of that is folded until it ends."""
        if self._older is None:
            self._older = self.beside.transaction()
            self.run(self._older.start())
            self.run(self.beside.fetchval("SELECT pg_current_xact_id()::text"))

    def let_go(self) -> None:
        if self._older is not None:
            self.run(self._older.rollback())
            self._older = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _connected(self, urls: DatabaseUrls) -> asyncpg.Connection:
        url, role = urls.door(Login.WORKER)
        connection = await asyncpg.connect(url, server_settings={"role": role or "", "timezone": "UTC"})
        await prepare(connection)
        self.directory: Directory = await snapshot.refresh(Database(OneConnection(connection)))
        return connection

    def told(self) -> list[Held]:
        """The holdings as the events alone tell them."""
        return told(self.events())

    def events(self) -> list[asyncpg.Record]:
        return self.run(self.connection.fetch(EVENTS))

    def close(self) -> None:
        self.run(self.connection.close())
        self.run(self.beside.close())
        self._runner.close()


def told(rows: Iterable[asyncpg.Record]) -> list[Held]:
    """What an appeal is about never changes."""
    found: dict[int, Held] = {}
    for row in rows:
        holding, event, data = row["holding_id"], row["event"], row["data"]
        if event in OPENINGS:
            found[holding] = Held(
                row["appeal_id"],
                data["agency"],
                date.fromisoformat(data["registered_on"]),
                date.fromisoformat(data["due_on"]),
                {name: row[name] for name in DIMENSIONS},
                row["part"],
            )
            continue
        held = found[holding]
        day = max(clock.civil_day(row["at"]), held.opened_on)
        if "running" in data:
            held.moved(day, date.fromisoformat(data["due_on"]), data["running"])
        if event == "extended":
            held.extended_on = held.extended_on or day
        if event in CLOSES and not data.get("kept"):
            held.close, held.closed_on = CLOSES[event], day
            held.forwarded_late = data.get("late", False)
    return list(found.values())


@dataclass
class Case:
    """One holding as it is expected: its place in the table of states and the facts of its term.

    `staff`: the account that acts, never one that wrote what the complaint is about. `split_by`: the body
    that split the part off, and the days that it had left of its term.
    """

    held: Held
    facts: list[Fact]
    calendar: Calendar
    staff: int = 1
    stage: Stage | None = None
    filed: Filed | None = None
    split_by: tuple[str, int] | None = None
    status: Status = Status.REGISTERED
    wait_until: date | None = None
    proposed: Any = None
    rated: bool = False
    term: Term = field(init=False)

    def __post_init__(self) -> None:
        self.term = compute(self.facts, self.calendar)

    @property
    def chain(self) -> tuple[int, int]:
        return self.held.appeal, self.held.part

    def allows(self, act: Act) -> bool:
        return act in allowed(self.status, closed=self.held.close is not None, stage=self.stage)

    def take(self, fact: Fact, status: Status | None = None) -> None:
        """A fact that may move the clock; the day is the act's, whatever day the fact counts from."""
        self.facts.append(fact)
        self.status = status or self.status
        self.recalculate(self.calendar, max(fact.day, self.held.opened_on))

    def recalculate(self, calendar: Calendar, day: date) -> None:
        self.calendar = calendar
        self.term = compute(self.facts, calendar)
        self.held.moved(day, self.term.due_on, self.term.running)

    def ends(self, fact: Fact, close: str, status: Status | None = None) -> None:
        """What ends while its clock stands is judged as if the clock had started again that day.

        `fact`: gives the moment alone.
        """
        if not self.term.running:
            self.take(self.resumed(fact.at, fact.by))
        self.status, self.wait_until = status or self.status, None
        self.held.close, self.held.closed_on = close, max(fact.day, self.held.opened_on)

    def resumed(self, at: datetime, by: str) -> Fact:
        """The clock starts again: at the end of the day that was set for it, once that is over."""
        day = max(clock.civil_day(at), self.held.opened_on)
        over = self.wait_until is not None and self.wait_until < day
        return facts.resumed(at, by, self.wait_until if over else None)

    def rest(self, calendar: Calendar) -> int | None:
        """The days that the body has left if the case comes back to it."""
        held = self.held
        if (held.close != "forwarded_out" and self.status is not Status.TERMINATED) or not held.closed_on:
            return None
        return rest_of_term(self.term, held.closed_on, calendar)


def refusal(check: Callable[[], object]) -> str | None:
    """The code with which a guard refuses, if it does."""
    try:
        check()
    except Refused as refused:
        return refused.code
    return None

"""Any course of events, on real PostgreSQL, counted as the definitions say.

Hypothesis registers, forwards there and back, answers, withdraws, reopens and lets days pass; after each step
the holdings that the events tell are those of the reference, and so is every figure that is asked for.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, ClassVar, TypeVar

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.appeals.codes import ActorKind, ApplicantType, Kind, Outcome, Status
from app.appeals.commands import Actor, Answering, Command, Done, Forwarding, Payload, Writing
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core import clock
from app.core.db import Database, DatabaseUrls, prepare
from app.core.errors import AppError
from app.deadlines.ledger import open_term
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.register import register
from app.intake.submission import Person, Registration, Submission
from app.oversight import published, recount
from app.oversight.schemas import StatisticsIn
from app.oversight.statistics import Basis, Period
from tests.oversight import reference
from tests.oversight.reference import DIMENSIONS, Held, ordered
from tests.support import OneConnection

T = TypeVar("T")

# Justice has its operators' answers approved; the others do not.
AGENCIES = ["energy", "justice", "akimat-turkistan"]
TOPICS = ["land", "utilities", "other"]
REGIONS = ["", "KZ-61", "KZ-75"]
SOURCES = {"blog-platform": "blog", "citizen-api": "reception_room", "letters": "letter"}
CITIZEN = Actor(ActorKind.CITIZEN)
HEAD = Actor(ActorKind.STAFF, 1)
ANSWER = Answering(Outcome.EXPLAINED, "Жарық қалпына келтірілді.", "kk")

# The change of law, the change of clocks, the turn of a year, the days off of March; in civil time.
STARTS = [
    datetime(2021, 6, 28, 17, tzinfo=clock.ZONE),
    datetime(2024, 2, 27, 9, tzinfo=clock.ZONE),
    datetime(2026, 12, 30, 18, tzinfo=clock.ZONE),
    datetime(2026, 3, 18, 8, tzinfo=clock.ZONE),
]

PLACE = st.integers(0, 100)
# Time passes before each act.
AFTER = st.sampled_from([0, 0, 3, 14, 24, 3 * 24, 8 * 24, 20 * 24]).map(lambda hours: timedelta(hours=hours))
ABOUT = st.fixed_dictionaries(
    {
        "source": st.sampled_from(sorted(SOURCES)),
        "applicant_type": st.sampled_from(ApplicantType),
        "kind": st.sampled_from([Kind.STATEMENT, Kind.MESSAGE]),
        "topic": st.sampled_from(TOPICS),
        "region": st.sampled_from(REGIONS),
    }
)

EVENTS = """
SELECT e.appeal_id, e.holding_id, e.kind AS event, e.at, e.data, a.channel, a.applicant_type, a.kind,
       a.topic, a.region
FROM event e JOIN appeal a ON a.id = e.appeal_id ORDER BY e.id
"""
CLOSES = {"answered": "answered", "forwarded": "forwarded_out", "withdrawn": "closed_otherwise"}


def chosen(holdings: list[Held], place: int) -> Held:
    return holdings[place % len(holdings)]


class Real:
    """The service over one connection whose transaction is undone after each example."""

    def __init__(self, urls: DatabaseUrls) -> None:
        self._runner = asyncio.Runner()
        self.connection = self.run(self._connected(urls))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _connected(self, urls: DatabaseUrls) -> asyncpg.Connection:
        options = {"role": urls.app_role or "", "timezone": "UTC"}
        connection = await asyncpg.connect(urls.app, server_settings=options)
        await prepare(connection)
        self.directory: Directory = await snapshot.refresh(Database(OneConnection(connection)))
        return connection

    def close(self) -> None:
        self.run(self.connection.close())
        self._runner.close()


class Appeals(RuleBasedStateMachine):
    real: ClassVar[Real]

    def __init__(self) -> None:
        super().__init__()
        self.directory = self.real.directory
        self.real.run(self.real.connection.execute("BEGIN"))
        self.holdings: list[Held] = []
        self.first_received: dict[int, datetime] = {}
        self.waiting: set[int] = set()

    def teardown(self) -> None:
        self.real.run(self.real.connection.execute("ROLLBACK"))

    @initialize(
        start=st.sampled_from(STARTS),
        first=st.lists(st.tuples(st.sampled_from(AGENCIES), ABOUT), min_size=3, max_size=6),
        seed=st.integers(0, 2**32),
    )
    def begin(self, start: datetime, first: list[tuple[str, dict[str, str]]], seed: int) -> None:
        self.now = start.astimezone(UTC)
        self.random = Random(seed)
        for agency, about in first:
            self.register(timedelta(hours=9), agency, about, 1)

    # what happens

    @rule(after=AFTER, agency=st.sampled_from(AGENCIES), about=ABOUT, copies=st.integers(1, 3))
    def register(self, after: timedelta, agency: str, about: dict[str, str], copies: int) -> None:
        self.now += after
        submission = Submission(
            kind=Kind(about["kind"]),
            language="kk",
            text="Көше жарығы жанбайды.",
            channel=SOURCES[about["source"]],
            source=about["source"],
            received_at=self.now,
            applicant=Person(type=ApplicantType(about["applicant_type"])),
            addressee=agency,
            topic=about["topic"],
            region=about["region"].lower() or None,
        )
        registered = self.real.run(register(self.real.connection, [submission] * copies, self.directory))
        dimensions = {name: str(getattr(submission, name) or "") for name in ("channel", "kind", "topic")}
        dimensions |= {"applicant_type": about["applicant_type"], "region": about["region"]}
        for answer in registered:
            assert isinstance(answer, Registration)
            self._opens(answer.appeal_id, agency, dimensions)

    @precondition(lambda self: self._workable())
    @rule(after=AFTER, place=PLACE, to=st.sampled_from(AGENCIES))
    def forward(self, after: timedelta, place: int, to: str) -> None:
        self.now += after
        held = chosen(self._workable(), place)
        if held.agency != to:
            self._done(self._command(held, Act.FORWARD, Forwarding(to, "Құзыреті бойынша.")))
            self._forwards(held, to)

    @precondition(lambda self: self._workable())
    @rule(after=AFTER, place=PLACE)
    def forward_there_and_back(self, after: timedelta, place: int) -> None:
        """Two acts on one case in one call."""
        self.now += after
        held = chosen(self._workable(), place)
        there = next(agency for agency in AGENCIES if agency != held.agency)
        self._done(
            self._command(held, Act.FORWARD, Forwarding(there, "Құзыреті бойынша.")),
            self._command(held, Act.FORWARD, Forwarding(held.agency, "Біздің құзыретімізде емес.")),
        )
        self._forwards(self._forwards(held, there), held.agency)

    @precondition(lambda self: self._workable())
    @rule(after=AFTER, place=PLACE, decides_alone=st.booleans())
    def answer(self, after: timedelta, place: int, decides_alone: bool) -> None:
        self.now += after
        held = chosen(self._workable(), place)
        done = self._done(self._command(held, Act.ANSWER, ANSWER, Actor(ActorKind.STAFF, 1, decides_alone)))
        if self.directory.agency(held.agency).approval_required and not decides_alone:
            assert done.status is Status.AWAITING_APPROVAL
            self.waiting.add(held.appeal)
        else:
            self._closes(held, "answered")

    @precondition(lambda self: self.waiting)
    @rule(after=AFTER, place=PLACE, approves=st.booleans())
    def approve_or_send_back(self, after: timedelta, place: int, approves: bool) -> None:
        self.now += after
        held = chosen([held for held in self._open() if held.appeal in self.waiting], place)
        if approves:
            self._done(self._command(held, Act.APPROVE, None))
            self._closes(held, "answered")
        else:
            self._done(self._command(held, Act.SEND_BACK, Writing("Толықтырыңыз.")))
        self.waiting.discard(held.appeal)

    @precondition(lambda self: self._open())
    @rule(after=AFTER, place=PLACE)
    def withdraw(self, after: timedelta, place: int) -> None:
        self.now += after
        held = chosen(self._open(), place)
        self._done(self._command(held, Act.WITHDRAW, Writing("Қайтарып аламын."), CITIZEN))
        self.waiting.discard(held.appeal)
        self._closes(held, "closed_otherwise")

    @precondition(lambda self: self._answered())
    @rule(after=AFTER, place=PLACE)
    def reopen(self, after: timedelta, place: int) -> None:
        self.now += after
        held = chosen(self._answered(), place)
        self._done(self._command(held, Act.REOPEN, Writing("Сот шешімі бойынша.")))
        self._opens(held.appeal, held.agency, held.about)

    @precondition(lambda self: self._open())
    @rule(after=AFTER, place=PLACE)
    def supplement(self, after: timedelta, place: int) -> None:
        """Counts nothing."""
        self.now += after
        held = chosen(self._open(), place)
        self._done(self._command(held, Act.SUPPLEMENT, Writing("Тағы бір жайт."), CITIZEN))

    @precondition(lambda self: self._answered())
    @rule(place=PLACE)
    def answer_again_is_refused(self, place: int) -> None:
        command = self._command(chosen(self._answered(), place), Act.ANSWER, ANSWER)
        (answer,) = self.real.run(act(self.real.connection, [command], self.directory))
        assert isinstance(answer, AppError)
        assert answer.code == "act_not_allowed"

    # what is asked

    @invariant()
    def any_question_is_answered(self) -> None:
        """Of periods between any days that matter, as of such days, by filters that some holding passes."""
        days = self._days_that_matter()
        for basis in Basis:
            first, last = sorted(self.random.choices(days, k=2))
            period = Period(first, last, self.random.choice([None, self.random.choice(days)]), basis)
            held = self.random.choice(self.holdings)
            own = {"agency": held.agency, **held.about}
            names = self.random.sample(sorted(own), k=self.random.choice([0, 1, 2]))
            self._compare(period, {name: own[name] for name in names if own[name]})

    def _days_that_matter(self) -> list[date]:
        days = {clock.civil_day(self.now)}
        for held in self.holdings:
            days |= {day for day in (held.opened_on, held.due_on, held.closed_on) if day}
        return sorted({day + clock.days(step) for day in days for step in (-1, 0, 1)})

    @invariant()
    def the_usual_questions_are_answered(self) -> None:
        year = clock.civil_day(self.now).year
        basis = self.random.choice(list(Basis))
        self._compare(Period(date(year, 1, 1), date(year, 12, 31), None, basis), {}, as_default=True)

    @invariant()
    def the_events_tell_the_same_holdings(self) -> None:
        assert ordered(self.real.run(self._told())) == ordered(self.holdings)

    @invariant()
    def the_counters_and_holdings_are_what_the_events_say(self) -> None:
        id_ = self.directory.agency(self.random.choice(self.holdings).agency).id
        assert self.real.run(recount.differences(self.real.connection, id_)) == []
        assert self.real.run(recount.astray(self.real.connection, id_)) == []

    def _compare(self, period: Period, filters: dict[str, str], *, as_default: bool = False) -> None:
        asked = {"basis": period.basis.value, "as_of": period.as_of, **filters}
        if not as_default:
            asked |= {"from": period.first, "to": period.last}
        answer = self.real.run(
            published.agencies(
                self.real.connection,
                StatisticsIn.model_validate(asked),
                self.directory,
                "en",
                now=self.now,
                sees_all=True,
            )
        )
        found = answer.model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert (found["from"], found["to"]) == (period.first.isoformat(), period.last.isoformat())
        rows = {row.pop("agency")["code"]: row for row in found["rows"]}
        assert not any(row.pop("suppressed") for row in [*rows.values(), found["total"]])
        expected = reference.answer(self.holdings, period, filters, clock.civil_day(self.now))
        assert {"rows": rows, "total": found["total"]} == expected

    # the reference beside it

    def _workable(self) -> list[Held]:
        return [held for held in self._open() if held.appeal not in self.waiting]

    def _open(self) -> list[Held]:
        return [held for held in self.holdings if held.close is None]

    def _answered(self) -> list[Held]:
        """Those that nothing came after."""
        newest = {held.appeal: held for held in self.holdings}
        return [held for held in newest.values() if held.close == "answered"]

    def _opens(self, appeal: int, agency: str, about: dict[str, str]) -> Held:
        hours = self.directory.agency(agency).hours
        first = self.first_received.setdefault(appeal, self.now)
        term = open_term(about["kind"], self.now, hours, self.directory.calendar, regime_at=first)
        held = Held(appeal, agency, term.registered_on, term.due_on, about)
        self.holdings.append(held)
        return held

    def _closes(self, held: Held, close: str) -> None:
        held.close = close
        held.closed_on = max(clock.civil_day(self.now), held.opened_on)

    def _forwards(self, held: Held, to: str) -> Held:
        self._closes(held, "forwarded_out")
        assert held.closed_on is not None
        held.forwarded_late = held.closed_on > self.directory.calendar.add_working_days(held.opened_on, 3)
        return self._opens(held.appeal, to, held.about)

    # the real thing

    def _command(self, held: Held, what: Act, payload: Payload, actor: Actor = HEAD) -> Command:
        holder = self.directory.agency(held.agency).id if actor is not CITIZEN else None
        agencies = None if holder is None or what is Act.FORWARD else frozenset({holder})
        return Command(what, held.appeal, actor, self.now, agencies=agencies, payload=payload)

    def _done(self, *commands: Command) -> Done:
        answers = self.real.run(act(self.real.connection, commands, self.directory))
        done = [answer for answer in answers if isinstance(answer, Done)]
        assert len(done) == len(commands), answers
        return done[-1]

    async def _told(self) -> list[Held]:
        """The holdings as the events alone tell them; what an appeal is about never changes."""
        told: dict[int, Held] = {}
        for row in await self.real.connection.fetch(EVENTS):
            holding, data = row["holding_id"], row["data"]
            if "registered_on" in data:
                told[holding] = Held(
                    row["appeal_id"],
                    data["agency"],
                    date.fromisoformat(data["registered_on"]),
                    date.fromisoformat(data["due_on"]),
                    {name: row[name] for name in DIMENSIONS},
                )
            elif row["event"] in CLOSES:
                told[holding].close = CLOSES[row["event"]]
                told[holding].closed_on = max(clock.civil_day(row["at"]), told[holding].opened_on)
                told[holding].forwarded_late = data.get("late", False)
        return list(told.values())


@pytest.mark.timeout(240)
def test_every_figure_is_what_the_definitions_say(worker_urls: DatabaseUrls) -> None:
    real = Real(worker_urls)
    try:
        Appeals.real = real
        run_state_machine_as_test(Appeals, settings=settings(max_examples=40, stateful_step_count=25))
    finally:
        real.close()

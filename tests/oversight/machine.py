"""What every course of events has in common: the questions asked after each step, what is expected, and the
service beside it. The acts are in test_stateful.py.
"""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime
from random import Random
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from app.appeals.codes import ActorKind, ApplicantType, Kind, Status
from app.appeals.commands import Actor, Command, Done, Payload
from app.appeals.lifecycle import Act
from app.appeals.numbers import Number
from app.appeals.service import act
from app.core import clock
from app.core.errors import AppError
from app.deadlines import facts
from app.deadlines.ledger import compute
from app.deadlines.regimes import Stage
from app.intake.register import register
from app.intake.submission import Person, Registration, Submission
from app.oversight import compliance, published, recount, rollups
from app.oversight.schemas import StatisticsIn
from app.oversight.statistics import Basis, Filters, Period
from tests.oversight import compliance_reference, reference
from tests.oversight.course import Case, Real, refusal
from tests.oversight.desk import reason
from tests.oversight.reference import DIMENSIONS, Held, ordered

SOURCES = {"blog-platform": "blog", "citizen-api": "reception_room", "letters": "letter"}
BY = "staff"


class Machine(RuleBasedStateMachine):
    real: ClassVar[Real]
    now: datetime
    random: Random

    def __init__(self) -> None:
        super().__init__()
        self.directory = copy(self.real.directory)
        self.orders = list(self.directory.calendar.overrides.values())
        self.real.begin()
        self.cases: list[Case] = []
        self.late: list[Case] = []
        self.first_received: dict[int, datetime] = {}

    def teardown(self) -> None:
        self.real.undo()

    # what is asked

    @invariant()
    def folding_goes_on(self) -> None:
        """At any moment, all at once or by pieces, past a transaction that is older or behind it."""
        match self.random.randrange(12):
            case 0 | 1:
                self.real.fold(batch=self.random.choice([1, 2, 20_000]))
            case 2:
                self.real.hold_open()
            case 3:
                self.real.let_go()
            case 4:
                self.real.rebuild(self.random)

    @invariant()
    def any_question_is_answered(self) -> None:
        """Of periods between any days that matter, as of such days, by filters that some holding passes."""
        days = self._days_that_matter()
        for basis in Basis:
            first, last = sorted(self.random.choices(days, k=2))
            period = Period(first, last, self.random.choice([None, self.random.choice(days)]), basis)
            held = self.random.choice(self.cases).held
            own = {"agency": held.agency, **held.about}
            names = self.random.sample(sorted(own), k=self.random.choice([0, 1, 2]))
            self._compare(period, {name: own[name] for name in names if own[name]})

    @invariant()
    def compliance_is_what_the_events_say(self) -> None:
        """Of one step in two: each figure of each body, of all days or of some and a part of the cases."""
        days = self._days_that_matter()
        match self.random.randrange(4):
            case 0:
                self._compare_compliance(days[0], days[-1], {})
            case 1:
                about = self.random.choice(self.cases).held.about
                names = self.random.sample(DIMENSIONS, k=self.random.choice([0, 1, 2]))
                first, last = sorted(self.random.choices(days, k=2))
                self._compare_compliance(first, last, {name: about[name] for name in names})

    def _compare_compliance(self, first: date, last: date, filters: dict[str, Any]) -> None:
        today = clock.civil_day(self.now)
        counted = compliance.count(self.real.connection, first, last, Filters(**filters), today=today)
        found = {
            self.directory.agency_by_id(agency_id).code: sums.values()
            for (agency_id, _), sums in self.real.run(counted).items()
        }
        assert found == compliance_reference.values(self.real.events(), first, last, filters, today)

    def _days_that_matter(self) -> list[date]:
        days = {clock.civil_day(self.now)}
        for held in self._holdings():
            moments = [held.opened_on, held.first_due_on, held.closed_on, held.extended_on]
            days |= {day for day in moments if day} | {day for turn in held.clock for day in turn[:2]}
        return sorted({day + clock.days(step) for day in days for step in (-1, 0, 1)})

    @invariant()
    def the_usual_questions_are_answered(self) -> None:
        year = clock.civil_day(self.now).year
        basis = self.random.choice(list(Basis))
        self._compare(Period(date(year, 1, 1), date(year, 12, 31), None, basis), {}, as_default=True)

    @invariant()
    def the_events_tell_the_same_holdings(self) -> None:
        assert ordered(self.real.told()) == ordered(self._holdings())

    @invariant()
    def the_counters_and_holdings_are_what_the_events_say(self) -> None:
        id_ = self.directory.agency(self.random.choice(self.cases).held.agency).id
        assert self.real.run(recount.differences(self.real.connection, id_)) == []
        assert self.real.run(recount.astray(self.real.connection, id_)) == []
        month = self.random.choice(self.cases).held.opened_on.replace(day=1)
        assert self.real.run(rollups.differences(self.real.connection, month)) == []
        assert self.real.run(rollups.differences_of_year(self.real.connection, month)) == []

    @invariant()
    def what_is_late_stays_late(self) -> None:
        """Whatever was done or tried since: it is overdue, or closed late."""
        today = clock.civil_day(self.now)
        for held in (case.held for case in self.late):
            assert held.closed_late() if held.close else held.overdue(today, today)
        self.late = [
            case
            for case in self.cases
            if (case.held.closed_late() if case.held.close else case.held.overdue(today, today))
        ]

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
        expected = reference.answer(self._holdings(), period, filters, clock.civil_day(self.now))
        assert {"rows": rows, "total": found["total"]} == expected

    # what is expected

    def _holdings(self) -> list[Held]:
        return [case.held for case in self.cases]

    def _newest(self) -> list[Case]:
        return list({case.chain: case for case in self.cases}.values())

    def _that(self, what: Act, *stages: Stage | None) -> list[Case]:
        """The cases whose state allows the act, of these stages or of any."""
        return [case for case in self._newest() if case.allows(what) and (not stages or case.stage in stages)]

    def _chosen(
        self, cases: list[Case], place: int, mostly: Callable[[Case], bool] = lambda case: True
    ) -> Case:
        """One of them; four times of five one of those that are `mostly` to be chosen."""
        preferred = [case for case in cases if mostly(case)]
        cases = preferred if preferred and place % 5 else cases
        return cases[place % len(cases)]

    def _in_time(self, case: Case) -> bool:
        return clock.civil_day(self.now) <= case.held.due_on

    def _day(self, case: Case) -> date:
        """The day on which an act counts."""
        return max(clock.civil_day(self.now), case.held.opened_on)

    def _opens(
        self,
        appeal: int,
        part: int,
        agency: str,
        about: dict[str, str],
        *,
        origin: str = "registered",
        stage: Stage | None = None,
        rest: int | None = None,
    ) -> Case:
        opening = facts.opened(
            about["kind"],
            self.now,
            self.directory.agency(agency).hours,
            self.directory.calendar,
            origin=origin,
            first_received_at=self.first_received.setdefault(appeal, self.now),
            stage=stage,
            rest=rest,
        )
        term = compute([opening], self.directory.calendar)
        held = Held(appeal, agency, term.registered_on, term.due_on, about, part)
        case = Case(held, [opening], self.directory.calendar, stage=stage)
        self.cases.append(case)
        return case

    def _follows(
        self, case: Case, agency: str, *, origin: str, stage: Stage | None = None, rest: int | None = None
    ) -> Case:
        held = case.held
        opened = self._opens(
            held.appeal, held.part, agency, held.about, origin=origin, stage=stage, rest=rest
        )
        opened.staff, opened.filed = case.staff, case.filed
        return opened

    def _forwards(self, case: Case, to: str) -> Case:
        case.held.forwarded_late = self._after_three_days(case)
        self._ends(case, "forwarded_out")
        return self._follows(case, to, origin="forwarded", rest=self._rest(case, to))

    def _rest(self, case: Case, to: str) -> int | None:
        """A body that gets the same part back has the rest of its term as it was when it passed it on, or
        when it split the part off."""
        chain = [other for other in self.cases if other.chain == case.chain]
        before = [other for other in chain if other.held.agency == to]
        if before:
            return before[-1].rest(self.directory.calendar)
        split_by, left = chain[0].split_by or ("", 0)
        return left if split_by == to else None

    def _after_three_days(self, case: Case) -> bool:
        return self._day(case) > self.directory.calendar.add_working_days(case.held.opened_on, 3)

    def _ends(self, case: Case, close: str, status: Status | None = None) -> None:
        case.ends(facts.corrected(self.now, BY), close, status)

    def _answered(self, case: Case, promised_until: date | None) -> None:
        self._ends(case, "answered", Status.ANSWERED)
        case.wait_until = promised_until

    def _goes_on(self, case: Case) -> None:
        suspended = case.status is Status.SUSPENDED
        fact = case.resumed(self.now, BY) if suspended else facts.corrected(self.now, BY)
        case.take(fact, Status.IN_PROGRESS)
        case.wait_until = None

    # the real thing

    def _dimensions(self, about: dict[str, str]) -> dict[str, str]:
        names = ("applicant_type", "kind", "topic", "region")
        return {"channel": SOURCES[about["source"]]} | {name: str(about[name]) for name in names}

    def _submission(
        self, about: dict[str, str], *, addressee: str | None = None, complaint_about: Number | None = None
    ) -> Submission:
        return Submission(
            kind=Kind(about["kind"]),
            language="kk",
            text="Көше жарығы жанбайды.",
            channel=SOURCES[about["source"]],
            source=about["source"],
            received_at=self.now,
            applicant=Person(type=ApplicantType(about["applicant_type"])),
            addressee=addressee,
            topic=about["topic"],
            region=about["region"].lower() or None,
            complaint_about=complaint_about,
        )

    def _registered(self, submissions: list[Submission]) -> list[Registration]:
        answers = self.real.run(register(self.real.connection, submissions, self.directory))
        done = [answer for answer in answers if isinstance(answer, Registration)]
        assert len(done) == len(submissions), answers
        return done

    def _command(self, case: Case, what: Act, payload: Payload = None, actor: Actor | None = None) -> Command:
        actor = actor or Actor(ActorKind.STAFF, case.staff)
        holder = self.directory.agency(case.held.agency).id if actor.kind is ActorKind.STAFF else None
        agencies = None if holder is None or what is Act.FORWARD else frozenset({holder})
        return Command(
            what, case.held.appeal, actor, self.now, case.held.part, agencies=agencies, payload=payload
        )

    def _done(self, *commands: Command) -> None:
        answers = self.real.run(act(self.real.connection, commands, self.directory))
        assert all(isinstance(answer, Done) for answer in answers), answers

    def _tried(self, command: Command, guard: Callable[[], object]) -> bool:
        """Whether it was done, as the guard says."""
        code = refusal(guard)
        if code:
            self._is_refused(command, code)
        else:
            self._done(command)
        return code is None

    def _is_refused(self, command: Command, code: str) -> None:
        (answer,) = self.real.run(act(self.real.connection, [command], self.directory))
        assert isinstance(answer, AppError), answer
        assert reason(answer) == code

"""Any course of events, on real PostgreSQL, counted as the definitions say.

Hypothesis registers, forwards there and back, splits, suspends, extends, answers, complains, reopens and lets
days pass, and tries what the term does not allow; after each step the holdings that the events tell are those
of the reference, and so is every figure that is asked for, however much of it has been folded.
"""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.appeals.codes import (
    ActorKind,
    ApplicantType,
    Decision,
    Kind,
    Likeness,
    Outcome,
    Status,
    SuspensionGround,
    TerminationGround,
)
from app.appeals.commands import (
    Actor,
    Answering,
    Controlling,
    Deciding,
    Extending,
    Forwarding,
    Hearing,
    Linking,
    Rating,
    Recalculating,
    Requesting,
    Splitting,
    Suspending,
    Terminating,
    Watched,
    Writing,
)
from app.appeals.lifecycle import Act
from app.appeals.numbers import Number
from app.core import clock
from app.core.db import DatabaseUrls
from app.deadlines import facts, guards
from app.deadlines.calendar import Calendar, Override
from app.deadlines.complaints import ReviewerKind
from app.deadlines.ledger import rest_of_term
from app.deadlines.regimes import Stage
from tests.oversight.course import Case, Real
from tests.oversight.desk import LEGAL_BASIS
from tests.oversight.machine import BY, SOURCES, Machine

# Justice has its operators' answers approved, and a head; the department has a body above it.
AGENCIES = ["energy", "justice", "akimat-turkistan", "turkistan-health-department"]
REVIEWED = {"justice", "turkistan-health-department"}
TOPICS = ["land", "utilities", "other"]
REGIONS = ["", "KZ-61", "KZ-75"]
CITIZEN = Actor(ActorKind.CITIZEN)
SYSTEM = Actor(ActorKind.SYSTEM)

# The change of law, the change of clocks, the turn of a year, the days off of March; in civil time.
STARTS = [
    datetime(2021, 6, 28, 17, tzinfo=clock.ZONE),
    datetime(2024, 2, 27, 9, tzinfo=clock.ZONE),
    datetime(2026, 12, 30, 18, tzinfo=clock.ZONE),
    datetime(2026, 3, 18, 8, tzinfo=clock.ZONE),
]

HEAD_OF_JUSTICE = """
INSERT INTO staff_account (login, name, role, agency_id, password_hash, active, tokens_valid_from, created_at)
VALUES ('head@justice', 'Басшы', 'head', $1, '', true, $2, $2)
"""

PLACE = st.integers(0, 100)
# Time passes before each act.
AFTER = st.sampled_from([0, 0, 0, 1, 3, 14, 24, 24, 3 * 24, 8 * 24, 20 * 24]).map(
    lambda hours: timedelta(hours=hours)
)
DAYS = st.sampled_from([0, 1, 4, 10, 30, 80])
ABOUT = st.fixed_dictionaries(
    {
        "source": st.sampled_from(sorted(SOURCES)),
        "applicant_type": st.sampled_from(ApplicantType),
        "kind": st.sampled_from([Kind.STATEMENT, Kind.MESSAGE]),
        "topic": st.sampled_from(TOPICS),
        "region": st.sampled_from(REGIONS),
    }
)


def stands(case: Case) -> bool:
    return not case.term.running


class Appeals(Machine):
    @initialize(
        start=st.sampled_from(STARTS),
        first=st.lists(st.tuples(st.sampled_from(AGENCIES), ABOUT), min_size=3, max_size=6),
        seed=st.integers(0, 2**32),
    )
    def begin(self, start: datetime, first: list[tuple[str, dict[str, str]]], seed: int) -> None:
        self.now = start.astimezone(UTC)
        self.random = Random(seed)
        justice = self.directory.agency("justice").id
        self.real.run(self.real.connection.execute(HEAD_OF_JUSTICE, justice, self.now))
        for agency, about in first:
            self.register(timedelta(hours=9), agency, about, 1)

    # what happens: an appeal comes and goes

    @rule(after=AFTER, agency=st.sampled_from(AGENCIES), about=ABOUT, copies=st.integers(1, 3))
    def register(self, after: timedelta, agency: str, about: dict[str, str], copies: int) -> None:
        self.now += after
        for answer in self._registered([self._submission(about, addressee=agency)] * copies):
            self._opens(answer.appeal_id, 0, agency, self._dimensions(about))

    @rule(after=AFTER, place=PLACE, about=ABOUT)
    def complain(self, after: timedelta, place: int, about: dict[str, str]) -> None:
        """Of any appeal or part, answered or not: whatever it is about, it is registered."""
        self.now += after
        of = self._chosen(self.cases, place, lambda case: case.held.agency in REVIEWED)
        concerned = ApplicantType(of.held.about["applicant_type"])
        about = about | {"kind": Kind.COMPLAINT, "region": about["region"] or of.held.about["region"]}
        number = Number.of(of.held.appeal, concerned, of.held.part)
        (answer,) = self._registered([self._submission(about, complaint_about=number)])
        filed = answer.complaint
        assert filed is not None
        case = self._opens(
            answer.appeal_id, 0, answer.decision.agency, self._dimensions(about), stage=filed.stage
        )
        case.filed, case.staff = filed, of.staff + 1

    @precondition(lambda self: self._that(Act.FORWARD, None))
    @rule(after=AFTER, place=PLACE, to=st.sampled_from(AGENCIES))
    def forward(self, after: timedelta, place: int, to: str) -> None:
        self.now += after
        case = self._chosen(self._that(Act.FORWARD, None), place)
        if case.held.agency != to:
            self._done(self._command(case, Act.FORWARD, Forwarding(to, "Құзыреті бойынша.")))
            self._forwards(case, to)

    @precondition(lambda self: self._that(Act.FORWARD, None))
    @rule(after=AFTER, place=PLACE)
    def forward_there_and_back(self, after: timedelta, place: int) -> None:
        """Two acts on one case in one call."""
        self.now += after
        case = self._chosen(self._that(Act.FORWARD, None), place)
        there, home = next(agency for agency in AGENCIES if agency != case.held.agency), case.held.agency
        self._done(
            self._command(case, Act.FORWARD, Forwarding(there, "Құзыреті бойынша.")),
            self._command(case, Act.FORWARD, Forwarding(home, "Біздің құзыретімізде емес.")),
        )
        self._forwards(self._forwards(case, there), home)

    @precondition(lambda self: self._that(Act.SPLIT))
    @rule(
        after=AFTER,
        place=PLACE,
        to=st.lists(st.sampled_from(AGENCIES), min_size=1, max_size=2),
        keeps=st.booleans(),
    )
    def split(self, after: timedelta, place: int, to: list[str], keeps: bool) -> None:
        self.now += after
        case = self._chosen(self._that(Act.SPLIT), place)
        to = [agency for agency in to if agency != case.held.agency] or ["health"]
        parts = tuple((agency, "Бір бөлігі.") for agency in to)
        left = rest_of_term(case.term, self._day(case), self.directory.calendar)
        self._done(self._command(case, Act.SPLIT, Splitting(parts, keeps)))
        if not keeps:
            case.held.forwarded_late = self._after_three_days(case)
            self._ends(case, "forwarded_out")
        for agency in to:
            last = max(other.held.part for other in self.cases if other.held.appeal == case.held.appeal)
            opened = self._opens(case.held.appeal, last + 1, agency, case.held.about, origin="split")
            opened.staff, opened.split_by = case.staff, (case.held.agency, left)

    @precondition(lambda self: self._that(Act.ANSWER))
    @rule(
        after=AFTER,
        place=PLACE,
        outcome=st.sampled_from([Outcome.EXPLAINED, Outcome.EXPLAINED, Outcome.REFUSED]),
        promised=st.sampled_from([None, None, 12]),
        decides_alone=st.booleans(),
    )
    def answer(
        self, after: timedelta, place: int, outcome: Outcome, promised: int | None, decides_alone: bool
    ) -> None:
        self.now += after
        case = self._chosen(self._that(Act.ANSWER), place)
        until = self._day(case) + clock.days(promised) if promised else None
        payload = Answering(outcome, "Жарық қалпына келтірілді.", "kk", LEGAL_BASIS, until)
        command = self._command(case, Act.ANSWER, payload, Actor(ActorKind.STAFF, case.staff, decides_alone))
        if not self._tried(command, lambda: guards.may_decide(case.term, self._day(case), outcome)):
            return
        if self.directory.agency(case.held.agency).approval_required and not decides_alone:
            case.status, case.proposed = Status.AWAITING_APPROVAL, until
        else:
            self._answered(case, until)

    @precondition(lambda self: self._that(Act.APPROVE))
    @rule(after=AFTER, place=PLACE, approves=st.booleans())
    def approve_or_send_back(self, after: timedelta, place: int, approves: bool) -> None:
        self.now += after
        case = self._chosen(self._that(Act.APPROVE), place)
        if approves:
            self._done(self._command(case, Act.APPROVE))
            self._answered(case, case.proposed)
        else:
            self._done(self._command(case, Act.SEND_BACK, Writing("Толықтырыңыз.")))
            case.status = Status.IN_PROGRESS

    @precondition(lambda self: self._that(Act.WITHDRAW))
    @rule(after=AFTER, place=PLACE)
    def withdraw(self, after: timedelta, place: int) -> None:
        self.now += after
        case = self._chosen(self._that(Act.WITHDRAW), place, stands)
        self._done(self._command(case, Act.WITHDRAW, Writing("Қайтарып аламын."), CITIZEN))
        self._ends(case, "closed_otherwise", Status.WITHDRAWN)

    @precondition(lambda self: self._that(Act.TERMINATE))
    @rule(after=AFTER, place=PLACE, by=st.sampled_from([*TerminationGround, Likeness.DUPLICATE]))
    def end(self, after: timedelta, place: int, by: TerminationGround | Likeness) -> None:
        """Terminate it, or link it to another as a duplicate."""
        self.now += after
        case = self._chosen(self._that(Act.TERMINATE), place, stands)
        if by is Likeness.DUPLICATE:
            self._done(self._command(case, Act.LINK, Linking("JT-2020-00000001", by)))
        elif isinstance(by, TerminationGround):
            self._done(self._command(case, Act.TERMINATE, Terminating(by, "Заңда көзделген негіз.")))
        self._ends(case, "closed_otherwise", Status.TERMINATED)

    @precondition(lambda self: self._that(Act.REOPEN))
    @rule(after=AFTER, place=PLACE)
    def reopen(self, after: timedelta, place: int) -> None:
        self.now += after
        case = self._chosen(self._that(Act.REOPEN), place)
        self._done(self._command(case, Act.REOPEN, Writing("Сот шешімі бойынша.")))
        rest = case.rest(self.directory.calendar) if case.status is Status.TERMINATED else None
        self._follows(case, case.held.agency, origin="reopened", rest=rest)

    @precondition(lambda self: self._not_rated())
    @rule(after=AFTER, place=PLACE, score=st.integers(1, 5), resolved=st.booleans())
    def rate(self, after: timedelta, place: int, score: int, resolved: bool) -> None:
        self.now += after
        case = self._chosen(self._not_rated(), place)
        self._done(self._command(case, Act.RATE, Rating(score, resolved), CITIZEN))
        case.rated = True

    def _not_rated(self) -> list[Case]:
        return [case for case in self._that(Act.RATE) if not case.rated]

    # the clock stops, starts and moves

    @precondition(lambda self: self._that(Act.SUSPEND))
    @rule(after=AFTER, place=PLACE, ground=st.sampled_from(SuspensionGround), days=st.none() | DAYS)
    def suspend(self, after: timedelta, place: int, ground: SuspensionGround, days: int | None) -> None:
        self.now += after
        case = self._chosen(self._that(Act.SUSPEND), place, self._in_time)
        day = self._day(case)
        until = day + clock.days(days) if days is not None else None
        command = self._command(case, Act.SUSPEND, Suspending(ground, until))
        if self._tried(command, lambda: guards.may_suspend(case.term, ground, day, until)):
            case.take(facts.suspended(self.now, BY, ground, until), Status.SUSPENDED)
            case.wait_until = until

    @precondition(lambda self: self._that(Act.RESUME))
    @rule(after=AFTER, place=PLACE)
    def resume(self, after: timedelta, place: int) -> None:
        self.now += after
        case = self._chosen(self._that(Act.RESUME), place, stands)
        self._done(self._command(case, Act.RESUME))
        self._goes_on(case)

    @precondition(lambda self: self._that(Act.REQUEST_CORRECTION))
    @rule(after=AFTER, place=PLACE, days=st.none() | DAYS)
    def request_correction(self, after: timedelta, place: int, days: int | None) -> None:
        self.now += after
        case = self._chosen(self._that(Act.REQUEST_CORRECTION), place, self._in_time)
        day, calendar = self._day(case), self.directory.calendar
        until = day + clock.days(days) if days is not None else None
        command = self._command(case, Act.REQUEST_CORRECTION, Requesting("Мекенжайды көрсетіңіз.", until))
        if self._tried(command, lambda: guards.may_request_correction(case.term, day, until, calendar)):
            case.wait_until = guards.may_request_correction(case.term, day, until, calendar)
            asked = facts.correction_requested(self.now, BY, case.wait_until)
            case.take(asked, Status.AWAITING_CORRECTION)

    @precondition(lambda self: self._that(Act.SUPPLEMENT))
    @rule(after=AFTER, place=PLACE)
    def supplement(self, after: timedelta, place: int) -> None:
        """Counts nothing, but goes on with what waited for it."""
        self.now += after
        waiting = Status.AWAITING_CORRECTION
        case = self._chosen(self._that(Act.SUPPLEMENT), place, lambda case: case.status is waiting)
        self._done(self._command(case, Act.SUPPLEMENT, Writing("Тағы бір жайт."), CITIZEN))
        if case.status is waiting:
            self._goes_on(case)

    @precondition(lambda self: self._that(Act.EXTEND))
    @rule(after=AFTER, place=PLACE, days=DAYS, is_head=st.sampled_from([True, True, False]))
    def extend(self, after: timedelta, place: int, days: int, is_head: bool) -> None:
        self.now += after
        case = self._chosen(self._that(Act.EXTEND), place, self._in_time)
        day, until = self._day(case), case.held.due_on + clock.days(days)
        command = self._command(
            case, Act.EXTEND, Extending(until, "Тексеру."), Actor(ActorKind.STAFF, case.staff, is_head)
        )
        role = "head" if is_head else "operator"
        if self._tried(
            command, lambda: guards.may_extend(case.term, role, day, until, self.directory.calendar)
        ):
            case.take(facts.extended(self.now, BY, until))
            case.held.extended_on = case.held.extended_on or day

    @precondition(lambda self: self._that(Act.HEARING))
    @rule(after=AFTER, place=PLACE, days=st.none() | DAYS)
    def hear_or_exempt(self, after: timedelta, place: int, days: int | None) -> None:
        """Counts nothing; a refusal is allowed after it."""
        self.now += after
        case = self._chosen(self._that(Act.HEARING), place)
        if days is None:
            self._done(self._command(case, Act.HEARING, Hearing(exempt_ground="Бас тартты.")))
            case.take(facts.hearing_exempt(self.now, BY))
            return
        day = self._day(case)
        on = day + clock.days(days)
        command = self._command(case, Act.HEARING, Hearing(on, "Бас тартуға негіз бар."))
        if self._tried(command, lambda: guards.may_hold_hearing(case.term, day, on)):
            case.take(facts.hearing(self.now, BY, on), Status.HEARING)

    @precondition(lambda self: self._that(Act.ELAPSE))
    @rule(after=AFTER, place=PLACE)
    def elapse(self, after: timedelta, place: int) -> None:
        """The service looks whether a day that was waited for is over."""
        self.now += after
        case = self._chosen(self._that(Act.ELAPSE), place, lambda case: case.wait_until is not None)
        self._done(self._command(case, Act.ELAPSE, None, SYSTEM))
        until = case.wait_until
        if until is None or clock.civil_day(self.now) <= until:
            return
        case.wait_until = None
        if case.status is Status.SUSPENDED:
            case.take(facts.resumed(self.now, BY, on=until), Status.IN_PROGRESS)
        elif case.status is Status.AWAITING_CORRECTION:
            self._ends(case, "closed_otherwise", Status.TERMINATED)

    @precondition(lambda self: self._that(Act.WARN))
    @rule(after=AFTER, place=PLACE)
    def mark_what_passed(self, after: timedelta, place: int) -> None:
        """Counts nothing, unless it is a complaint that only a court can review: that is over then."""
        self.now += after
        case = self._chosen(self._that(Act.WARN), place)
        due_on = case.held.due_on
        self._done(self._command(case, Act.WARN, Watched(due_on, passed=True), SYSTEM))
        only_court = case.filed is not None and case.stage and case.filed.reviewer is ReviewerKind.COURT
        if only_court and case.term.running and clock.civil_day(self.now) > due_on:
            self._ends(case, "closed_otherwise", Status.TERMINATED)

    @rule(after=AFTER, days=st.integers(1, 25))
    def order_a_day_off(self, after: timedelta, days: int) -> None:
        """Every open term is computed again, also of what is late: the law itself has moved it."""
        self.now += after
        today = clock.civil_day(self.now)
        self.orders.append(Override(today + clock.days(days), False, "№ 7", today))
        self.directory.calendar = Calendar(self.orders)
        still = [case for case in self.cases if case.held.close is None]
        reason = Recalculating("№ 7")
        self._done(*[self._command(case, Act.RECALCULATE, reason, SYSTEM) for case in still])
        for case in still:
            case.recalculate(self.directory.calendar, self._day(case))
        self.late = [case for case in self.late if case.held.close or case.held.overdue(today, today)]

    # complaints

    @precondition(lambda self: self._that(Act.FORWARD, Stage.HANDOVER))
    @rule(after=AFTER, place=PLACE)
    def hand_over(self, after: timedelta, place: int) -> None:
        self.now += after
        that = self._that(Act.FORWARD, Stage.HANDOVER)
        case = self._chosen(that, place, lambda case: bool(case.filed and case.filed.agency))
        assert case.filed is not None
        to = case.filed.agency
        command = self._command(case, Act.FORWARD, Forwarding(to or "energy", "Шағым."))
        if not to:
            self._is_refused(command, "court_only")
            return
        self._done(command)
        case.held.forwarded_late = self._day(case) > case.held.due_on
        self._ends(case, "forwarded_out")
        self._follows(case, to, origin="forwarded", stage=Stage.REVIEW)

    @precondition(lambda self: self._that(Act.SELF_CORRECT))
    @rule(after=AFTER, place=PLACE)
    def correct_oneself(self, after: timedelta, place: int) -> None:
        self.now += after
        case = self._chosen(self._that(Act.SELF_CORRECT), place)
        self._done(self._command(case, Act.SELF_CORRECT, Writing("Шағым толық қанағаттандырылды.")))
        self._ends(case, "closed_otherwise", Status.ANSWERED)

    @precondition(lambda self: self._that(Act.DECIDE))
    @rule(after=AFTER, place=PLACE, outcome=st.sampled_from(Decision))
    def decide(self, after: timedelta, place: int, outcome: Decision) -> None:
        self.now += after
        case = self._chosen(self._that(Act.DECIDE), place)
        self._done(self._command(case, Act.DECIDE, Deciding(outcome, "Шешім.", "kk")))
        self._ends(case, "answered", Status.ANSWERED)

    # what counts nothing, and what is refused

    @precondition(lambda self: self._that(Act.LINK))
    @rule(after=AFTER, place=PLACE)
    def look_on(self, after: timedelta, place: int) -> None:
        self.now += after
        case = self._chosen(self._that(Act.LINK), place)
        self._done(
            self._command(case, Act.CONTROL, Controlling(True, "Әкімшіліктің бақылауында.")),
            self._command(case, Act.LINK, Linking("JT-2020-00000001", Likeness.REPEAT)),
            self._command(case, Act.NOTE, Writing("Қоңырау шалынды.")),
        )

    @rule(place=PLACE, what=st.sampled_from([Act.ANSWER, Act.TERMINATE, Act.SUSPEND, Act.EXTEND, Act.DECIDE]))
    def what_the_state_does_not_allow_is_refused(self, place: int, what: Act) -> None:
        that = [case for case in self._newest() if not case.allows(what)]
        if that:
            self._is_refused(self._command(self._chosen(that, place), what), "act_not_allowed")


@pytest.mark.timeout(240)
def test_every_figure_is_what_the_definitions_say(real_urls: DatabaseUrls) -> None:
    real = Real(real_urls)
    try:
        Appeals.real = real
        run_state_machine_as_test(Appeals, settings=settings(max_examples=10, stateful_step_count=30))
    finally:
        real.close()

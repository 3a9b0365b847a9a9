"""What happens to an appeal, decided by the service's own rules: once for several that are alike.

Nothing is decided here: registration, route and term come from `made` of the intake, what each act changes
from `decide`. Only who writes when about what, and what is done with it when, is invented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import orjson

from app.appeals.codes import ActorKind, Kind, Outcome, Status, SuspensionGround, TerminationGround
from app.appeals.commands import (
    Actor,
    Answering,
    Case,
    Command,
    Extending,
    Forwarding,
    Held,
    Payload,
    Suspending,
    Terminating,
    Writing,
)
from app.appeals.decide import decide
from app.appeals.effects import Effects
from app.appeals.lifecycle import Act
from app.appeals.record import NewAppeal
from app.core import clock
from app.core.errors import AppError
from app.core.i18n import Language
from app.deadlines.facts import Fact
from app.directory.registry import Directory
from app.intake.register import made
from app.intake.submission import Person, Submission

STAFF, CITIZEN = Actor(ActorKind.STAFF), Actor(ActorKind.CITIZEN)
KINDS = {
    Kind.STATEMENT: 38, Kind.COMPLAINT: 22, Kind.MESSAGE: 18,
    Kind.INQUIRY: 12, Kind.PROPOSAL: 6, Kind.RESPONSE: 4,
}  # fmt: skip
OUTCOMES = {
    Outcome.EXPLAINED: 55, Outcome.SATISFIED: 30, Outcome.PARTLY_SATISFIED: 10, Outcome.TAKEN_NOTE: 5,
}  # fmt: skip
HOURS = (8, 9, 10, 11, 12, 14, 15, 16, 17, 19)
TEXT = "Көшеде жарық жоқ"
REASON = "Құзыретіне сәйкес"


@dataclass(frozen=True, slots=True)
class Day:
    """What there is on one day: who can be written to, with weights, and what about."""

    on: date
    agencies: Sequence[str]
    weights: Sequence[float]
    topics: Sequence[str]
    regions: Sequence[str]


@dataclass(slots=True)
class Life:
    """An appeal with all that happened to it. `done`: what each act changed, in order; its rows name the
    holding by the place that it has among those of the appeal (1, 2, …)."""

    new: NewAppeal
    done: list[Effects]


def invented(random: Random, day: Day, directory: Directory, until: datetime) -> Life | None:
    """A life that begins on this day, as far as it has come by `until`. None: it begins after that."""
    at = _moment(day.on, random.choice(HOURS), random.randrange(60))
    said = Submission(
        kind=_one_of(random, KINDS),
        language=random.choice(("kk", "kk", "ru")),
        text=TEXT,
        channel="letter",
        source="letters",
        received_at=at,
        addressee=random.choices(day.agencies, day.weights)[0],
        topic=random.choice(day.topics),
        region=random.choice(day.regions),
        applicant=Person(),
        signed=True,
        silent=True,
    )
    if at > until:
        return None
    new = made(said, directory, 2007 * 10**8)
    life = _Living(Life(new, []), _case(new, said.language), directory, until)
    _course(random, life, day)
    return life.life


class _Living:
    """A life that goes on, act by act."""

    def __init__(self, life: Life, case: Case, directory: Directory, until: datetime) -> None:
        self.life, self.case, self.directory, self.until = life, case, directory, until
        self.holdings = 1

    def act(self, act: Act, on: date, hour: int, payload: Payload, actor: Actor = STAFF) -> bool:
        """False where it has not come to that yet, or the law does not allow it."""
        at = max(_moment(on, hour), self.case.held[-1].facts[0].at)
        if at > self.until:
            return False
        command = Command(act, self.case.appeal_id, actor, at, payload=payload, silent=True)
        try:
            effects, _ = decide(command, self.case, self.directory)
        except AppError:
            return False
        self.life.done.append(effects)
        self._went_on(effects)
        return True

    def _went_on(self, effects: Effects) -> None:
        changed, case = effects.changed[-1], self.case
        kept = ("status", "version", "due_on", "running", "extended", "on_control", "wait_until", "warned")
        last = case.held[-1]
        facts = [*last.facts, *_facts(effects, last.holding_id)]
        self.case = replace(
            case,
            **{name: changed[name] for name in kept},
            closed=changed["closed_at"] is not None,
            last_hash=changed["last_hash"],
            held=(*case.held[:-1], Held(last.holding_id, last.agency_id, last.registered_on, tuple(facts))),
        )
        for opened in effects.opened:
            self.holdings += 1
            facts_ = tuple(_facts(effects, None))
            held = Held(self.holdings, opened["agency_id"], opened["registered_on"], facts_)
            self._opened(opened, held)

    def _opened(self, opened: dict[str, Any], held: Held) -> None:
        names = ("agency_id", "registered_on", "due_on", "regime", "version", "stage", "last_hash")
        self.case = replace(
            self.case,
            **{name: opened[name] for name in names},
            holding_id=held.holding_id,
            holder_id=held.agency_id,
            status=Status.REGISTERED,
            running=True,
            extended=False,
            closed=False,
            held=(*self.case.held, held),
        )


def _facts(effects: Effects, holding_id: int | None) -> list[Fact]:
    return [
        Fact.from_json(fact, row["event_hash"].hex())
        for row in effects.ledger
        if row["holding_id"] == holding_id
        for fact in row["facts"]
    ]


def _course(random: Random, life: _Living, day: Day) -> None:
    """Most is answered in time, some late; some goes to another body first, some is withdrawn or ended."""
    fate = random.random()
    if fate < 0.08:
        to = random.choices(day.agencies, day.weights)[0]
        latest = 5 if random.random() < 0.1 else 3
        if not life.act(Act.FORWARD, _later(random, life, 0, latest), 11, Forwarding(to, REASON)):
            return
    elif fate < 0.11:
        life.act(Act.WITHDRAW, _later(random, life, 1, 9), 12, Writing(REASON), CITIZEN)
        return
    elif fate < 0.13:
        ground = Terminating(TerminationGround.NO_ESSENCE, REASON)
        life.act(Act.TERMINATE, _later(random, life, 2, 12), 12, ground)
        return
    elif fate < 0.17:
        until = life.case.due_on + timedelta(days=random.randint(7, 21))
        if life.act(Act.EXTEND, life.case.due_on, 15, Extending(until, REASON)):
            _answer(random, life, -5, 3)
            return
    elif fate < 0.19:
        life.act(Act.SUSPEND, _later(random, life, 2, 6), 10, Suspending(SuspensionGround.MISSING_DATA))
        if not life.act(Act.RESUME, _later(random, life, 10, 30), 16, None):
            return
    _answer(random, life, -14, 6 if random.random() < 0.06 else 0)


def _answer(random: Random, life: _Living, first: int, last: int) -> None:
    """On a working day that lies so many days before or after the due day; the nearer, the more."""
    spread = first + int((last - first + 1) * random.random() ** 0.6)
    calendar = life.directory.calendar
    on = calendar.roll(life.case.due_on + timedelta(days=spread))
    if spread <= 0:
        on = min(on, life.case.due_on)
    outcome, language = _one_of(random, OUTCOMES), life.case.language
    hour = random.choice((10, 12, 16, 17))
    life.act(Act.ANSWER, on, hour, Answering(outcome, TEXT, language, legal_basis="ҚР ӘРПК 76-бап"))


def _later(random: Random, life: _Living, first: int, last: int) -> date:
    return life.directory.calendar.add_working_days(life.case.registered_on, random.randint(first, last))


def _one_of(random: Random, weighted: Mapping[Any, int]) -> Any:
    return random.choices(list(weighted), list(weighted.values()))[0]


def _moment(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), clock.ZONE).astimezone(UTC)


def _case(new: NewAppeal, language: Language) -> Case:
    """As the lock would read it."""
    facts = tuple(Fact.from_json(fact, new.event_hash.hex()) for fact in orjson.loads(new.facts))
    return Case(
        holding_id=1,
        appeal_id=new.appeal_id,
        part=0,
        agency_id=new.agency_id,
        holder_id=new.agency_id,
        registered_on=new.registered_on,
        due_on=new.due_on,
        regime=new.regime,
        status=Status.REGISTERED,
        version=1,
        channel=new.channel,
        kind=new.kind,
        topic=new.topic,
        region=new.region,
        applicant_type=new.applicant_type,
        assignee_id=None,
        lease_until=None,
        running=True,
        closed=False,
        last_hash=new.event_hash,
        language=language,
        first_received_at=new.received_at,
        proposed=None,
        proposed_hash=None,
        rated=False,
        erased=False,
        stage=None,
        on_control=False,
        extended=False,
        wait_until=None,
        warned=0,
        last_part=0,
        held=(Held(1, new.agency_id, new.registered_on, facts),),
        complaint=None,
    )

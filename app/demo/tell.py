"""From lives to commands: who acts on which part, and what the service itself said meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from app.appeals import numbers
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Deciding, Forwarding, Payload, Splitting, Watched, Writing
from app.appeals.lifecycle import Act
from app.casework.intents import REOPENS
from app.core import clock
from app.core.i18n import t
from app.deadlines import facts
from app.deadlines.ledger import compute
from app.deadlines.term import Term
from app.deadlines.watch import passed_on, warnings
from app.demo.payloads import Told, payload
from app.demo.plan import SYSTEM, Life, Step, moment
from app.demo.texts import Letter, Texts
from app.directory.registry import Directory
from app.intake.submission import Registration
from app.notices.models import Audience

CONTROLLER = "controller@administration"
# The hour at which the service warns, and that at which it finds a term to be over.
WARNS, FINDS = 8.0, 0.1


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an appeal: with whom it is now, and what it is about."""

    agency: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Teller:
    """`accounts`: ids by login."""

    directory: Directory
    texts: Texts
    accounts: Mapping[str, int]

    def commands(self, life: Life, now: Registration, before: Registration | None) -> list[Command]:
        """In order of time. `now`: as the life was registered; `before`: as what it follows was."""
        acts = self._acts(life, now, before)
        watched = self._watched(life, now) if life.watched else ()
        return sorted((*acts, *watched), key=lambda command: command.at)

    def _acts(self, life: Life, now: Registration, before: Registration | None) -> Iterator[Command]:
        parts = {0: Part(now.decision.agency, life.letter)}
        rng = Random(f"acts {life.key}")
        for step in life.steps:
            part = parts[step.part]
            said = payload(self._told(life, step, part, now, before, rng))
            command = self._command(step, part, now.appeal_id, said)
            yield command
            if isinstance(said, Deciding) and said.outcome in REOPENS and before is not None:
                yield self._reopening(life, command, now, before)
            parts |= self._moved(step, part, said)

    def _told(
        self, life: Life, step: Step, part: Part, now: Registration, before: Registration | None, rng: Random
    ) -> Told:
        return Told(
            step=step,
            letter=part.letter,
            operator=self.accounts[f"operator@{part.agency}"],
            on=clock.civil_day(life.submission.received_at),
            region=life.submission.region,
            other=before.number if before else "",
            reviewer=now.complaint.agency if now.complaint else "",
            directory=self.directory,
            texts=self.texts,
            rng=rng,
        )

    def _command(self, step: Step, part: Part, appeal_id: int, said: Payload) -> Command:
        own = {"operator", "head"}
        agencies = frozenset({self.directory.agency(part.agency).id}) if step.by in own else None
        actor = self._actor(step, part.agency)
        return Command(step.act, appeal_id, actor, step.at, step.part, agencies, payload=said)

    def _actor(self, step: Step, agency: str) -> Actor:
        if not step.by:
            return Actor(ActorKind.CITIZEN)
        if step.by == SYSTEM:
            return Actor(ActorKind.SYSTEM)
        login = CONTROLLER if step.by == "controller" else f"{step.by}@{agency}"
        return Actor(ActorKind.STAFF, self.accounts[login], decides_alone=step.by == "head")

    def _reopening(self, life: Life, decided: Command, now: Registration, before: Registration) -> Command:
        """What a decision brings with it, in the words that casework has for it."""
        number = numbers.parse(now.number).display()
        why = t("reason.reopened_by_complaint", life.letter.language, number=number)
        return Command(Act.REOPEN, before.appeal_id, decided.actor, decided.at, payload=Writing(why))

    def _moved(self, step: Step, part: Part, said: Payload) -> dict[int, Part]:
        if isinstance(said, Forwarding):
            return {step.part: replace(part, agency=said.to)}
        if isinstance(said, Splitting):
            pieces = part.letter.pieces[-len(said.parts) :]
            sent = zip(said.parts, pieces, strict=True)
            return {n: Part(to, part.letter.about(piece)) for n, ((to, _), piece) in enumerate(sent, start=1)}
        return {}

    def _watched(self, life: Life, now: Registration) -> Iterable[Command]:
        """What the worker would have said about the first term; where that was moved or over, it says nothing
        when it is asked."""
        term, received_at = self._first_term(life, now), life.submission.received_at
        agency = self.directory.agency(now.decision.agency)
        set_there = {Audience.OPERATOR: agency.warn_operator, Audience.HEAD: agency.warn_head}
        distances = {role.value: days for role, days in set_there.items() if days is not None}
        said = [
            (moment(warning.on, WARNS), Watched(term.due_on, warning.to, warning.days))
            for warning in warnings(term, self.directory.calendar, distances)
        ]
        said.append((moment(passed_on(term), FINDS), Watched(term.due_on, passed=True)))
        system = Actor(ActorKind.SYSTEM)
        for at, watched in said:
            # What is due within the warning's distance is warned of at once.
            at = max(at, received_at + timedelta(minutes=15))
            if at <= clock.now():
                yield Command(Act.WARN, now.appeal_id, system, at, payload=watched)

    def _first_term(self, life: Life, now: Registration) -> Term:
        said, agency = life.submission, self.directory.agency(now.decision.agency)
        opening = facts.opened(
            said.kind,
            said.received_at,
            agency.hours,
            self.directory.calendar,
            by=said.actor_kind,
            stage=now.complaint.stage if now.complaint else None,
        )
        return compute((opening,), self.directory.calendar)

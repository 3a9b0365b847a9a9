"""Loading the demo: every appeal goes through `register`, every answer through `act`, at its own moment.

A chunk is one transaction: after a kill the next start goes on with the first chunk that is not there. The
figures of contract and letter come out because that much really happened; no counter is written here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from random import Random

import asyncpg

from app.appeals.codes import ActorKind
from app.appeals.commands import (
    Actor,
    Answering,
    Command,
    Done,
    Forwarding,
    Leasing,
    Payload,
    Rating,
    Writing,
)
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core import clock
from app.core.db import Database
from app.core.errors import AppError
from app.demo import living, published
from app.demo.accounts import Keys, ensure_clients, ensure_people
from app.demo.plan import Life, Step
from app.demo.texts import Letter, Texts, outcomes_for
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.register import register
from app.intake.submission import Registration
from app.settings import Settings
from app.staff import repository

CHUNK = 500
LEASE = timedelta(minutes=30)

Progress = Callable[[int, int], None]


async def load_demo(db: Database, settings: Settings, progress: Progress) -> Keys:
    """People, programs, the published half-year and the last weeks; what is there already stays as it is.

    `progress(done, all)` is called as appeals are loaded.
    """
    directory, texts = await snapshot.refresh(db), Texts.load()
    password = await ensure_people(db, directory, texts, settings)
    clients = await ensure_clients(db, directory, settings)
    loader = _Loader(db, directory, texts, progress)
    await loader.run()
    return Keys(password, clients)


class _Loader:
    def __init__(self, db: Database, directory: Directory, texts: Texts, progress: Progress) -> None:
        self.db = db
        self.directory = directory
        self.texts = texts
        self.progress = progress
        self.total = sum(group.received for group in published.PUBLISHED) + living.COUNT
        self.done = 0
        self.rng = Random("acts")
        self.accounts: dict[str, int] = {}

    async def run(self) -> None:
        async with self.db.read() as connection:
            loaded = {row["stage"] for row in await connection.fetch("SELECT stage FROM demo_load")}
            self.accounts = await repository.ids_by_login(connection)
        for stage, lives in self._stages():
            if stage not in loaded:
                await self._stage(stage, lives)
        await self._mark("complete")

    def _stages(self) -> Iterator[tuple[str, Iterator[Life]]]:
        calendar = self.directory.calendar
        yield (
            "published",
            (life for group in published.PUBLISHED for life in published.lives(group, self.texts, calendar)),
        )
        yield "living", living.lives(self.texts, self.directory, clock.now())

    async def _stage(self, stage: str, lives: Iterator[Life]) -> None:
        while chunk := list(islice(lives, CHUNK)):
            async with self.db.transaction() as connection:
                await self._live(connection, chunk)
            self.done += len(chunk)
            self.progress(self.done, self.total)
        await self._mark(stage)

    async def _mark(self, stage: str) -> None:
        async with self.db.transaction() as connection:
            await connection.execute(
                "INSERT INTO demo_load VALUES ($1, $2) ON CONFLICT DO NOTHING", stage, clock.now()
            )

    async def _live(self, connection: asyncpg.Connection, lives: Sequence[Life]) -> None:
        """Register them all, then carry out their acts; a chunk that is there already is passed over."""
        found = await register(connection, [life.submission for life in lives], self.directory)
        registered = [_registered(one) for one in found]
        commands = [
            command
            for life, registration in zip(lives, registered, strict=True)
            if registration.created
            for command in self._commands(life, registration)
        ]
        for done in await act(connection, commands, self.directory):
            _done(done)

    def _commands(self, life: Life, registration: Registration) -> Iterable[Command]:
        agency = registration.decision.agency
        for step in life.steps:
            if step.act is Act.FORWARD and step.to == agency:
                return
            yield Command(
                act=step.act,
                appeal_id=registration.appeal_id,
                actor=self._actor(step, agency),
                at=step.at,
                payload=self._payload(step, life, agency),
            )
            agency = step.to or agency

    def _account(self, step: Step, agency: str) -> int:
        return self.accounts[f"{step.by}@{agency}"]

    def _actor(self, step: Step, agency: str) -> Actor:
        if not step.by:
            return Actor(ActorKind.CITIZEN)
        return Actor(ActorKind.STAFF, self._account(step, agency), decides_alone=step.by == "head")

    def _payload(self, step: Step, life: Life, agency: str) -> Payload:
        letter, texts = life.letter, self.texts
        match step.act:
            case Act.CLAIM:
                return Leasing(self._account(step, agency), step.at + LEASE)
            case Act.ANSWER:
                return self._answering(letter)
            case Act.FORWARD:
                return Forwarding(step.to, texts.forward_reason(letter.language, self.rng))
            case Act.RATE:
                return Rating(step.score, step.score > 3)
            case Act.SEND_BACK:
                return Writing(texts.send_back_reason(letter.language, self.rng))
            case Act.WITHDRAW:
                return None
            case _:
                return Writing(texts.note(letter.language, self.rng))

    def _answering(self, letter: Letter) -> Answering:
        fitting = outcomes_for(letter.kind)
        outcome = self.rng.choices(fitting, range(len(fitting), 0, -1))[0]
        said = self.texts.answer(outcome, letter.language, letter.theme, self.rng, subject=letter.subject)
        return Answering(outcome, said.text, letter.language, said.legal_basis)


def _registered(one: Registration | AppError) -> Registration:
    if isinstance(one, AppError):
        raise one
    return one


def _done(one: Done | AppError) -> None:
    if isinstance(one, AppError):
        raise one

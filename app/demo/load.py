"""Loading the demo: every appeal goes through `register`, every act through `act`, at its own moment.

A chunk is one transaction: after a kill the next start goes on with the first chunk that is not there. The
figures of contract and letter come out because that much really happened; no counter is written here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice, zip_longest

import asyncpg

from app.appeals import drafts, numbers
from app.appeals.commands import Answering, Command, Done
from app.appeals.drafts import Draft
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core import clock
from app.core.db import Database
from app.core.errors import AppError
from app.demo import answers, calls, letters, living, published, receptions
from app.demo.accounts import Keys, ensure_clients, ensure_people
from app.demo.plan import Life
from app.demo.stages import begins
from app.demo.tell import Teller
from app.demo.texts import Texts
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.blogs import posts
from app.intake.register import register
from app.intake.submission import Registration, Submission
from app.oversight.index.closing import close_now
from app.questions import seed as questions
from app.settings import Settings
from app.staff import repository

CHUNK = 500

Progress = Callable[[int, int], None]


async def load_demo(db: Database, settings: Settings, progress: Progress) -> Keys:
    """People, programs, the published half-year and the last weeks; what is there already stays as it is.

    `progress(done, all)` is called as appeals are loaded.
    """
    directory, texts = await snapshot.refresh(db), Texts.load()
    password = await ensure_people(db, directory, texts, settings)
    clients = await ensure_clients(db, directory, settings)
    loader = await _Loader.on(db, directory, texts, progress)
    await loader.run()
    await questions.load(db, directory)
    await close_now(db)
    return Keys(password, clients)


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    lives: Sequence[Life] | Iterator[Life]
    size: int


class _Loader:
    def __init__(self, db: Database, directory: Directory, teller: Teller, progress: Progress) -> None:
        self.db = db
        self.directory = directory
        self.teller = teller
        self.progress = progress
        self.done = 0
        self.registered: dict[str, Registration] = {}

    @classmethod
    async def on(cls, db: Database, directory: Directory, texts: Texts, progress: Progress) -> "_Loader":
        async with db.read() as connection:
            accounts = await repository.ids_by_login(connection)
        return cls(db, directory, Teller(directory, texts, accounts), progress)

    async def run(self) -> None:
        async with self.db.read() as connection:
            loaded = {row["stage"] for row in await connection.fetch("SELECT stage FROM demo_load")}
        stages = self._stages()
        total = sum(stage.size for stage in stages)
        for stage in stages:
            if stage.name not in loaded:
                await self._stage(stage, total)
        await calls.load(self.db, self.directory)
        await receptions.load(self.db, self.directory, self.teller.texts)
        await answers.load(self.db)
        await letters.load(self.db)
        await self._mark("complete")

    def _stages(self) -> Sequence[_Stage]:
        texts, directory, groups = self.teller.texts, self.directory, published.PUBLISHED
        half_year = (life for group in groups for life in published.lives(group, texts, directory.calendar))
        weeks = list(living.lives(texts, directory, clock.now()))
        return (
            _Stage("published", half_year, sum(group.received for group in groups)),
            _Stage("living", weeks, len(weeks)),
        )

    async def _stage(self, stage: _Stage, total: int) -> None:
        lives = iter(stage.lives)
        while chunk := list(islice(lives, CHUNK)):
            async with self.db.transaction() as connection:
                # What follows upon another appeal comes when that has been lived.
                await self._live(connection, [life for life in chunk if not life.follows])
                await self._live(connection, [life for life in chunk if life.follows])
            self.done += len(chunk)
            self.progress(self.done, total)
        await self._mark(stage.name)

    async def _mark(self, stage: str) -> None:
        async with self.db.transaction() as connection:
            await begins(connection, stage, clock.now())

    async def _live(self, connection: asyncpg.Connection, lives: Sequence[Life]) -> None:
        """Register them all, then carry out their acts; a chunk that is there already is passed over."""
        found = await register(connection, [self._submission(life) for life in lives], self.directory)
        lived: list[list[Command]] = []
        for life, answer in zip(lives, found, strict=True):
            registration = self.registered[life.key] = _registered(answer)
            if registration.created:
                before = self.registered.get(life.follows)
                lived.append(self.teller.commands(life, registration, before))
        for step in zip_longest(*lived):
            await self._act(connection, [command for command in step if command])

    def _submission(self, life: Life) -> Submission:
        if not life.complains:
            return self._on_a_blog(life)
        about = numbers.parse(self.registered[life.follows].number)
        return replace(life.submission, complaint_about=about)

    def _on_a_blog(self, life: Life) -> Submission:
        """What a blog platform brings is written on the blog of whoever it is for; the authors of the last
        weeks let it be published."""
        said = life.submission
        if said.channel != posts.CHANNEL:
            return said
        on = clock.civil_day(said.received_at)
        competent = self.directory.competent(said.topic or "", said.region, on)
        code = said.addressee or (competent.code if competent else "")
        if not self.directory.has_blog(code):
            return said
        return replace(said, blog=code, addressee=None, listed=life.watched)

    async def _act(self, connection: asyncpg.Connection, commands: Sequence[Command]) -> None:
        await _draft(connection, [command for command in commands if command.act is Act.DRAFT])
        acts = [command for command in commands if command.act is not Act.DRAFT]
        for done in await act(connection, acts, self.directory):
            _done(done)


async def _draft(connection: asyncpg.Connection, commands: Iterable[Command]) -> None:
    """Drafts stand beside the record: they are saved, not acted out."""
    for command in commands:
        said, author = command.payload, command.actor.id
        assert isinstance(said, Answering)
        assert author is not None
        holding = await connection.fetchval(
            "SELECT max(id) FROM holding WHERE appeal_id = $1 AND part = $2", command.appeal_id, command.part
        )
        changes = asdict(Draft(said.text, said.outcome, said.language, said.legal_basis))
        await drafts.save(connection, [holding], author, changes, seen=None, now=command.at)


def _registered(one: Registration | AppError) -> Registration:
    if isinstance(one, AppError):
        raise one
    return one


def _done(one: Done | AppError) -> None:
    if isinstance(one, AppError):
        raise one

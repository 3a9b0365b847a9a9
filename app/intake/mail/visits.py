"""Visiting mailboxes: each one that is due, some at a time, shared among all workers by leases.

Of each e-mail what it became is committed first; then the server is told, and then how far the mailbox is
read. Broken off anywhere, the same e-mails are seen again and are what they were before.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from app.attachments.errors import StorageUnavailable
from app.attachments.keeping import Keeper
from app.core import clock
from app.core.cipher import CipherError, cipher
from app.core.db import Database
from app.core.outbound import Allowed
from app.directory import snapshot
from app.intake.gatherer import LOST
from app.intake.mail import message, repository, taking
from app.intake.mail.files import kept
from app.intake.mail.models import MailResult, Marking
from app.intake.mail.server import WIDEST, Access, Box, Head, MailProblem, Mark, State, addresses
from app.intake.mail.taking import Became, Bounced, Found
from app.settings import Settings

log = logging.getLogger("listening_state.mail")

PLACES = 4
LEASE = timedelta(seconds=90)
CHUNK = 20
FIRST_WINDOW = 1_000
# Of an e-mail that is too large so much is read: its headers and, as a rule, its text.
BEGINNING = 256 * 1024
LONGEST_PAUSE = timedelta(minutes=15)
_MARKS = {
    MailResult.REGISTERED: Mark.REGISTERED,
    MailResult.SUPPLEMENT: Mark.REGISTERED,
    MailResult.REFUSED: Mark.REFUSED,
    MailResult.AUTOMATIC: Mark.AUTOMATIC,
    MailResult.BOUNCE: Mark.AUTOMATIC,
}


class Stopped(Exception):
    """The visit ends early: the worker stops, or another one visits the mailbox."""


class Postman:
    """`bounced`: told of notices that came back; it belongs to who sent them."""

    def __init__(self, settings: Settings, bounced: Bounced) -> None:
        self.settings = settings
        self.bounced = bounced
        self.keeper = Keeper.of(settings)
        self.allowed = Allowed.of(settings.outbound_allow)
        self.every = timedelta(seconds=settings.mail_every)
        self.stopping = False
        self._visits: set[asyncio.Task[None]] = set()

    async def round(self, db: Database) -> None:
        """Begin a visit to each mailbox that is due, as far as there is room. They go on when it returns."""
        room = PLACES - len(self._visits)
        if room <= 0:
            return
        async with db.transaction() as connection:
            rows = await repository.lease(connection, clock.now(), LEASE, room)
        for row in rows:
            visit = asyncio.create_task(self.visit(db, row))
            self._visits.add(visit)
            visit.add_done_callback(self._visits.discard)

    async def finish(self) -> None:
        """Each visit ends with the e-mail that it is at."""
        self.stopping = True
        while self._visits:
            await asyncio.wait(self._visits)

    async def until_over(self, db: Database) -> None:
        """A round, and all of it: for a command, or a test."""
        await self.round(db)
        while self._visits:
            await asyncio.wait(self._visits)

    async def visit(self, db: Database, row: asyncpg.Record) -> None:
        """Deal with everything in one leased mailbox; what goes wrong is kept with it and tried again."""
        error = None
        renewing = asyncio.create_task(_renew(db, row))
        try:
            await _Visit(self, db, row).run()
        except Stopped:
            pass
        except MailProblem as problem:
            error = problem.code
        except Exception as problem:
            error = "database" if isinstance(problem, LOST) else "broken"
            log.error("mailbox %s: %s", row["code"], type(problem).__name__)
        finally:
            renewing.cancel()
        await self._finish(db, row, error)

    async def _finish(self, db: Database, row: asyncpg.Record, error: str | None) -> None:
        failures = row["failures"] + 1 if error else 0
        pause = min(self.every * 2 ** min(failures, 10), max(LONGEST_PAUSE, self.every))
        now = clock.now()
        next_at = now if self.stopping else now + pause * random.uniform(0.9, 1.1)
        if error:
            log.warning("mailbox %s: %s, again in %s", row["code"], error, pause)
        with suppress(*LOST):
            async with db.transaction() as connection:
                await repository.finish(connection, row, next_at, failures, error, now)


async def _renew(db: Database, row: asyncpg.Record) -> None:
    """Keep the lease for as long as the visit lasts."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(*LOST):
            async with db.transaction() as connection:
                await repository.renew(connection, row, clock.now() + LEASE)


def access(row: asyncpg.Record) -> Access:
    return Access(
        url=row["url"],
        username=row["username"],
        password=cipher().decrypt(row["password"], "mailbox.password"),
        folder=row["folder"],
        marking=Marking(row["marking"]),
        folders={
            Mark.REGISTERED: row["registered_folder"],
            Mark.REFUSED: row["refused_folder"],
            Mark.AUTOMATIC: row["automatic_folder"],
        },
    )


@dataclass
class _Visit:
    postman: Postman
    db: Database
    row: asyncpg.Record

    async def run(self) -> None:
        try:
            self.access = access(self.row)
        except CipherError:
            raise MailProblem("sealed") from None
        self.box = Box(self.access, self.postman.settings.mail_timeout)
        try:
            at = await addresses(self.access, self.postman.allowed)
            state = await self.box.open(at[0])
            if not state.writable:
                raise MailProblem("read_only")
            await self._read_all(state)
        finally:
            await self.box.close()

    async def _read_all(self, state: State) -> None:
        last, since = self._begin(state)
        if last != self.row["last_uid"] or state.uid_validity != self.row["uid_validity"]:
            await self._advance(state, last)
        width = FIRST_WINDOW
        while last + 1 < state.uid_next:
            until = min(last + width, state.uid_next - 1)
            uids = await self.box.uids(last + 1, until, since and since.date() - clock.days(1))
            for chunk in _chunks(uids):
                await self._deal_with(state, chunk, since)
                await self._advance(state, chunk[-1])
            await self._advance(state, until)
            last, width = until, FIRST_WINDOW if uids else min(2 * width, WIDEST)

    def _begin(self, state: State) -> tuple[int, datetime | None]:
        """Up to where it is read, and since when e-mails count where their ids do not tell it.

        What lay there when the mailbox was added is left alone, unless it was added with `everything`. At the
        first visit, and when the server has given all e-mails new ids, all since then are looked at: what is
        marked is passed over, what was dealt with is known by its key.
        """
        row = self.row
        if row["uid_validity"] == state.uid_validity:
            return row["last_uid"], None
        if row["everything"]:
            return 0, None
        return 0, row["created_at"].replace(microsecond=0)  # servers know whole seconds

    async def _advance(self, state: State, last: int) -> None:
        async with self.db.transaction() as connection:
            mine = await repository.advance(
                connection, self.row, state.uid_validity, last, clock.now() + LEASE
            )
        if not mine:
            raise Stopped

    async def _deal_with(self, state: State, uids: Sequence[int], since: datetime | None) -> None:
        """A chunk: each is committed, then the server is told of all."""
        marks: dict[Mark, list[int]] = defaultdict(list)
        try:
            for head in await self.box.heads(uids):
                if self.postman.stopping:
                    break
                if since and head.received_at and head.received_at < since:
                    continue
                if became := await self._one(state, head):
                    marks[_MARKS[became.first or became.result]].append(head.uid)
        finally:
            await self._mark(marks)
        if self.postman.stopping:
            raise Stopped

    async def _mark(self, marks: Mapping[Mark, Sequence[int]]) -> None:
        """Tell the server of what was dealt with. Raises Stopped where somebody else visits by now: they do.

        Of two who move the same e-mail at once a server may keep two copies."""
        mine = True
        with suppress(*LOST):  # without the database it is marked all the same
            async with self.db.transaction() as connection:
                mine = await repository.renew(connection, self.row, clock.now() + LEASE)
        if not mine:
            raise Stopped
        for mark, marked in marks.items():
            await self.box.mark(marked, mark)

    async def _one(self, state: State, head: Head) -> Became | None:
        """None for an e-mail that somebody took away meanwhile."""
        largest = self.postman.settings.mail_largest
        whole = head.size <= largest
        raw = await self.box.fetch(head.uid, largest if whole else BEGINNING)
        if not raw:
            return None
        read = await asyncio.to_thread(message.read, raw, whole=whole)
        found = Found(self.row, state.uid_validity, head.uid, head.size, head.received_at, read)
        try:
            return await self._take(found)
        except (MailProblem, *LOST):
            raise
        except Exception as error:  # of this one e-mail: it is kept aside, and the next one comes
            log.error("mailbox %s, e-mail %d: %s", self.row["code"], head.uid, type(error).__name__)
            async with self.db.transaction() as connection:
                return await taking.refuse(connection, found, "broken")

    async def _take(self, found: Found) -> Became:
        directory = await snapshot.refresh(self.db)
        found = await self._with_files(found)
        sender = self.postman.settings.mail_from.lower()
        async with self.db.transaction() as connection:
            return await taking.take(connection, found, directory, self.postman.bounced, sender)

    async def _with_files(self, found: Found) -> Found:
        """With its files in the storage. What is known already, or no person wrote, brings none."""
        if not found.read.attachments or found.read.automatic:
            return found
        async with self.db.read() as connection:
            if await taking.is_known(connection, found):
                return found
        try:
            files = await kept(self.db, self.postman.keeper, found.read.attachments)
        except StorageUnavailable as error:
            raise MailProblem("storage") from error
        return replace(found, files=tuple(files))


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(uids), CHUNK):
        yield uids[begin : begin + CHUNK]

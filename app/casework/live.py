"""Tells open pages that something changed. One reader a process asks the database for all of them, once a
second and only while somebody watches; a page that waits holds no connection."""

import asyncio
import logging
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

import asyncpg

from app.casework import changes, presence
from app.casework.changes import Change, Place
from app.casework.presence import Case, Looking, Pair
from app.core import clock, sight
from app.core.db import Database
from app.core.errors import Unavailable

logger = logging.getLogger("listening_state.live")

EVERY_SECONDS = 1.0
MARKED_EVERY_ROUNDS = 15
REMEMBERED = 2000
MOST_WATCHERS = 5000
MOST_TOLD_A_SECOND = 25
LONGEST_ROUND_SECONDS = 20
"""Every page that is told asks again: five hundred that come back together after a restart are told one after
the other, so that what people do meanwhile goes on. Of very many all are told within this round."""


@dataclass(eq=False, slots=True)
class Watcher:
    """A page that is open. `case`: which it shows; None: a queue, of what `agencies` have. `place`: what it
    has seen. `changed` and `here` are what it is to be told next."""

    account_id: int
    agencies: frozenset[int]
    case: Case | None
    place: Place
    changed: bool = False
    here: tuple[Looking, ...] | None = None
    told: tuple[Looking, ...] = ()
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def see(self, change: Change) -> None:
        mine = change.case == self.case if self.case else bool(change.agencies & self.agencies)
        if mine and change.place > self.place:
            self.changed = True
            self.wake.set()

    def see_all(self, looking: list[Looking]) -> None:
        others = tuple(one for one in looking if one.account_id != self.account_id)
        if others != self.told:
            self.here = self.told = others
            self.wake.set()


class Live:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._watchers: set[Watcher] = set()
        self._place: Place | None = None
        self._since: Place | None = None
        self._remembered: deque[Change] = deque(maxlen=REMEMBERED)
        self._marked: set[Pair] = set()
        self._rounds = 0
        self._reading: asyncio.Task[None] | None = None
        self._next_turn = 0.0
        self._over = asyncio.Event()

    @property
    def closed(self) -> bool:
        return self._over.is_set()

    async def turn(self) -> None:
        """Until it is the caller's turn to tell its page, or until all is over."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_turn)
        self._next_turn = at + min(
            1 / MOST_TOLD_A_SECOND, LONGEST_ROUND_SECONDS / max(1, len(self._watchers))
        )
        await self.rest(at - now)

    async def rest(self, seconds: float) -> None:
        """So long, or until all is over: nobody who ends waits for a stream that pauses."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def room(self) -> None:
        """Raises Unavailable when too many pages are open in this process."""
        if self.closed or len(self._watchers) >= MOST_WATCHERS:
            raise Unavailable

    @contextmanager
    def watch(self, watcher: Watcher) -> Iterator[None]:
        self._watchers.add(watcher)
        self._catch_up(watcher)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    @property
    def place(self) -> Place | None:
        """What has been told of; None before the first look."""
        return self._place

    def _catch_up(self, watcher: Watcher) -> None:
        """What it has missed; when that is more than is remembered, that there may be something. Before the
        first look nothing: that one is for all who are there."""
        if self._since is None:
            return
        if watcher.place < self._since:
            watcher.changed = True
            watcher.wake.set()
            return
        for change in self._remembered:
            watcher.see(change)

    async def _read(self) -> None:
        """Until nobody watches, and once more, to forget who looked. For all of them at once: who is told of
        what is decided by `Watcher`."""
        sight.limit_to(sight.EVERYTHING)
        while True:
            idle = not self._watchers
            try:
                await self._round()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("live: the database did not answer (%s)", type(error).__name__)
            if idle:
                break
            await asyncio.sleep(EVERY_SECONDS)
        if self._watchers and not self.closed:  # somebody came during the last round
            self._reading = asyncio.create_task(self._read())
        else:
            self._place = self._since = None
            self._remembered.clear()

    async def _round(self) -> None:
        async with self._db.read() as connection:
            await self._changes(connection)
        pairs = {(one.case, one.account_id) for one in self._watchers if one.case}
        if pairs != self._marked or (pairs and self._rounds % MARKED_EVERY_ROUNDS == 0):
            async with self._db.transaction() as connection:
                await presence.keep(connection, sorted(pairs), sorted(self._marked - pairs), clock.now())
            self._marked = pairs
        if pairs and self._rounds % 2 == 0:
            async with self._db.read() as connection:
                await self._looking(connection)
        self._rounds += 1

    async def _changes(self, connection: asyncpg.Connection) -> None:
        if self._place is None:
            await self._first_look(connection)
            return
        found = await changes.since(connection, self._place)
        for change in found:
            if len(self._remembered) == REMEMBERED:
                self._since = self._remembered[0].place
            self._remembered.append(change)
            for watcher in self._watchers:
                watcher.see(change)
        if found:
            self._place = found[-1].place

    async def _first_look(self, connection: asyncpg.Connection) -> None:
        """The last changes that there were, so that of the pages that come from another process, or from
        before a restart, only those are told that missed something."""
        since = await changes.before_the_last(connection)
        found = await changes.since(connection, since)
        self._remembered.extend(found)
        self._since, self._place = since, found[-1].place if found else since
        for watcher in self._watchers:
            self._catch_up(watcher)

    async def _looking(self, connection: asyncpg.Connection) -> None:
        watched = {one.case for one in self._watchers if one.case}
        here = await presence.looking(connection, sorted(watched), clock.now())
        for watcher in self._watchers:
            if watcher.case and watcher.case in here:
                watcher.see_all(here[watcher.case])

    def let_go(self) -> None:
        """Every page; each comes again to another process, or to this one when it is back."""
        self._over.set()
        for watcher in self._watchers:
            watcher.wake.set()

    async def close(self) -> None:
        self.let_go()
        if self._reading:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    @contextmanager
    def let_go_at_the_end(self) -> Iterator[None]:
        """The server waits for open answers before it ends: the streams end as soon as it is asked to."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
        if not callable(before):
            yield
            return

        def ended(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.let_go)
            before(number, frame)

        signal.signal(signal.SIGTERM, ended)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

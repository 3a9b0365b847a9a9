"""Replicas: servers that follow the primary, and how far each has come.

Both sides are asked in the background, once a second: where the primary's log ends, and how much of it a
replica has replayed. What had been confirmed by the moment at which the primary was asked is on each replica
that has come that far; so whoever reads compares two numbers, and pays no round trip.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Self
from urllib.parse import parse_qs, urlsplit

import asyncpg

from app.core import clock, metrics
from app.core.db import Database, DatabaseProblem, DatabaseUrls, Login
from app.core.hosts import EACH_WITHIN, ELSEWHERE, Hosts, each_host

log = logging.getLogger("listening_state")

MAX_LAG = 5.0
"""Seconds: what was confirmed longer ago is in every figure, as long as the primary says where it is."""
EVERY = 1.0
WITHIN = 2.0
"""Seconds between two looks, and those that a server has for its answer to one."""

STANDBY = "standby"
_WHERE_THE_LOG_ENDS = """
SELECT system_identifier AS cluster, (pg_current_wal_lsn() - '0/0')::int8 AS place FROM pg_control_system()
"""
_HOW_FAR_IT_IS = """
SELECT system_identifier AS cluster, pg_is_in_recovery() AS follows,
       (pg_last_wal_replay_lsn() - '0/0')::int8 AS place
FROM pg_control_system()
"""


class State(StrEnum):
    """Of a replica. Only one that is FRESH is read from."""

    FRESH = "fresh"
    BEHIND = "behind"
    AWAY = "away"
    PROMOTED = "promoted"
    STRANGE = "strange"
    """It follows another cluster than ours."""


@dataclass(frozen=True, slots=True)
class Mark:
    """All that was confirmed by a moment lies before a place in the log. `at` is that moment for people,
    `taken` the same by the clock that never jumps, in seconds."""

    at: datetime
    taken: float
    cluster: int
    place: int

    @property
    def age(self) -> float:
        return monotonic() - self.taken


class _Asked:
    """A connection to one server that is asked the same again and again."""

    def __init__(self, hosts: Hosts, question: str, **settings: str) -> None:
        self._hosts = hosts
        self._question = question
        self._settings = settings
        self._connection: asyncpg.Connection | None = None

    async def ask(self) -> asyncpg.Record:
        """Raises what `Hosts.connect` raises, and what the server says."""
        try:
            async with asyncio.timeout(WITHIN):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._hosts.connect(server_settings=self._settings)
                (found,) = await self._connection.fetch(self._question)
                return found
        except BaseException:
            self.let_go()
            raise

    def let_go(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


class Replica:
    """One server. `name`: its host and port, for whoever looks after it."""

    def __init__(self, name: str, db: Database, hosts: Hosts) -> None:
        self.name = name
        self.db = db
        self.state = State.AWAY
        self.as_of: Mark | None = None
        self._reached = monotonic()
        # As whom it will be read: one that does not let us in so is away.
        self._asked = _Asked(hosts, _HOW_FAR_IT_IS, role=Login.WEB.role)

    @classmethod
    async def open(cls, url: str, *, pool_size: int) -> Self:
        """`url`: of one host. It need not answer yet."""
        db = await Database.open(DatabaseUrls.of(url), Login.WEB, pool_size=pool_size, standby=True)
        return cls(_name(url), db, Hosts(url, within=EACH_WITHIN))

    async def look(self, marks: Sequence[Mark]) -> None:
        """Ask it how far it is, and compare with where the primary was."""
        try:
            row = await self._asked.ask()
        except asyncpg.TargetServerAttributeNotMatched:
            self._become(State.PROMOTED)
        except ELSEWHERE as error:
            self.lost(error)
        else:
            self.follow(row, marks)
        metrics.REPLICA_FRESH.labels(self.name).set(self.state is State.FRESH)
        self._reached = self.as_of.taken if self.as_of else self._reached
        metrics.REPLICA_AGE.labels(self.name).set(monotonic() - self._reached)

    def follow(self, row: asyncpg.Record, marks: Sequence[Mark]) -> None:
        """Take in what it said, beside what the primary said before, the newest last."""
        known = [mark for mark in marks if mark.cluster == row["cluster"]]
        if not row["follows"]:
            self._become(State.PROMOTED)
        elif marks and not known:
            self._become(State.STRANGE)
        else:
            reached = [mark for mark in known if mark.place <= row["place"]]
            self.as_of = reached[-1] if reached else self.as_of
            latest = bool(known) and self.as_of is known[-1]
            self._become(State.FRESH if latest or self._is_recent() else State.BEHIND)

    def _is_recent(self) -> bool:
        return self.as_of is not None and self.as_of.age <= MAX_LAG

    def usable(self, last: Mark | None) -> bool:
        """Whether it has what it must have. `last`: what the primary said last, of one that says no more."""
        if self.state is not State.FRESH or self.as_of is None:
            return False
        return self.as_of is last or self._is_recent()

    def lost(self, error: Exception) -> None:
        """It does not answer: nothing is asked of it until it has been looked at again."""
        self._become(State.AWAY, type(error).__name__)

    def _become(self, state: State, why: str = "") -> None:
        if state in {State.AWAY, State.PROMOTED, State.STRANGE}:
            self.as_of = None
        if state is self.state:
            return
        self.state = state
        said = "figures are read from it" if state is State.FRESH else "figures are read from another server"
        level = logging.INFO if state is State.FRESH else logging.WARNING
        log.log(level, "replica %s is %s%s: %s", self.name, state, f" ({why})" if why else "", said)

    async def close(self) -> None:
        self._asked.let_go()
        await self.db.close()


def _name(url: str) -> str:
    query = parse_qs(urlsplit(url).query)
    return ":".join(query[part][0] for part in ("host", "port") if part in query) or "local"


class Replicas:
    """All that the address names, in its order: the first one that has come far enough is read from."""

    def __init__(self, primary: Hosts, replicas: Iterable[Replica]) -> None:
        self._all = tuple(replicas)
        self._asked = _Asked(primary, _WHERE_THE_LOG_ENDS)
        # One older than MAX_LAG says nothing more.
        self._marks: deque[Mark] = deque(maxlen=2 + round(MAX_LAG / EVERY))
        self._silent = False

    @classmethod
    async def open(cls, url: str, urls: DatabaseUrls, *, pool_size: int) -> Self:
        """Raises DatabaseProblem for an address that is none."""
        try:
            hosts = each_host(DatabaseUrls.of(url).owner, STANDBY)
            replicas = [await Replica.open(one, pool_size=pool_size) for one in hosts]
        except ValueError as error:
            raise DatabaseProblem("LS_REPLICA_URL is no address") from error
        return cls(Hosts(urls.door(Login.WEB)[0], within=EACH_WITHIN), replicas)

    def usable(self) -> Replica | None:
        """While the primary says nothing, what it said last is what a replica must have."""
        last = self._marks[-1] if self._silent and self._marks else None
        return next((one for one in self._all if one.usable(last)), None)

    async def look(self) -> None:
        """Ask all servers at once. A mark is older than what the replicas say, never younger."""
        await asyncio.gather(self._mark(), *(one.look(tuple(self._marks)) for one in self._all))

    async def _mark(self) -> None:
        at, taken = clock.now(), monotonic()
        try:
            row = await self._asked.ask()
        except ELSEWHERE as error:
            if not self._silent:
                log.warning("replicas: the primary does not answer (%s)", type(error).__name__)
            self._silent = True
            return
        self._silent = False
        self._marks.append(Mark(at, taken, row["cluster"], row["place"]))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While the block runs they are looked at."""
        await self._mark()  # so that there is something to compare with
        await self.look()
        looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except Exception:
                log.exception("replicas: a look failed")  # they grow old, and the primary answers

    async def close(self) -> None:
        self._asked.let_go()
        for one in self._all:
            await one.close()

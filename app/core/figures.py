"""The door for what only reads figures: a replica where one has come far enough, else the primary.

A route says by its kind that it may be answered from a replica (`core/edge.FiguresRead` and its neighbours).
A reading that a replica breaks off is done once more, by the primary, as if nothing had been.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import asyncpg
from starlette.types import Message, Receive, Scope, Send

from app.core import metrics
from app.core.around import Around
from app.core.db import Database, DatabaseUrls
from app.core.hosts import ELSEWHERE
from app.core.pool import AllInUse
from app.core.replica import Replica, Replicas

log = logging.getLogger("listening_state")

AS_OF = "X-As-Of"
"""Says of an answer from a replica until when all that was confirmed is in it."""

# What a replica says and the primary may not. It ended, or:
_ENDED = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
# what it replays took away what was being read, it has not replayed a migration yet, it was to write.
_HINDERED = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.ReadOnlySQLTransactionError,
)

_READS = frozenset({"GET", "HEAD"})

Way = Callable[[Database], AbstractAsyncContextManager[asyncpg.Connection]]


@dataclass(slots=True)
class _Reading:
    """What a request has had of replicas. `by_primary`: none is asked any more."""

    by_primary: bool = False
    as_of: datetime | None = None
    broken_off: bool = False


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


@contextmanager
def _noted(reading: _Reading) -> Iterator[None]:
    before = _reading.set(reading)
    try:
        yield
    finally:
        _reading.reset(before)


class Figures(Database):
    """Reads from a replica or the primary; writes, if anybody asks for that, on the primary."""

    def __init__(self, primary: Database, replicas: Replicas) -> None:
        super().__init__(primary._pool, primary.urls, limited=primary.limited)
        self.replicas = replicas

    @classmethod
    async def beside(cls, primary: Database, url: str, *, pool_size: int) -> Self:
        """With the replicas that the address names. Raises DatabaseProblem when it is no address."""
        return cls(primary, await Replicas.open(url, primary.urls or DatabaseUrls(""), pool_size=pool_size))

    async def close(self) -> None:
        """The replicas alone: the primary is another's."""
        await self.replicas.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[asyncpg.Connection]:
        """As `Database.read`."""
        async with self._either(Database.read) as connection:
            yield connection

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[asyncpg.Connection]:
        """As `Database.moment`."""
        async with self._either(Database.moment) as connection:
            yield connection

    @asynccontextmanager
    async def _either(self, way: Way) -> AsyncIterator[asyncpg.Connection]:
        async with AsyncExitStack() as held:
            connection = await self._of_a_replica(held, way)
            if connection is None:
                metrics.FIGURES_READ.labels("primary").inc()
                connection = await held.enter_async_context(way(self))
            yield connection

    async def _of_a_replica(self, held: AsyncExitStack, way: Way) -> asyncpg.Connection | None:
        """None when there is none to ask. Raises AllInUse: the primary is not to carry what they cannot."""
        reading = _reading.get() or _Reading()
        replica = None if reading.by_primary else self.replicas.usable()
        if replica is None:
            return None
        try:
            return await held.enter_async_context(_from(replica, way, reading))
        except AllInUse:
            raise
        except ELSEWHERE as error:
            replica.lost(error)
            return None


@asynccontextmanager
async def _from(replica: Replica, way: Way, reading: _Reading) -> AsyncIterator[asyncpg.Connection]:
    """Notes what it says, and what becomes of it."""
    assert replica.as_of
    as_of, begun = replica.as_of.at, False
    try:
        async with way(replica.db) as connection:
            metrics.FIGURES_READ.labels("replica").inc()
            reading.as_of, begun = min(as_of, reading.as_of or as_of), True
            yield connection
    except asyncpg.QueryCanceledError:
        raise  # it took too long: the primary would take as long
    except _ENDED as error:
        reading.broken_off = begun
        replica.lost(error)
        raise
    except _HINDERED:
        reading.broken_off = begun
        raise


class AskedAgain(Around):
    """Says how old an answer from a replica is; of one that a replica broke off has the primary make another.

    Only of what is read, and only before anything has gone out.
    """

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _READS or not _has_replicas(scope):
            await self.app(scope, receive, send)
            return
        answer = _Answer(_Reading(), send)
        try:
            with _noted(answer.reading):
                await self.app(scope, receive, answer.send)
        except Exception:
            if answer.begun or not answer.reading.broken_off:
                raise
        if answer.reading.broken_off and not answer.begun:
            log.warning("figures: a replica broke off, the primary is asked again")
            metrics.FIGURES_AGAIN.inc()
            with _noted(_Reading(by_primary=True)):
                await self.app(scope, receive, send)


@dataclass(slots=True)
class _Answer:
    """On its way out; what says that the service failed because a replica broke off does not go out."""

    reading: _Reading
    out: Send
    begun: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = message["status"] < 500 or not self.reading.broken_off
            message = _dated(message, self.reading)
        if self.begun:
            await self.out(message)


def _has_replicas(scope: Scope) -> bool:
    return isinstance(getattr(scope["app"].state, "figures", None), Figures)


def _dated(message: Message, reading: _Reading) -> Message:
    if reading.as_of is None:
        return message
    said = reading.as_of.replace(microsecond=0).isoformat()
    return {**message, "headers": [*message["headers"], (AS_OF.lower().encode(), said.encode())]}

"""Connections that lie ready: what was given back in good order is there for whoever comes next.

asyncpg's pool makes connections, mends them, and closes what is idle or old. To give one back to it and to
take it again costs a web process as much as the statement in between (a task, a future, two timers), and an
act does so twice. So it is asked only by who finds none here. All go back to it once a minute, to be looked
after, and one at once when somebody waits there or when what was done with it raised anything.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

PATIENCE = 10.0
"""Seconds to wait for a connection when all are in use: who waits longer is told to come again."""
LOOKED_AFTER_EVERY = 60.0
"""Seconds that a connection lies here at most before asyncpg's pool has it again."""

Suits = Callable[[asyncpg.Connection], bool]


class AllInUse(TimeoutError):
    """No connection became free in time: the caller is told to come again (503)."""


class Pool:
    """In front of asyncpg's (`beneath`). `keeps`: nothing that is done on these connections is in the way
    of who has them next, so that one may lie here as it was left; else each goes back at once."""

    def __init__(self, beneath: asyncpg.Pool, *, keeps: bool) -> None:
        self.beneath: Any = beneath  # what it lends is a connection to all, though not by its type
        self._keeps = keeps
        self._ready: list[asyncpg.Connection] = []
        self._waiting = 0
        self._next_look: asyncio.TimerHandle | None = None
        self._look: asyncio.Task[None] | None = None

    def acquire(self, suits: Suits | None = None) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """`suits`: which one is rather had, of those that lie ready."""
        return _Use(self, suits)

    async def close(self) -> None:
        self._keeps = False
        await self.let_go()
        await self.beneath.close()

    async def let_go(self) -> None:
        """Give all that lies here back."""
        if self._next_look:
            self._next_look.cancel()
            self._next_look = None
        ready, self._ready = self._ready, []
        for connection in ready:
            await self.beneath.release(connection)

    async def take(self, suits: Suits | None = None) -> asyncpg.Connection:
        """The one that came back last, of those that suit if any do: its server process still has all
        at hand. Raises AllInUse."""
        while self._ready:
            connection = self._ready.pop(self._latest(suits) if suits else -1)
            if _alive(connection):
                return connection
            await self.beneath.release(connection)
        return await self._from_beneath()

    def _latest(self, suits: Suits) -> int:
        places = range(len(self._ready) - 1, -1, -1)
        return next((place for place in places if suits(self._ready[place])), -1)

    async def _from_beneath(self) -> asyncpg.Connection:
        patience = asyncio.timeout(PATIENCE)
        self._waiting += 1
        try:
            async with patience:
                connection: asyncpg.Connection = await self.beneath.acquire()
                return connection
        except TimeoutError as error:
            if patience.expired():
                raise AllInUse from error
            raise
        finally:
            self._waiting -= 1

    async def give(self, connection: asyncpg.Connection, *, in_order: bool) -> None:
        """Back: to lie here, or to asyncpg's pool."""
        wanted = in_order and self._keeps and not self._waiting
        if not wanted or not _alive(connection) or connection.is_in_transaction():
            await self.beneath.release(connection)
            return
        self._ready.append(connection)
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(LOOKED_AFTER_EVERY, self._look_after)

    def _look_after(self) -> None:
        self._look = asyncio.ensure_future(self.let_go())  # held, or it might be collected before its end


def _alive(connection: asyncpg.Connection) -> bool:
    """One that broke asyncpg's pool has taken back by itself, and says so by raising."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


class _Use(AbstractAsyncContextManager[asyncpg.Connection]):
    __slots__ = ("_connection", "_pool", "_suits")

    def __init__(self, pool: Pool, suits: Suits | None) -> None:
        self._pool = pool
        self._suits = suits

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection = await self._pool.take(self._suits)
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        await self._pool.give(self._connection, in_order=kind is None)

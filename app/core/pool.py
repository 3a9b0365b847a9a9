"""Connections that lie ready: what was given back in good order is there for whoever comes next.

asyncpg's pool makes connections, mends them, and closes what is idle or old. To give one back to it and to
take it again costs a web process as much as the statement in between (a task, a future, two timers), and an
act does so four times. So it is asked only by who finds none here. All go back to it once a minute, to be
looked after, and one at once when somebody waits there or when what was done with it raised anything.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

PATIENCE = 10.0
"""Seconds to wait for a connection when all are in use: who waits longer is told to come again."""
LOOKED_AFTER_EVERY = 60.0
"""Seconds that a connection lies here at most before asyncpg's pool has it again."""


class AllInUse(TimeoutError):
    """No connection became free in time: the caller is told to come again (503)."""


class Pool:
    """In front of asyncpg's. `keeps`: nothing outlasts a transaction on these connections, so that one may
    lie here as it was left; else each goes back at once."""

    def __init__(self, beneath: asyncpg.Pool, *, keeps: bool) -> None:
        self._beneath = beneath
        self._keeps = keeps
        self._ready: list[_Taken] = []
        self._waiting = 0
        self._closing = False
        self._next_look: asyncio.TimerHandle | None = None
        self._look: asyncio.Task[None] | None = None

    def acquire(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return _Use(self)

    async def close(self) -> None:
        self._closing = True
        await self.let_go()
        await self._beneath.close()

    async def expire_connections(self) -> None:
        """Each connection is made anew before it is used again."""
        await self.let_go()
        await self._beneath.expire_connections()

    async def let_go(self) -> None:
        """Give all that lies here back."""
        if self._next_look:
            self._next_look.cancel()
            self._next_look = None
        ready, self._ready = self._ready, []
        for taken in ready:
            await taken.let_go()

    async def take(self) -> "_Taken":
        """The one that came back last: its server process still has everything at hand. Raises AllInUse."""
        while self._ready:
            taken = self._ready.pop()
            if taken.alive:
                return taken
            await taken.let_go()
        return await self._from_beneath()

    async def _from_beneath(self) -> "_Taken":
        taken = _Taken(self._beneath.acquire())
        patience = asyncio.timeout(PATIENCE)
        self._waiting += 1
        try:
            async with patience:
                await taken.take()
        except TimeoutError as error:
            if patience.expired():
                raise AllInUse from error
            raise
        finally:
            self._waiting -= 1
        return taken

    async def give(self, taken: "_Taken", *, in_order: bool) -> None:
        """Back: to lie here, or to asyncpg's pool."""
        wanted = self._keeps and not self._waiting and not self._closing
        if not (in_order and wanted and taken.alive) or taken.connection.is_in_transaction():
            await taken.let_go()
            return
        self._ready.append(taken)
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(LOOKED_AFTER_EVERY, self._look_after)

    def _look_after(self) -> None:
        self._look = asyncio.ensure_future(self.let_go())


class _Taken:
    """A connection that asyncpg's pool has lent."""

    __slots__ = ("_lent", "connection")

    connection: asyncpg.Connection

    def __init__(self, lent: Any) -> None:
        self._lent = lent

    async def take(self) -> None:
        self.connection = await self._lent.__aenter__()

    async def let_go(self) -> None:
        await self._lent.__aexit__(None, None, None)

    @property
    def alive(self) -> bool:
        """One that broke asyncpg's pool has taken back by itself."""
        try:
            return not self.connection.is_closed()
        except asyncpg.InterfaceError:
            return False


class _Use(AbstractAsyncContextManager[asyncpg.Connection]):
    __slots__ = ("_pool", "_taken")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> asyncpg.Connection:
        self._taken = await self._pool.take()
        return self._taken.connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        await self._pool.give(self._taken, in_order=kind is None)

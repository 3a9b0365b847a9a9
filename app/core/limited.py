"""The web side's connections: a transaction is told what may be seen in it and how long a statement may take,
or the session is, where there is no transaction (docs/decisions/0022)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.core import patience, sight


class Limited(asyncpg.Connection):
    """Says with each BEGIN, in the same message, what may be seen in the transaction and how long a statement
    may take. A COMMIT that undid everything, because a statement had failed, is no success."""

    __slots__ = ("seeing",)
    seeing: bool
    """Set when the session has been told what it may see, and not only its transactions."""

    async def see(self) -> None:
        """From now on, until something else is said."""
        self.seeing = True
        await super().execute(_bounding("SET"))

    async def see_nothing(self) -> None:
        await super().execute(f"RESET {sight.SETTING}; RESET statement_timeout")
        self.seeing = False

    async def execute(self, query: str, *args: Any, **how: Any) -> str:
        if not args and query.startswith("BEGIN"):
            query = f"{query} {_bounding('SET LOCAL')}"
            if patience.may_read_much():
                query = f"{query}; SET LOCAL plan_cache_mode = auto"
        status = await super().execute(query, *args, **how)
        if status == "ROLLBACK" and query.startswith("COMMIT"):
            raise asyncpg.InFailedSQLTransactionError("a statement failed before, unseen: all was undone")
        return status


def limiting(how: str = "SET LOCAL") -> str:
    """The statement that limits the present transaction to the present sight, which is of letters, digits,
    commas and a colon. SET, which is not planned, takes half of what `SELECT set_config` does."""
    return f"{how} {sight.SETTING} = '{sight.present()}'"


def _bounding(how: str) -> str:
    """To the present sight and the present patience."""
    return f"{limiting(how)}; {how} statement_timeout = {patience.milliseconds()}"


@asynccontextmanager
async def seeing(connection: asyncpg.Connection, more: sight.Sight) -> AsyncIterator[None]:
    """For the block, in a transaction that sees less, as when a case that is not there yet is registered."""
    say = f"SELECT current_setting('{sight.SETTING}', true), set_config('{sight.SETTING}', $1, true)"
    before = await connection.fetchval(say, more)
    yield
    await connection.fetchval(say, before or sight.NOTHING)


def sees(connection: asyncpg.Connection) -> bool:
    """One that is closed has no session to see anything."""
    return getattr(connection, "seeing", False)


def sees_nothing(connection: asyncpg.Connection) -> bool:
    return not sees(connection)

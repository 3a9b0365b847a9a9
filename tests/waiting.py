"""Until another connection stands where a test wants it."""

import asyncio

import asyncpg

SOON = 20
# Of these connections alone: on the test server others wait for other things.
_WAITED_FOR = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""


async def somebody_waits(*holding: asyncpg.Connection) -> None:
    """Until each of these connections has something that another one waits for. Raises TimeoutError."""
    async with asyncio.timeout(SOON):
        for connection in holding:
            while not await connection.fetchval(_WAITED_FOR):
                await connection.execute("SELECT pg_sleep(0.01)")

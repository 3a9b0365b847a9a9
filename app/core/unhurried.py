"""Work that nobody waits for takes half of the time: what is left of a night's work would else take all of a
core from those who do wait, for hours when there is a year of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def unhurried() -> AsyncIterator[None]:
    """After the block, which is one batch of it, rest for as long as it took."""
    begun = time.monotonic()
    yield
    await asyncio.sleep(time.monotonic() - begun)

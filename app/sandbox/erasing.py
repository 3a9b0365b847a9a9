"""Tests are forgotten: whom they name and what they say, 30 days after the last that happened to them."""

import logging

from app.core import clock
from app.core.db import Database

log = logging.getLogger("listening_state.sandbox")

KEPT_DAYS = 30
BATCH = 500


async def erase(db: Database) -> None:
    """In short transactions. What stays is a number with codes and days."""
    done = 0
    while True:
        async with db.transaction() as connection:
            before = clock.now() - clock.days(KEPT_DAYS)
            count: int = await connection.fetchval("SELECT erase_sandbox($1, $2)", before, BATCH)
        done += count
        if count < BATCH:
            break
    if done:
        log.info("sandbox: %d tests erased", done)

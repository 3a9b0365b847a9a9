"""Readings are forgotten when their term is over (retention.toml)."""

from datetime import date

from app.core import clock, keeping
from app.core.db import Database

AT_ONCE = 5000
_FORGET = "SELECT forget_readings($1, $2)"


def kept_from(today: date) -> date:
    """The first civil day whose readings are kept on this one."""
    # Not the same day of the year: the 29th of February has none in most years.
    return date(today.year - keeping.term(__package__, today).years, today.month, 1)


async def forget(db: Database) -> None:
    """Everything that is older, some at a time, each in a transaction of its own."""
    before = kept_from(clock.today())
    while True:
        async with db.transaction() as connection:
            gone = await connection.fetchval(_FORGET, before, AT_ONCE)
        if gone < AT_ONCE:
            return

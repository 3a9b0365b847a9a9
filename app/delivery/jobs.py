"""The worker's jobs about notices: the outbox read by one worker at a time, sending shared by all of them."""

from functools import lru_cache

from app.core.db import Database
from app.delivery import fanout
from app.delivery.deliver import Deliverer
from app.settings import get_settings


@lru_cache(maxsize=1)
def deliverer() -> Deliverer:
    return Deliverer(get_settings())


async def fan_out(db: Database) -> None:
    await fanout.fan_out(db, get_settings())


async def deliver(db: Database) -> None:
    await deliverer().round(db)


async def finish(_db: Database) -> None:
    await deliverer().finish()

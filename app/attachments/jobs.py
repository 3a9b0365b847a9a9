"""The worker's jobs about attachments."""

from functools import lru_cache

from app.attachments import purging, scanning
from app.attachments.fetching import Fetcher
from app.attachments.keeping import Keeper
from app.core.db import Database
from app.settings import get_settings


@lru_cache(maxsize=1)
def keeper() -> Keeper:
    return Keeper.of(get_settings())


async def purge(db: Database) -> None:
    await purging.purge(db, keeper())


async def scan(db: Database) -> None:
    await scanning.scan(db, keeper(), get_settings())


@lru_cache(maxsize=1)
def fetcher() -> Fetcher:
    return Fetcher(keeper(), get_settings())


async def fetch(db: Database) -> None:
    await fetcher().round(db)


async def finish(_db: Database) -> None:
    await fetcher().finish()

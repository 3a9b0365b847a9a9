"""One demo for all tests of it, loaded as on a machine where the loading was killed once."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.core.db import Database, DatabaseUrls
from app.demo.load import load_demo
from app.directory import snapshot
from app.settings import Settings
from tests.support import SECRET, cloned, running


class Stopped(Exception):
    """The loading is killed in the middle."""


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("demo")
    return Settings(secret_key=SECRET, data_dir=folder, demo_password="шырша-2021")


@pytest.fixture(scope="session")
async def demo_urls() -> AsyncIterator[DatabaseUrls]:
    async with cloned("ls_demo_test") as urls:
        yield urls


@pytest.fixture(scope="session")
async def demo(demo_urls: DatabaseUrls, demo_settings: Settings) -> AsyncIterator[Database]:
    """Loaded as on a machine where it was killed once, and started again."""
    db = await Database.open(demo_urls, pool_size=5)
    await snapshot.refresh(db)

    def killed(done: int, _all: int) -> None:
        if done > 3000:
            raise Stopped

    with pytest.raises(Stopped):
        await load_demo(db, demo_settings, killed)
    await load_demo(db, demo_settings, lambda done, all_: None)
    yield db
    await db.close()


# For each test anew: an app that stays open reads its directory again and again, and puts it in the place of
# the one that the tests after these have, of another database.
@pytest.fixture
async def caller(demo: Database, demo_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(demo_settings, demo) as client:
        yield client

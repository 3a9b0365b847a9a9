"""A test key beside the key in earnest of the same source."""

import httpx
import pytest

from app.core.db import Database
from app.directory import snapshot
from app.directory.sandboxes import sandbox_of
from tests.casework.people import Office
from tests.intake.tickets.centre import Centre, open_centre

SOURCE = "109-turkistan"


@pytest.fixture
async def centre(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client, SOURCE)


@pytest.fixture
async def sandbox(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_sandbox(db, client)


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


async def open_sandbox(db: Database, client: httpx.AsyncClient, source: str = SOURCE) -> Centre:
    code = await sandbox_of(db, source)
    assert code is not None
    await snapshot.refresh(db)
    return await open_centre(db, client, code, channels=snapshot.current().source(code).channels)

"""Two call centres over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.intake.tickets.centre import Centre, open_centre


@pytest.fixture
async def centre(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client)


@pytest.fixture
async def other(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client, "109-mangystau")

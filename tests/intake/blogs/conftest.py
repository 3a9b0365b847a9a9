"""A platform over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.intake.blogs.platform import Platform, open_platform


@pytest.fixture
async def platform(db: Database, client: httpx.AsyncClient) -> Platform:
    return await open_platform(db, client)

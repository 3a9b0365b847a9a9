"""The office over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)

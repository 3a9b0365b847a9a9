"""The office over a database of the test's own, with real connections and real commits."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office


@pytest.fixture
def office(real_db: Database, real_client: httpx.AsyncClient) -> Office:
    return Office(real_db, real_client)

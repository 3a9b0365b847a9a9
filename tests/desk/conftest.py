"""Clerks over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.desk.clerks import Clerks


@pytest.fixture
def clerks(db: Database, client: httpx.AsyncClient) -> Clerks:
    return Clerks(db, client, Office(db, client))

"""An applicant over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.intake.appellant import Appellant


@pytest.fixture
def appellant(db: Database, client: httpx.AsyncClient) -> Appellant:
    return Appellant(db, client, Office(db, client))

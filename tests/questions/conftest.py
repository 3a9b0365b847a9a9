"""The FAQ over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.questions.faq import Faq


@pytest.fixture
def faq(db: Database, client: httpx.AsyncClient) -> Faq:
    return Faq(client, Office(db, client))

import httpx
import pytest

from app.core.db import Database
from tests.oversight.desk import Desk


@pytest.fixture
def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    return Desk(db, client)

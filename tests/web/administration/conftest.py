import httpx
import pytest

from app.core.db import Database
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import others  # noqa: F401


@pytest.fixture
def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    return Desk(db, client)

"""An application of another vendor, over a database whose changes are undone after each test."""

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.intake.appellant import Appellant
from tests.intake.open311.vendor import Vendor, make_key


@pytest.fixture
async def vendor(db: Database, client: httpx.AsyncClient) -> Vendor:
    return Vendor(db, client, await make_key(db), Appellant(db, client, Office(db, client)))

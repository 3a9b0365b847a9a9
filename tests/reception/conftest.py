"""A ministry's reception desk, over a database whose changes are undone, and over one with real commits."""

from collections.abc import Iterator
from datetime import datetime, time

import httpx
import pytest
import time_machine

from app.core import clock
from app.core.db import Database
from tests.casework.people import Office
from tests.reception.desk import DAY, Desk


@pytest.fixture
def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    return Desk(Office(db, client))


@pytest.fixture
def real_desk(real_db: Database, real_client: httpx.AsyncClient) -> Desk:
    return Desk(Office(real_db, real_client))


@pytest.fixture
def morning() -> Iterator[None]:
    """Half an hour before the reception of DAY."""
    with time_machine.travel(datetime.combine(DAY, time(9, 30), clock.ZONE)):
        yield

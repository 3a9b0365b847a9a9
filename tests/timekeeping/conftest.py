"""The desk: over a database whose changes are undone, or (`busy`) with real connections and commits."""

import httpx
import pytest
from time_machine import TimeMachineFixture

from app.core.db import Database
from tests.timekeeping.desk import MONDAY, Desk


@pytest.fixture
async def desk(db: Database, client: httpx.AsyncClient, time_machine: TimeMachineFixture) -> Desk:
    return await _opened(Desk(db, client, time_machine))


@pytest.fixture
async def busy(real_db: Database, real_client: httpx.AsyncClient, time_machine: TimeMachineFixture) -> Desk:
    return await _opened(Desk(real_db, real_client, time_machine))


async def _opened(desk: Desk) -> Desk:
    desk.now(f"{MONDAY}T09:00")
    await desk.rules_known()
    return desk

"""A service with a storage of its own, and no scanner: what is unscanned is served, as its setting says."""

from pathlib import Path

import httpx
import pytest

from app.attachments.keeping import Keeper
from app.core.db import Database
from app.settings import Settings
from tests.casework.people import Office
from tests.intake.appellant import Appellant
from tests.support import SECRET


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, unscanned="served")


@pytest.fixture
def keeper(settings: Settings) -> Keeper:
    return Keeper.of(settings)


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


@pytest.fixture
def appellant(db: Database, client: httpx.AsyncClient, office: Office) -> Appellant:
    return Appellant(db, client, office)

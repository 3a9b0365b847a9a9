"""A record that is really committed, and the file of heads beside it."""

from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.seals import sealing
from app.seals.heads_file import HeadsFile
from tests.casework.people import Office


@pytest.fixture
def office(real_db: Database, real_client: httpx.AsyncClient) -> Office:
    return Office(real_db, real_client)


@pytest.fixture
def file(tmp_path: Path) -> HeadsFile:
    return HeadsFile(tmp_path / "seals" / "heads.jsonl")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So few events are in a seal."""
    monkeypatch.setattr(sealing, "MOST", 3)
    return 3

"""The plans of the statistics at a million appeals."""

import os

import pytest

from app.core.db import Database, DatabaseUrls
from tests.bench.at_size import read_from_rollups


@pytest.mark.timeout(1800)
async def test_no_plan_scans_the_record_of_a_million(real_urls: DatabaseUrls, real_db: Database) -> None:
    await read_from_rollups(real_urls, real_db, 1_000_000, processes=os.cpu_count() or 1)

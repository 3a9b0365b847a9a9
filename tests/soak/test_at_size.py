"""The plans of the statistics, and of a draw for the quality check, at a million appeals."""

import os
from datetime import timedelta

import pytest

from app.core.db import Database, DatabaseUrls
from app.oversight.quality.drawing import DRAW
from bench.made.questions import statement_reads
from bench.made.sizes import LAST
from tests.bench.at_size import read_from_rollups, scanned


@pytest.mark.timeout(3600)
async def test_no_plan_scans_the_record_of_a_million(real_urls: DatabaseUrls, real_db: Database) -> None:
    await read_from_rollups(real_urls, real_db, 1_000_000, processes=os.cpu_count() or 1)
    async with real_db.read() as connection:
        quarter = (LAST - timedelta(days=91), LAST)
        found = await statement_reads(connection, DRAW, 1, "seed", *quarter, 20)
        assert "holding" in {one.table for one in found}
        assert not scanned(found)

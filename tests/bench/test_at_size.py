"""The plans of the statistics at a size that the tests have time for; tests/soak has a million."""

from app.core.db import Database, DatabaseUrls
from bench.made.questions import milliseconds, questions
from bench.made.sizes import LAST, report
from tests.bench.at_size import read_from_rollups


async def test_no_plan_scans_the_record(real_urls: DatabaseUrls, real_db: Database) -> None:
    await read_from_rollups(real_urls, real_db, 8000, processes=1)
    async with real_db.read() as connection:
        took = {one.name: await milliseconds(connection, one, LAST) for one in questions(LAST)}
    assert all(took.values())
    shown = report([8000, 16_000], [dict.fromkeys(took, 4.0), dict.fromkeys(took, 6.0)])
    assert shown.count("| 1.5 ") == len(took)

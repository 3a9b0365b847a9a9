"""What the worker publishes stays as it was, and is what a question is answered from."""

from typing import Any

import pytest
import time_machine

from app.core.db import Database
from app.oversight import guarded
from app.oversight.publishing import publish
from tests.oversight.desk import Desk, civil

OCT = "2025-10-01..2025-10-31"


async def land(desk: Desk, period: str = OCT) -> Any:
    answer = await desk.ask(period, topic="land")
    return {row["agency"]["code"]: row["received"] for row in answer["rows"]}, answer["total"]


@pytest.fixture
async def filled(desk: Desk) -> Desk:
    for body, topic, count in (("energy", "land", 3), ("energy", "tax", 7), ("health", "land", 6)):
        await desk.file_many("2025-10-20 10:00", count, body, topic=topic)
    return desk


async def test_is_what_a_question_works_out_by_itself(
    db: Database, filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_itself = await land(filled)
    assert None in by_itself[0].values()
    monkeypatch.setattr(guarded, "MOST_AT_ONCE", 0)
    unpublished = await filled.ask(OCT, topic="land")
    assert {row["received"] for row in unpublished["rows"]} == {None}
    assert "note" in unpublished, "a large month waits for the worker"
    await publish(db)
    assert await land(filled) == by_itself
    assert await land(filled, "2025-09-01..2025-12-31") == by_itself


async def test_few_that_come_late_change_nothing_and_many_do(db: Database, filled: Desk) -> None:
    await publish(db)
    before = await land(filled)
    for late, same in ((2, True), (40, False)):
        await filled.file_many("2025-10-21 10:00", late, "health", topic="land")
        await publish(db)
        assert (await land(filled) == before) is same


async def test_a_month_waits_until_the_next_is_over(db: Database, filled: Desk) -> None:
    async def months() -> int:
        async with db.read() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM published_month"))

    with time_machine.travel(civil("2025-11-30 23:50"), tick=False):
        await publish(db)
        assert await months() == 0
    with time_machine.travel(civil("2025-12-01 00:05"), tick=False):
        await publish(db)
        await publish(db)
        assert await months() == 3, "one of each dimension"

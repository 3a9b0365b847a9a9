"""`stats verify`: what it is silent about, what it reports, and how it exits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import asyncpg
from click.testing import CliRunner, Result

from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.oversight import recount
from app.oversight.cli import commands, verified
from tests.oversight.desk import Desk

START = "2025-10-01 10:00"
Answer = TypeVar("Answer")


def no_progress(done: int, total: int) -> None:
    """Nobody looks."""


async def count_falsely(connection: asyncpg.Connection, agency_id: int, answered: int = 0) -> None:
    await connection.execute(
        """INSERT INTO counter_delta (agency_id, opened_on, day, due_on, channel, applicant_type, kind, topic,
                                      region, received, answered)
           VALUES ($1, '2025-10-01', '2025-10-02', '2025-10-22', 'blog', 'individual', 'statement', 'land',
                   '', 1, $2)""",
        agency_id,
        answered,
    )


async def busy(desk: Desk) -> None:
    """A little of everything, across the change of clocks too."""
    first, second, third = await desk.file_many(START, 3, "justice", topic="tax", region="kz-61")
    await desk.forward("2025-10-08 12:00", "energy", first)
    await desk.forward("2025-10-09 12:00", "justice", first)
    await desk.answer("2025-10-30 12:00", first, second)
    await desk.reopen("2025-11-03 12:00", second)
    await desk.withdraw("2025-11-01 23:30", third)
    old = await desk.file("2024-02-28 10:00")
    await desk.answer("2024-02-29 23:30", old)


async def test_counters_that_are_right_are_no_news(db: Database, desk: Desk) -> None:
    await busy(desk)
    seen: list[tuple[int, int]] = []
    assert await verified(db, lambda done, total: seen.append((done, total))) == []
    assert seen[-1][0] == seen[-1][1] == len(seen)


async def test_every_difference_is_reported(db: Database, desk: Desk) -> None:
    await busy(desk)
    energy = snapshot.current().agency("energy").id
    async with db.transaction() as connection:
        await count_falsely(connection, energy, answered=-1)
        await count_falsely(connection, energy, answered=-1)
        await count_falsely(connection, 999_999)
    lines = await verified(db, no_progress)
    assert len(lines) == 2
    assert lines[0].startswith("energy: opened_on=2025-10-01 day=2025-10-02")
    assert lines[0].endswith("events beside counters: received -2, answered +2")
    assert lines[1].startswith("?: ")


async def test_a_holding_that_left_its_events_is_reported(db: Database, desk: Desk) -> None:
    await busy(desk)
    async with db.transaction() as connection:
        strayed = await connection.fetchval(
            """UPDATE holding SET closed_on = closed_on + 1
               WHERE id = (SELECT max(id) FROM holding) RETURNING id"""
        )
    assert await verified(db, no_progress) == [f"energy: holding {strayed} is not as its events say"]


def test_knows_when_the_clocks_changed() -> None:
    since, ahead = recount.offsets()
    assert since[1:] == [datetime(2024, 2, 29, 18, tzinfo=UTC)]
    assert ahead == [timedelta(hours=6), timedelta(hours=5)]


async def test_the_command_exits_with_1_when_something_differs(
    real_urls: DatabaseUrls, real_db: Database
) -> None:
    async def worked(work: Callable[[Database], Awaitable[Answer]]) -> Answer:
        database = await Database.open(real_urls, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.close()

    def on_database(work: Callable[[Database], Awaitable[Answer]]) -> Answer:
        return asyncio.run(worked(work))

    async def run() -> Result:
        (stats,) = commands(on_database, no_progress)
        return await asyncio.to_thread(CliRunner().invoke, stats, ["verify"])

    good = await run()
    assert (good.exit_code, good.output) == (0, "The counters are what the events say.\n")
    async with real_db.transaction() as connection:
        await count_falsely(connection, snapshot.current().agency("energy").id)
    bad = await run()
    assert bad.exit_code == 1
    assert "energy: opened_on=2025-10-01 day=2025-10-02" in bad.output

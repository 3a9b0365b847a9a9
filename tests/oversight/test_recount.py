"""`stats verify`: what it is silent about, what it reports, and how it exits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import asyncpg
import pytest
from click.testing import CliRunner, Result

from app.appeals.codes import ApplicantType, Kind
from app.appeals.effects import FIGURES
from app.appeals.numbers import Number
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.oversight import recount
from app.oversight.checking import verified
from app.oversight.cli import commands
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
    at_night, on_the_last_day = await desk.file_many(START, 2, "health")
    await desk.answer("2025-10-23 00:30", at_night)
    await desk.forward("2025-10-22 12:00", "energy", on_the_last_day)
    before_its_day = await desk.file("2025-10-03 20:00", "health")
    await desk.withdraw("2025-10-04 11:00", before_its_day)


async def busy_with_terms(desk: Desk) -> None:
    """Every way in which a term stands, starts again, moves and ends."""
    held = await desk.file_many(START, 9, "justice", channel="blog", source="blog-platform")
    extended, resumed, by_itself, corrected, returned, merged, ended, withdrawn, split = held
    await desk.split("2025-10-07 12:00", ["energy", "justice"], split, keeps=False)
    await desk.split("2025-10-07 12:00", ["health"], extended)
    await desk.request_correction("2025-10-07 12:00", corrected, returned)
    await desk.suspend("2025-10-08 12:00", resumed, ended, withdrawn)
    await desk.suspend("2025-10-08 12:00", by_itself, until="2025-10-15")
    await desk.extend("2025-10-08 23:30", "2025-11-01", extended, merged)
    await desk.supplement("2025-10-09 12:00", corrected)
    await desk.resume("2025-10-13 12:00", resumed)
    await desk.elapse("2025-10-20 12:00", by_itself, returned)
    await desk.extend("2025-11-03 12:00", "2025-11-20", extended)
    await desk.merge("2025-11-05 12:00", extended, merged)
    await desk.withdraw("2025-11-05 12:00", withdrawn)
    await desk.terminate("2025-11-05 12:00", ended)
    await desk.reopen("2025-11-06 12:00", ended)
    await desk.answer("2025-11-20 12:00", extended, resumed)
    await desk.answer("2025-11-20 12:00", split, part=2)
    answered = await desk.file("2025-11-20 12:00", "turkistan-health-department")
    await desk.answer("2025-11-21 12:00", answered)
    about = Number.of(answered, ApplicantType.INDIVIDUAL)
    complaints = await desk.file_many("2025-11-24 10:00", 2, kind=Kind.COMPLAINT, complaint_about=about)
    await desk.self_correct("2025-11-26 12:00", complaints[0])
    await desk.hand_over("2025-11-28 12:00", "akimat-turkistan", complaints[1])
    await desk.decide("2025-12-04 12:00", complaints[1])


async def test_counters_that_are_right_are_no_news(db: Database, desk: Desk) -> None:
    await busy(desk)
    await busy_with_terms(desk)
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


@pytest.mark.parametrize("figure", FIGURES)
async def test_a_difference_in_any_figure_is_reported(db: Database, desk: Desk, figure: str) -> None:
    await desk.file(START)
    async with db.transaction() as connection:
        await connection.execute(
            f"""INSERT INTO counter_delta (agency_id, opened_on, day, due_on, channel, applicant_type, kind,
                                           topic, region, {figure})
                SELECT agency_id, opened_on, day, due_on, channel, applicant_type, kind, topic, region, 1
                FROM counter_delta"""
        )
    (line,) = await verified(db, no_progress)
    assert line.endswith(f"events beside counters: {figure} -1")


@pytest.mark.parametrize(
    "change",
    [
        "closed_on = closed_on + 1",
        "close = 'closed_otherwise'",
        "due_on = due_on + 1",
        "running = true",
        "extended = true",
        "registered_on = registered_on - 1",
        "agency_id = (SELECT id FROM agency WHERE code = 'health')",
        "channel = 'blog'",
        "topic = 'tax'",
    ],
)
async def test_a_holding_that_left_its_events_is_reported(db: Database, desk: Desk, change: str) -> None:
    appeal = await desk.file(START, topic="land")
    await desk.answer("2025-10-02 12:00", appeal)
    async with db.transaction() as connection:
        strayed = await connection.fetchval(f"UPDATE holding SET {change} RETURNING id")
    agency = "health" if "health" in change else "energy"
    line = f"{agency}: holding {strayed} is not as its events say"
    assert line in await verified(db, no_progress)


async def test_a_holding_without_events_is_reported(db: Database, desk: Desk) -> None:
    await desk.file(START)
    async with db.transaction() as connection:
        stray = await connection.fetchval(
            """INSERT INTO holding (appeal_id, part, agency_id, origin, received_at, registered_on, due_on,
                                    regime, status, version, channel, kind, topic, region, applicant_type,
                                    running, extended, on_control, last_hash)
               SELECT appeal_id, 1, agency_id, origin, received_at, registered_on, due_on, regime, status,
                      version, channel, kind, topic, region, applicant_type, running, extended, on_control,
                      last_hash
               FROM holding RETURNING id"""
        )
    assert await verified(db, no_progress) == [f"energy: holding {stray} is not as its events say"]


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
        stats, _ = commands(on_database, no_progress)
        return await asyncio.to_thread(CliRunner().invoke, stats, ["verify"])

    good = await run()
    said = "The counters are what the events say, and the rollups what the counters say.\n"
    assert (good.exit_code, good.output) == (0, said)
    async with real_db.transaction() as connection:
        await count_falsely(connection, snapshot.current().agency("energy").id)
    bad = await run()
    assert bad.exit_code == 1
    assert "energy: opened_on=2025-10-01 day=2025-10-02" in bad.output

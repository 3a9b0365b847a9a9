"""Folding: what it takes and when, that no figure notices it, how faults are found and put right."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.directory import snapshot
from app.oversight import cells, rollups
from app.oversight.cells import ROLLUPS
from app.oversight.checking import check_next, rebuilt, verified
from app.oversight.rollups import AheadOfTime, fold
from app.oversight.statistics import Basis, Counted, Filters, Period, count
from tests.oversight.desk import Desk
from tests.oversight.test_recount import busy, busy_with_terms, count_falsely, no_progress
from tests.waiting import somebody_waits

START = "2025-10-01 10:00"
FIRST, LAST = date(2025, 9, 12), date(2026, 1, 31)
TODAY = date(2025, 12, 3)


@pytest.fixture
def desk(real_db: Database, real_client: httpx.AsyncClient) -> Desk:
    return Desk(real_db, real_client)


@asynccontextmanager
async def older_transaction(db: Database) -> AsyncIterator[asyncpg.Connection]:
    """One that is open while others come and go."""
    async with db.transaction() as connection:
        await connection.fetchval("SELECT pg_current_xact_id()::text")
        yield connection


async def everything_is_folded(db: Database) -> None:
    """Other databases of the same server may have transactions open: those hold every fold up."""
    async with asyncio.timeout(60):
        while await unfolded(db):
            await fold(db)
            await asyncio.sleep(0.05)


async def may_be_folded(db: Database) -> None:
    """Every delta: no transaction of other tests is open from before."""
    waits = "SELECT EXISTS (SELECT FROM counter_delta WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
    async with asyncio.timeout(60):
        while True:
            async with db.read() as connection:
                if not await connection.fetchval(waits):
                    return
            await asyncio.sleep(0.02)


async def unfolded(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM counter_delta d WHERE {cells.TAIL}"))


def questions(seed: int, number: int) -> list[tuple[Period, Filters]]:
    """Of any days between, and of whole months; by any filters of what `busy` does."""
    random = Random(seed)
    energy = snapshot.current().agency("energy").id
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    ends = [day for day in days if (day + timedelta(days=1)).day == 1]
    known: dict[str, list[Any]] = {
        "agency_id": [energy],
        "channel": ["blog", "reception_room"],
        "applicant_type": ["individual"],
        "kind": ["statement", "complaint"],
        "topic": ["tax", "other"],
        "region": ["KZ-61", ""],
    }
    found: list[tuple[Period, Filters]] = []
    for place in range(number):
        first, last = sorted(random.choices(days, k=2))
        as_of = random.choice([None, last, random.choice(days)])
        if place % 3 == 0:
            first, last = first.replace(day=1), random.choice([end for end in ends if end >= first])
            as_of = random.choice([None, last, random.choice(ends)])
        period = Period(first, last, as_of, random.choice(list(Basis)))
        names = random.sample(sorted(known), k=random.choice([0, 1, 1, 2, 3]))
        found.append((period, Filters(**{name: random.choice(known[name]) for name in names})))
    return found


async def answers(db: Database, asked: list[tuple[Period, Filters]]) -> list[Counted]:
    async with db.read() as connection:
        return [await count(connection, *question, today=TODAY) for question in asked]


async def test_no_figure_notices_a_fold(real_db: Database, desk: Desk) -> None:
    await busy(desk)
    await busy_with_terms(desk)
    asked = questions(seed=7, number=250)
    before = await answers(real_db, asked)
    assert sum(bool(one.rows) for one in before) > 100
    while await unfolded(real_db):
        await fold(real_db, batch=7)
        assert await answers(real_db, asked[:20]) == before[:20]
    assert await answers(real_db, asked) == before
    assert await verified(real_db, no_progress) == []


async def test_what_commits_late_is_taken_late_and_counted_at_once(real_db: Database, desk: Desk) -> None:
    await desk.file(START)
    await everything_is_folded(real_db)
    energy = snapshot.current().agency("energy").id
    async with older_transaction(real_db) as late:
        await desk.file_many(START, 3)
        await fold(real_db)
        assert await unfolded(real_db) == 3
        await count_falsely(late, energy)
        assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 4
    assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 5
    await everything_is_folded(real_db)
    assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 5
    async with real_db.read() as connection:
        assert await rollups.differences(connection, date(2025, 10, 1)) == []


async def test_workers_fold_while_appeals_come_and_go(real_db: Database, desk: Desk) -> None:
    coming = True

    async def come_and_go(agency: str) -> None:
        for n in range(6):
            filed = await desk.file_many("2025-10-01 10:00", 3, agency, topic="tax")
            await desk.answer(f"2025-10-{10 + n} 10:00", *filed[:2])

    async def keep_folding() -> None:
        while coming:
            await fold(real_db, batch=5)
            await asyncio.sleep(0.01)

    folding = [asyncio.create_task(keep_folding()) for _ in range(3)]
    await asyncio.gather(come_and_go("energy"), come_and_go("health"), come_and_go("justice"))
    coming = False
    await asyncio.gather(*folding)
    await everything_is_folded(real_db)
    assert await verified(real_db, no_progress) == []
    total = (await desk.ask("2025-10-01..2025-10-31"))["total"]
    assert (total["received"], total["answered"], total["appeals"]) == (54, 36, 54)


async def test_a_fold_in_the_middle_is_seen_by_nobody_and_can_be_broken_off(
    real_db: Database, desk: Desk
) -> None:
    await desk.file(START)
    await everything_is_folded(real_db)
    await desk.file_many(START, 4)
    await may_be_folded(real_db)
    async with real_db.transaction() as holder:
        await holder.execute("SELECT FROM rollup_due FOR UPDATE")  # the last of the rollups that it adds to
        folding = asyncio.create_task(fold(real_db))
        await somebody_waits(holder)
        assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 5
        folding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await folding
    assert await unfolded(real_db) == 4
    await everything_is_folded(real_db)
    assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 5
    assert await verified(real_db, no_progress) == []


async def test_what_comes_during_a_fold_is_left_to_the_next(real_db: Database, desk: Desk) -> None:
    await desk.file(START)
    await everything_is_folded(real_db)
    await desk.file_many(START, 4)
    await may_be_folded(real_db)
    async with real_db.transaction() as holder:
        await holder.execute("SELECT FROM rollup_due FOR UPDATE")
        folding = asyncio.create_task(fold(real_db))
        await somebody_waits(holder)
        await desk.file_many(START, 2)
    assert await folding == 1
    assert await unfolded(real_db) == 2
    assert (await desk.row("energy", "2025-10-01..2025-10-31"))["received"] == 7


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.table)
async def test_a_false_cell_is_reported_and_made_anew(
    real_db: Database, desk: Desk, rollup: cells.Rollup
) -> None:
    await busy_with_terms(desk)
    await everything_is_folded(real_db)
    figure = rollup.figures[-1]
    async with real_db.transaction() as connection:
        await connection.execute(f"UPDATE {rollup.table} SET {figure} = coalesce({figure}, 0) + 1")
        await connection.execute(f"DELETE FROM {rollup.table} WHERE {figure} = 2")
    lines = await verified(real_db, no_progress)
    assert lines
    assert all(line.startswith(f"{rollup.table} of agency") for line in lines)
    assert any(line.endswith(f"deltas beside rollup: {figure} -1") for line in lines)
    assert await rebuilt(real_db, no_progress) == []
    assert await verified(real_db, no_progress) == []


async def test_false_counters_are_put_right_by_adding(real_db: Database, desk: Desk) -> None:
    await busy_with_terms(desk)
    asked = questions(seed=11, number=40)
    before = await answers(real_db, asked)
    async with real_db.transaction() as connection:
        await count_falsely(connection, snapshot.current().agency("energy").id, answered=1)
    await everything_is_folded(real_db)
    assert await answers(real_db, asked) != before
    (line,) = await rebuilt(real_db, no_progress)
    assert line.startswith("energy: ")
    assert await answers(real_db, asked) == before
    await everything_is_folded(real_db)
    assert await verified(real_db, no_progress) == []


async def test_a_rebuild_stops_no_registration(real_db: Database, desk: Desk) -> None:
    await desk.file(START)
    await everything_is_folded(real_db)
    async with real_db.transaction() as holder:
        await holder.execute("SELECT FROM rollup_due FOR UPDATE")
        building = asyncio.create_task(rebuilt(real_db, no_progress))
        await somebody_waits(holder)
        filed = await desk.file(START)
        await desk.answer("2025-10-02 12:00", filed)
        row = await desk.row("energy", "2025-10-01..2025-10-31")
        assert (row["received"], row["answered"]) == (2, 1)
    await building
    assert await verified(real_db, no_progress) == []


async def test_two_rebuilds_at_a_time_count_nothing_twice(real_db: Database, desk: Desk) -> None:
    await busy_with_terms(desk)
    await everything_is_folded(real_db)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(rebuilt(real_db, no_progress))
    assert await verified(real_db, no_progress) == []


async def test_the_rolling_check_goes_round_and_keeps_what_it_finds(
    real_db: Database, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.file(START)
    await everything_is_folded(real_db)
    async with real_db.transaction() as connection:
        await connection.execute("UPDATE rollup_cube SET received = received + 1")
    caplog.set_level(logging.ERROR)
    energy = snapshot.current().agency("energy").id

    async def checked(place: int) -> bool:
        async with real_db.transaction() as connection:
            await connection.execute("UPDATE folding SET checked_agency_id = $1", place)
        return await check_next(real_db)

    assert await check_next(real_db)  # the first agency of the first month
    assert not await checked(energy - 1)
    assert await check_next(real_db)  # the one after it
    assert "figures of 2025-10: rollup_cube of agency" in caplog.text
    async with real_db.read() as connection:
        (fault,) = await connection.fetch("SELECT * FROM figure_fault")
    assert (fault["month"], fault["cleared_at"]) == (date(2025, 10, 1), None)
    assert not await checked(energy - 1)  # the same fault, kept once
    await rebuilt(real_db, no_progress)
    assert await checked(energy - 1)
    async with real_db.read() as connection:
        (fault,) = await connection.fetch("SELECT * FROM figure_fault")
    assert fault["cleared_at"] is not None
    assert await checked(10**6)  # past the last: the first month again


async def test_transactions_that_are_numbered_anew_are_noticed(real_db: Database, desk: Desk) -> None:
    await desk.file(START)
    async with real_db.transaction() as connection:
        await connection.execute("UPDATE folding SET below = '9000000000000000000'")
    with pytest.raises(AheadOfTime, match="restored"):
        await fold(real_db)


def test_months_follow_each_other() -> None:
    assert rollups.following(date(2025, 12, 1)) == date(2026, 1, 1)
    assert rollups.following(date(2026, 1, 1)) == date(2026, 2, 1)

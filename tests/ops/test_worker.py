"""The worker's rounds: one at a time among many workers, and no failure ends them."""

import asyncio
from datetime import timedelta

from app.core.clocks import Clocks
from app.core.db import Database, DatabaseUrls
from app.worker import JOBS, Job, keep, keep_all, once, reach, room

SOON = timedelta(milliseconds=10)


async def test_of_many_workers_one_does_it(real_db: Database) -> None:
    done = []

    async def slow(_db: Database) -> None:
        await asyncio.sleep(0.3)
        done.append(1)

    job = Job("slow", SOON, slow)
    results = await asyncio.gather(*(once(real_db, job) for _ in range(4)))
    assert sorted(results) == [False, False, False, True]
    assert len(done) == 1
    assert await once(real_db, job), "and the next round is free again"


async def test_failing_job_is_tried_again(real_db: Database) -> None:
    stop = asyncio.Event()
    tries = []

    async def fails_twice(_db: Database) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("not yet")
        stop.set()

    await asyncio.wait_for(keep(real_db, Job("failing", SOON, fails_twice), stop, Clocks()), 10)
    assert len(tries) == 3


async def test_failure_frees_the_job_for_others(real_db: Database) -> None:
    async def fails(_db: Database) -> None:
        raise RuntimeError("broken")

    results = await asyncio.gather(once(real_db, Job("same", SOON, fails)), return_exceptions=True)
    assert isinstance(results[0], RuntimeError)

    async def works(_db: Database) -> None:
        return

    assert await once(real_db, Job("same", SOON, works))


async def test_stopping_lets_the_running_job_finish(real_db: Database) -> None:
    stop, begun, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_db: Database) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        finished.set()

    keeping = asyncio.create_task(keep_all(real_db, [Job("slow", SOON, slow)], stop, Clocks()))
    await begun.wait()
    stop.set()
    await asyncio.wait_for(keeping, 10)
    assert finished.is_set()


async def test_jobs_that_all_hold_their_locks_still_get_to_the_database(real_urls: DatabaseUrls) -> None:
    """At the start they all begin at once, and each holds a connection while it asks for another."""
    all_there = asyncio.Barrier(12)

    async def asks(db: Database) -> None:
        await all_there.wait()
        async with db.read() as connection:
            assert await connection.fetchval("SELECT 1") == 1

    jobs = [Job(f"job {n}", SOON, asks) for n in range(12)]
    db = await Database.open(real_urls, pool_size=room(jobs, 2))
    try:
        assert all(await asyncio.wait_for(asyncio.gather(*(once(db, job) for job in jobs)), 30))
    finally:
        await db.close()


async def test_every_job_runs_on_an_empty_database(real_db: Database) -> None:
    for job in JOBS:
        assert await once(real_db, job)
    assert len({job.lock for job in JOBS}) == len(JOBS)


async def test_waits_for_a_database_that_is_not_there_until_stopped() -> None:
    stop = asyncio.Event()
    nowhere = DatabaseUrls.of("postgresql://nobody@127.0.0.1:1/none")
    reaching = asyncio.create_task(reach(nowhere, 2, stop))
    await asyncio.sleep(0.1)
    stop.set()
    assert await asyncio.wait_for(reaching, 10) is None

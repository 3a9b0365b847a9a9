"""A worker whose clock is not the database's does nothing that goes by the time, and says so."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from prometheus_client import REGISTRY

from app.core import metrics
from app.core.clocks import BOUND, Clocks
from app.core.db import Database
from app.timekeeping.recalculation import recalculate
from app.worker import JOBS, Job, keep, keep_all, once
from tests.casework.people import registered, submission
from tests.delivery.receivers import free_port
from tests.support import Jump

SOON = timedelta(milliseconds=20)


def away() -> float:
    found = REGISTRY.get_sample_value("ls_clock_away_seconds")
    assert found is not None
    return found


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(days=60), -timedelta(hours=1)])
async def test_a_job_waits_until_they_agree(
    real_db: Database, jump: Jump, caplog: pytest.LogCaptureFixture, by: timedelta
) -> None:
    stop, clocks = asyncio.Event(), Clocks()
    done = {"timed": 0, "timeless": 0}

    def job(name: str) -> Job:
        async def run(_: Database) -> None:
            done[name] += 1

        return Job(name, SOON, run, timeless=name == "timeless")

    async def rounds(name: str, more: int) -> None:
        until = done[name] + more
        while done[name] < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    jump(by)
    keeping = [asyncio.create_task(keep(real_db, job(name), stop, clocks)) for name in done]
    await asyncio.wait_for(rounds("timeless", 5), 30)
    assert done["timed"] == 0
    assert away() == pytest.approx(by.total_seconds(), abs=30)
    assert clocks.problem() == "clock"
    said = [record.getMessage() for record in caplog.records if "clock is" in record.getMessage()]
    assert len(said) == 1, "once, and again each minute"
    assert ("ahead of" if by > timedelta() else "behind") in said[0]
    jump(timedelta())
    await asyncio.wait_for(rounds("timed", 2), 30)
    assert (clocks.problem(), abs(away()) < BOUND.total_seconds()) == ("", True)
    assert "agrees with the database's again" in caplog.text
    jump(by)  # from one moment to the next, the database having been asked just now
    before = done["timed"]
    await asyncio.wait_for(rounds("timeless", 5), 30)
    assert done["timed"] <= before + 1, "the round that was on its way"
    stop.set()
    await asyncio.gather(*keeping)


async def test_no_term_passes_by_a_clock_that_is_ahead(real_db: Database, jump: Jump) -> None:
    """With the jobs that mark and erase; without the guard they would, as the end shows."""
    await registered(real_db, [submission()])
    await recalculate(real_db)
    jump(timedelta(days=60))
    await recalculate(real_db)  # it waits a little: then terms are by the present rules
    timed = [job for job in JOBS if job.name in {"watch", "elapse", "erase-kept"}]
    stop = asyncio.Event()
    keeping = asyncio.create_task(keep_all(real_db, timed, stop, Clocks()))
    await asyncio.sleep(1)
    stop.set()
    await keeping
    assert await _written(real_db) == {"events": 1, "notices": 1}
    for job in timed:
        await once(real_db, job)
    assert (await _written(real_db))["events"] > 1, "the term is said to have passed"


async def _written(db: Database) -> dict[str, int]:
    counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}s" for table in ("event", "notice"))
    async with db.read() as connection:
        row = await connection.fetchrow(f"SELECT {counts}")
    return dict(row or {})


def test_what_goes_by_the_time() -> None:
    assert {job.name for job in JOBS if job.timeless} == {"fold", "check-figures"}


async def test_a_little_is_no_matter(real_db: Database, jump: Jump) -> None:
    jump(BOUND / 2)
    assert await Clocks().agree(real_db)


async def test_a_machine_that_slept_asks_before_it_believes(real_db: Database) -> None:
    """Its clock is right, and the time that it counts itself stood still."""
    clocks = Clocks()
    assert await clocks.agree(real_db)
    assert clocks._asked
    clocks._database -= 7_200
    clocks._asked -= 5
    assert await clocks.agree(real_db)


async def test_a_worker_tells_whether_it_is_ready(real_db: Database, jump: Jump) -> None:
    clocks, at = Clocks(), f"127.0.0.1:{free_port()}"
    metrics.serve(at, clocks.problem)
    async with httpx.AsyncClient(base_url=f"http://{at}") as client:
        waiting = await client.get("/readyz")
        assert (waiting.status_code, waiting.json()["missing"]) == (503, "database")
        assert await clocks.agree(real_db)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
        jump(timedelta(hours=1))
        assert not await clocks.agree(real_db)
        wrong = await client.get("/readyz")
        assert (wrong.status_code, wrong.json()["missing"]) == (503, "clock")
        assert int(wrong.headers["retry-after"]) > 0
        assert "ls_clock_away_seconds 3" in (await client.get("/metrics")).text

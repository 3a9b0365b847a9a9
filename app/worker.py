"""The second process: periodic work. A job is done by one worker at a time, however many there are, unless it
is one that they share."""

import asyncio
import hashlib
import logging
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import app.reception.letters  # noqa: F401  (who writes about bookings)
from app.appeals.repository import purge_expired_keys
from app.attachments import jobs as attachments
from app.core import clock, lasting, log, metrics, tracing
from app.core.clocks import Clocks
from app.core.db import Database, DatabaseProblem, DatabaseUrls
from app.core.log import kind
from app.delivery import jobs as notices
from app.delivery.bounces import bounced
from app.intake.blogs import feeds
from app.intake.blogs.messages import purge_messages
from app.intake.mail.jobs import Mailboxes
from app.oversight.checking import check_figures
from app.oversight.control.orders import carry_out
from app.oversight.forecast.trials import try_forecasts
from app.oversight.index.closing import Closing
from app.oversight.publishing import publish
from app.oversight.resonance.looking import listen
from app.oversight.rollups import fold_all
from app.oversight.signs.printing import print_answers
from app.readings.forgetting import forget as forget_readings
from app.reception.reminders import forget, remind
from app.retention.erasing import erase as erase_kept
from app.sandbox.erasing import erase
from app.seals.sealing import seal_new
from app.staff.service import purge_expired
from app.timekeeping.recalculation import recalculate
from app.timekeeping.watching import elapse, watch
from app.web.citizen import draft

logger = logging.getLogger("listening_state.worker")

HEARTBEAT = timedelta(minutes=5)
LONGEST_BACKOFF = timedelta(minutes=5)
FINISH_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Job:
    """Work done again and again; it must bear being done twice, or broken off in the middle.

    `shared`: workers do it at the same time, dividing it among them. `finish`: at the end, what is left.
    `timeless`: nothing of it goes by the time, so that it is done whatever the clock says.
    """

    name: str
    every: timedelta
    run: Callable[[Database], Awaitable[None]]
    shared: bool = False
    finish: Callable[[Database], Awaitable[None]] | None = None
    timeless: bool = False

    @property
    def lock(self) -> int:
        digest = hashlib.sha256(f"listening-state job {self.name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


async def _purge_expired(db: Database) -> None:
    now = clock.now()
    async with db.transaction() as connection:
        await purge_expired_keys(connection, now)
        await purge_expired(connection, now)
        await purge_messages(connection, now)
        await draft.purge(connection, now)


_mailboxes = Mailboxes(bounced)
_closing = Closing()

JOBS: Sequence[Job] = (
    Job("purge-expired", timedelta(minutes=10), _purge_expired),
    Job("erase-kept", timedelta(hours=1), erase_kept),
    Job("erase-sandbox", timedelta(hours=1), erase),
    Job("purge-attachments", timedelta(minutes=10), attachments.purge),
    Job("scan-attachments", timedelta(seconds=2), attachments.scan, shared=True),
    Job("fetch-attachments", timedelta(seconds=2), attachments.fetch, shared=True, finish=attachments.finish),
    Job("recalculate", timedelta(seconds=2), recalculate),
    Job("watch", timedelta(minutes=1), watch),
    Job("control", timedelta(seconds=10), carry_out),
    Job("elapse", timedelta(minutes=1), elapse),
    Job("fold", timedelta(seconds=1), fold_all, timeless=True),
    Job("check-figures", timedelta(seconds=15), check_figures, timeless=True),
    Job("seal", timedelta(minutes=1), seal_new),
    Job("listen", timedelta(minutes=10), listen),
    Job("print-answers", timedelta(seconds=5), print_answers),
    Job("try-forecasts", timedelta(minutes=10), try_forecasts),
    Job("publish-figures", timedelta(minutes=10), publish),
    Job("close-index", timedelta(minutes=10), _closing.visit),
    Job("remind", timedelta(minutes=1), remind),
    Job("forget-booking-keys", timedelta(hours=1), forget),
    Job("forget-readings", timedelta(hours=1), forget_readings),
    Job("fan-out", timedelta(seconds=1), notices.fan_out),
    Job("feeds", timedelta(seconds=10), feeds.poll, shared=True),
    Job("deliver", timedelta(seconds=1), notices.deliver, shared=True, finish=notices.finish),
    Job("mail", timedelta(seconds=1), _mailboxes.visit, shared=True, finish=_mailboxes.finish),
)


async def work(
    urls: DatabaseUrls, clocks: Clocks, *, jobs: Sequence[Job] = JOBS, pool_size: int = 10
) -> None:
    """Until SIGTERM or SIGINT. What runs then has 15 seconds to finish."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    db = await reach(urls, room(jobs, pool_size), stop)
    if db is None:
        return
    logger.info("working: %s", ", ".join(job.name for job in jobs))
    try:
        await keep_all(db, jobs, stop, clocks)
    finally:
        await db.close()
    logger.info("stopped")


def room(jobs: Sequence[Job], pool_size: int) -> int:
    """So many connections that there are `pool_size` left when every job that is one worker's holds the one
    that its lock is on: else they would all wait for a second one, for ever."""
    return pool_size + sum(not job.shared for job in jobs)


async def keep_all(db: Database, jobs: Sequence[Job], stop: asyncio.Event, clocks: Clocks) -> None:
    """Keep every job going until `stop` is set."""
    tasks = [asyncio.create_task(keep(db, job, stop, clocks)) for job in jobs]
    while not await _stopped_within(stop, HEARTBEAT):
        logger.info("alive, %d jobs", len(jobs))
    _, late = await asyncio.wait(tasks, timeout=FINISH_WITHIN.total_seconds())
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def keep(db: Database, job: Job, stop: asyncio.Event, clocks: Clocks) -> None:
    """Do the job every so often; after a failure sooner, then ever later. No failure ends the process. While
    the clock here is wrong a round is left out."""
    failures = 0
    while True:
        log.follow()
        try:
            if job.timeless or await clocks.agree(db):
                await once(db, job)
            failures, pause = 0, job.every
        except Exception as error:  # whatever a job raises, the next round comes
            failures += 1
            pause = min(job.every, LONGEST_BACKOFF, timedelta(seconds=2 ** min(failures, 20)))
            logger.error("job %s failed (%s), again in %s", job.name, kind(error), pause)
        if await _stopped_within(stop, pause * random.uniform(1, 1.1)):
            break
    if job.finish:
        await job.finish(db)


async def once(db: Database, job: Job) -> bool:
    """Do it now, unless another worker is at it. True when it was done here."""
    if job.shared:
        await _round(db, job)
        return True
    async with db.read() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", job.lock):
            return False
        try:
            await _round(db, job)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", job.lock)
    return True


async def _round(db: Database, job: Job) -> None:
    with tracing.job(job.name), metrics.round_of(job.name, clock.now().timestamp()):
        await job.run(db)


async def reach(urls: DatabaseUrls, pool_size: int, stop: asyncio.Event) -> Database | None:
    """The database, however long it takes to come up; None when told to stop before."""
    pause = timedelta(seconds=1)
    while True:
        try:
            db = await Database.open(urls, pool_size=pool_size)
            await lasting.remember(db)
            return db
        except DatabaseProblem as problem:
            logger.warning("%s; again in %s", problem, pause)
        if await _stopped_within(stop, pause):
            return None
        pause = min(pause * 2, LONGEST_BACKOFF)


async def _stopped_within(stop: asyncio.Event, pause: timedelta) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), pause.total_seconds())
    return stop.is_set()

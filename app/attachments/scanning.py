"""Looking at what came, by the scanner: shared by the workers, leased, tried again until it is known.

The count of attempts is the lease's token: who comes late changes nothing. A content is looked at once,
however many appeals have it. After TRIES it is `failed`, which people see, and is still tried now and then.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from app.attachments.keeping import Keeper
from app.attachments.models import State
from app.attachments.scanner import Clamd, ScanFailed, Verdict
from app.attachments.serving import content
from app.attachments.storage import NoObject, StorageFailed
from app.core import clock
from app.core.cipher import CipherError
from app.core.db import Database
from app.settings import Settings

log = logging.getLogger("listening_state.attachments")

TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
AT_ONCE = 4
_MOST_ATTEMPTS = 30_000

LEASE = """
UPDATE stored_object o SET attempts = least(o.attempts + 1, $4), leased_until = $2
FROM (
    SELECT address FROM stored_object s
    WHERE s.state IN ('waiting', 'failed') AND s.next_at <= $1
      AND (s.leased_until IS NULL OR s.leased_until <= $1)
      AND EXISTS (SELECT FROM attachment a WHERE a.address = s.address)
    ORDER BY s.next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
) due
WHERE o.address = due.address
RETURNING o.address, o.attempts
"""
FINISH = """
UPDATE stored_object SET state = $3, detail = $4, next_at = $5, leased_until = NULL
WHERE address = $1 AND attempts = $2 AND state IN ('waiting', 'failed')
"""


def pause(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """Twice as long each time, never all at once."""
    usual = min(first.total_seconds() * 2.0 ** min(attempts - 1, 20), longest.total_seconds())
    return timedelta(seconds=usual * random.uniform(0.8, 1.2))


async def scan(db: Database, keeper: Keeper, settings: Settings) -> None:
    """What is due, until nothing is. Without a scanner nothing happens (see LS_UNSCANNED)."""
    if not settings.scanner_url:
        return
    scanner = Clamd(settings.scanner_url, settings.scan_timeout)
    lease = timedelta(seconds=settings.scan_timeout + 60)
    while rows := await _leased(db, clock.now(), lease):
        await asyncio.gather(*(_one(db, keeper, scanner, row) for row in rows))


async def _leased(db: Database, now: datetime, lease: timedelta) -> Sequence[asyncpg.Record]:
    async with db.transaction() as connection:
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            LEASE, now, now + lease, AT_ONCE, _MOST_ATTEMPTS
        )
    return rows


async def _one(db: Database, keeper: Keeper, scanner: Clamd, row: asyncpg.Record) -> None:
    attempts, now = row["attempts"], clock.now()
    try:
        found = await scanner.scan(content(keeper.storage, row["address"]))
        next_at = now
    except (ScanFailed, NoObject, StorageFailed, CipherError) as error:
        code = error.code if isinstance(error, ScanFailed) else "storage"
        found = Verdict(State.FAILED if attempts >= TRIES else State.WAITING, f"scan_{code}")
        next_at = now + pause(attempts, FIRST_PAUSE, LONGEST_PAUSE)
        log.warning("scan %s, attempt %d: %s", row["address"].hex()[:12], attempts, found.detail)
    if found.state is State.INFECTED:
        log.warning("scan %s: %s", row["address"].hex()[:12], found.detail)
    async with db.transaction() as connection:
        await connection.execute(FINISH, row["address"], attempts, found.state, found.detail, next_at)

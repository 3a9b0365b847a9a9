"""Files that a source keeps, fetched after the registration: leased, a few at a time from each host, tried
again, and given up in the end, which the case and the source's read-back then say.

Nothing is connected to but an address that was looked at (core/calling.py), and no redirect is followed.
The URL is forgotten with the fetch.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import unquote, urlsplit
from uuid import UUID

import asyncpg
import httpcore

from app.attachments import types
from app.attachments.errors import LARGEST, AttachmentTooLarge, AttachmentType, StorageUnavailable
from app.attachments.keeping import Keeper, Received
from app.attachments.models import FetchState
from app.attachments.scanning import pause
from app.core import clock
from app.core.calling import fetching
from app.core.cipher import cipher
from app.core.db import Database
from app.core.outbound import AddressRefused, Allowed
from app.settings import Settings

log = logging.getLogger("listening_state.attachments")

PLACES, PLACES_OF_A_HOST = 8, 2
ROUND = 1.0
TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
# What a refusal says that will be another one later.
_LATER = frozenset({408, 425, 429})

LEASE = """
WITH ranked AS (
    SELECT attachment_id, next_at, coalesce(leased_until > $1, false) AS under_way,
           row_number() OVER (PARTITION BY lane ORDER BY coalesce(leased_until > $1, false) DESC, next_at)
               AS place
    FROM attachment_fetch
    WHERE state = 'pending' AND (next_at <= $1 OR leased_until > $1)
), due AS (
    SELECT f.attachment_id FROM attachment_fetch f
    WHERE f.attachment_id IN (
        SELECT attachment_id FROM ranked WHERE place <= $4 AND NOT under_way ORDER BY next_at LIMIT $3)
      AND f.state = 'pending' AND f.next_at <= $1 AND (f.leased_until IS NULL OR f.leased_until <= $1)
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE attachment_fetch f SET attempts = f.attempts + 1, leased_until = $2
FROM due JOIN attachment a ON a.id = due.attachment_id
WHERE f.attachment_id = due.attachment_id
RETURNING f.attachment_id, f.url, f.attempts, a.name
"""
# Of what was erased meanwhile, or taken over by another, nothing is written.
DONE = """
WITH done AS (
    DELETE FROM attachment_fetch WHERE attachment_id = $1 AND attempts = $2 RETURNING attachment_id
)
UPDATE attachment a SET address = $3, name = $4 FROM done WHERE a.id = done.attachment_id
"""
FAILED = """
UPDATE attachment_fetch SET state = $3, detail = $4, next_at = $5, leased_until = NULL
WHERE attachment_id = $1 AND attempts = $2
"""


class _NotFetched(Exception):
    def __init__(self, code: str, *, final: bool) -> None:
        super().__init__(code)
        self.code, self.final = code, final


class Fetcher:
    def __init__(self, keeper: Keeper, settings: Settings) -> None:
        self._keeper = keeper
        self._allowed = Allowed.of(settings.outbound_allow)
        self._within = settings.fetch_timeout
        self._running: set[asyncio.Task[None]] = set()

    async def round(self, db: Database) -> None:
        """Take what is due until nothing is, or a second is over. What is under way goes on after that."""
        end = asyncio.get_running_loop().time() + ROUND
        while await self._take(db) or self._running:
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            if self._running:
                await asyncio.wait(self._running, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    async def _take(self, db: Database) -> int:
        room = PLACES - len(self._running)
        rows = await self._leased(db, room) if room > 0 else ()
        for row in rows:
            task = asyncio.create_task(self._fetch(db, row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(rows)

    async def finish(self) -> None:
        """Until what is under way is over."""
        while self._running:
            await asyncio.wait(self._running)

    async def _leased(self, db: Database, room: int) -> Sequence[asyncpg.Record]:
        now = clock.now()
        until = now + timedelta(seconds=self._within + 60)
        async with db.transaction() as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(LEASE, now, until, room, PLACES_OF_A_HOST)
        return rows

    async def _fetch(self, db: Database, row: asyncpg.Record) -> None:
        id_, attempts = row["attachment_id"], row["attempts"]
        try:
            await self._kept(db, row)
        except _NotFetched as failed:
            await _not_fetched(db, id_, attempts, failed)
        except Exception as error:  # the lease ends by itself, and it is tried again
            log.error("fetch %s, attempt %d: %s", id_, attempts, type(error).__name__)

    async def _kept(self, db: Database, row: asyncpg.Record) -> None:
        url = cipher().decrypt(row["url"], "attachment_fetch.url")
        name = cipher().decrypt_optional(row["name"], "attachment.name") or _named_in(url)
        try:
            async with fetching(
                url,
                headers={"accept": "*/*", "accept-encoding": "identity", "user-agent": "listening-state"},
                allowed=self._allowed,
                within=self._within,
            ) as (answer, pieces):
                _check(answer.status, answer.headers)
                declared = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                async with self._keeper.received(pieces, name=name, declared_type=declared) as whole:
                    await self._keeper.store(db, whole)
                    await _fetched(db, row, whole)
        except AddressRefused as error:
            raise _NotFetched("address", final=error.code != "private_address") from error
        except TimeoutError as error:
            raise _NotFetched("timeout", final=False) from error
        except AttachmentTooLarge as error:
            raise _NotFetched("too_large", final=True) from error
        except AttachmentType as error:
            raise _NotFetched("type", final=True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise _NotFetched("unreachable", final=False) from error
        except StorageUnavailable as error:
            raise _NotFetched("storage", final=False) from error


def _check(status: int, headers: Mapping[str, str]) -> None:
    if 300 <= status < 400:
        raise _NotFetched("redirect", final=True)
    if status != 200:
        raise _NotFetched("refused", final=400 <= status < 500 and status not in _LATER)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > LARGEST:
        raise _NotFetched("too_large", final=True)


def _named_in(url: str) -> str | None:
    """The last step of the path, where it looks like a file's name; not `download.php`."""
    last = unquote(urlsplit(url).path.rpartition("/")[2], errors="ignore")
    return last if types.ending_of(last) in types.extensions() else None


async def _fetched(db: Database, row: asyncpg.Record, whole: Received) -> None:
    sealed = cipher().encrypt(whole.name, "attachment.name")
    async with db.transaction() as connection:
        await connection.execute(DONE, row["attachment_id"], row["attempts"], whole.address, sealed)


async def _not_fetched(db: Database, id_: UUID, attempts: int, failed: _NotFetched) -> None:
    over = failed.final or attempts >= TRIES
    state = FetchState.GIVEN_UP if over else FetchState.PENDING
    next_at = clock.now() + pause(attempts, FIRST_PAUSE, LONGEST_PAUSE)
    log.warning("fetch %s, attempt %d: %s, %s", id_, attempts, failed.code, state)
    async with db.transaction() as connection:
        await connection.execute(FAILED, id_, attempts, state, failed.code, next_at)

"""Mailboxes and what became of their e-mails, as the database keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from app.intake.mail.models import FIRST, MailResult

# A mailbox is visited by one worker at a time; whoever dies leaves a lease that ends by itself.
LEASE = """
WITH due AS (
    SELECT id FROM mailbox
    WHERE active AND next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
    ORDER BY next_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE mailbox b SET lease = b.lease + 1, leased_until = $2
FROM due JOIN mailbox found ON found.id = due.id
LEFT JOIN agency a ON a.id = found.agency_id JOIN source s ON s.id = found.source_id
WHERE b.id = due.id
RETURNING b.*, a.code AS agency, s.code AS source, s.late_days
"""

RENEW = "UPDATE mailbox SET leased_until = $3 WHERE id = $1 AND lease = $2 RETURNING id"

ADVANCE = """
UPDATE mailbox SET uid_validity = $3, last_uid = $4, leased_until = $5
WHERE id = $1 AND lease = $2 RETURNING id
"""

FINISH = """
UPDATE mailbox SET leased_until = NULL, next_at = $3, failures = $4, last_error = $5,
       last_ok_at = CASE WHEN $5::text IS NULL THEN $6 ELSE last_ok_at END
WHERE id = $1 AND lease = $2
"""

# One e-mail at a time by its key, wherever copies of it are taken at the same moment.
TURN = "SELECT pg_advisory_xact_lock($1)"

BEFORE = f"""
SELECT content_hash, appeal_id, result FROM mail
WHERE key_hash = $1 AND {FIRST}
"""

# What was refused and is dealt with after all, because the worker died in between, becomes what it is now.
KEEP = """
INSERT INTO mail (mailbox_id, uid_validity, uid, key_hash, content_hash, sender_hash, result, reason,
                  appeal_id, bytes, day, received_at, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (mailbox_id, uid_validity, uid)
DO UPDATE SET result = excluded.result, reason = excluded.reason, appeal_id = excluded.appeal_id,
              at = excluded.at
WHERE mail.result = 'refused'
"""

# The appeals that the named Message-IDs lead to, if this is their applicant's address; the nearest first.
THREAD = f"""
SELECT a.id, a.applicant_type
FROM (
    SELECT n.appeal_id, place FROM unnest($2::bigint[]) WITH ORDINALITY AS told(id, place)
    JOIN notice n ON n.id = told.id
    UNION ALL
    SELECT m.appeal_id, place FROM unnest($3::bytea[]) WITH ORDINALITY AS named(key_hash, place)
    JOIN mail m ON m.key_hash = named.key_hash AND m.{FIRST}
) AS meant(appeal_id, place)
JOIN appeal a ON a.id = meant.appeal_id
JOIN applicant p ON p.appeal_id = a.id AND p.email_hash = ANY ($1::bytea[])
ORDER BY place LIMIT 1
"""

REGISTERED_SINCE = """
SELECT count(*) FROM mail WHERE sender_hash = $1 AND at > $2 AND result = 'registered'
"""

ADDRESSES = """
SELECT b.address, a.code AS agency, s.code AS source
FROM mailbox b JOIN source s ON s.id = b.source_id LEFT JOIN agency a ON a.id = b.agency_id
WHERE b.address = ANY ($1)
"""

LIST = """
SELECT b.*, s.code AS source, a.code AS agency,
       (SELECT jsonb_object_agg(result, n) FROM (
            SELECT result, count(*) AS n FROM mail m WHERE m.mailbox_id = b.id AND m.day = $1 GROUP BY result
       ) per_result) AS today
FROM mailbox b JOIN source s ON s.id = b.source_id LEFT JOIN agency a ON a.id = b.agency_id
ORDER BY b.code
"""

OF_CODE = "SELECT * FROM mailbox WHERE code = $1"

DAY = """
SELECT result, count(*) AS n FROM mail m JOIN mailbox b ON b.id = m.mailbox_id
WHERE b.code = $1 AND m.day = $2 GROUP BY result
"""

NOT_TAKEN = """
SELECT m.uid, m.result, m.reason, m.bytes, m.received_at, m.at
FROM mail m JOIN mailbox b ON b.id = m.mailbox_id
WHERE b.code = $1 AND m.day = $2 AND m.result IN ('refused', 'automatic', 'bounce')
ORDER BY m.id LIMIT $3
"""

ADD = """
INSERT INTO mailbox (code, source_id, agency_id, address, url, username, password, folder, marking,
                     registered_folder, refused_folder, automatic_folder, auth_server, everything, created_at,
                     next_at)
SELECT $1, s.id, a.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15
FROM source s LEFT JOIN agency a ON a.code = $3 WHERE s.code = $2
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of an e-mail that was dealt with."""

    mailbox_id: int
    uid_validity: int
    uid: int
    key_hash: bytes
    content_hash: bytes
    sender_hash: bytes | None
    result: MailResult
    reason: str
    appeal_id: int | None
    bytes: int
    day: date
    received_at: datetime
    at: datetime


async def lease(
    connection: asyncpg.Connection, now: datetime, length: timedelta, room: int
) -> Sequence[asyncpg.Record]:
    """Mailboxes that are due, at most `room`; nobody else gets them before `length` is over."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(LEASE, now, now + length, room)
    return rows


async def renew(connection: asyncpg.Connection, row: asyncpg.Record, until: datetime) -> bool:
    """False: somebody else visits it now."""
    return await connection.fetchval(RENEW, row["id"], row["lease"], until) is not None


async def advance(
    connection: asyncpg.Connection, row: asyncpg.Record, uid_validity: int, last_uid: int, until: datetime
) -> bool:
    """It is read up to there. False: somebody else visits it now."""
    done = await connection.fetchval(ADVANCE, row["id"], row["lease"], uid_validity, last_uid, until)
    return done is not None


async def finish(
    connection: asyncpg.Connection,
    row: asyncpg.Record,
    next_at: datetime,
    failures: int,
    error: str | None,
    now: datetime,
) -> None:
    await connection.execute(FINISH, row["id"], row["lease"], next_at, failures, error, now)


async def take_turn(connection: asyncpg.Connection, key_hash: bytes) -> asyncpg.Record | None:
    """From now on this transaction alone has to do with the e-mail; what it became before, if anything."""
    await connection.execute(TURN, int.from_bytes(key_hash[:8], "big", signed=True))
    return await connection.fetchrow(BEFORE, key_hash)


async def before(connection: asyncpg.Connection, key_hash: bytes) -> asyncpg.Record | None:
    return await connection.fetchrow(BEFORE, key_hash)


async def keep(connection: asyncpg.Connection, entry: Entry) -> None:
    values = [getattr(entry, name) for name in Entry.__slots__]
    await connection.execute(KEEP, *values)


async def thread(
    connection: asyncpg.Connection,
    email_hashes: Sequence[bytes],
    notices: Sequence[int | None],
    keys: Sequence[bytes],
) -> asyncpg.Record | None:
    return await connection.fetchrow(THREAD, email_hashes, notices, keys)


async def registered_since(connection: asyncpg.Connection, sender_hash: bytes, since: datetime) -> int:
    """How many appeals this address made by e-mail."""
    count: int = await connection.fetchval(REGISTERED_SINCE, sender_hash, since)
    return count


async def ours(connection: asyncpg.Connection, addresses: Sequence[str]) -> Mapping[str, asyncpg.Record]:
    """Those of the addresses that are mailboxes of ours, with agency and source."""
    if not addresses:
        return {}
    return {row["address"]: row for row in await connection.fetch(ADDRESSES, addresses)}


async def listed(connection: asyncpg.Connection, today: date) -> Sequence[asyncpg.Record]:
    """Every mailbox, and what came of the day's e-mails by result."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(LIST, today)
    return rows


async def of_code(connection: asyncpg.Connection, code: str) -> asyncpg.Record | None:
    return await connection.fetchrow(OF_CODE, code)


async def day(connection: asyncpg.Connection, code: str, on: date) -> Mapping[str, int]:
    return {row["result"]: row["n"] for row in await connection.fetch(DAY, code, on)}


async def not_taken(
    connection: asyncpg.Connection, code: str, on: date, most: int
) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(NOT_TAKEN, code, on, most)
    return rows


async def add(connection: asyncpg.Connection, values: Sequence[Any]) -> None:
    """In the order of ADD. Raises UniqueViolationError."""
    await connection.execute(ADD, *values)

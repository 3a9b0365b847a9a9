"""Writing a new appeal: everything it consists of, for many appeals, in one statement.

The keys are taken first: a message whose key is taken already writes nothing at all, and is read back by
`already()`. Rows are one flat list of values each (`NewAppeal`), handed over as one array a column.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg

from app.core.db import columns


class NewAppeal(NamedTuple):
    """One appeal as it is stored; encrypted and hashed already. Field order is the statement's.

    `arrived_at`: when it reached us; `received_at` is when it reached whoever brought it. `stands_for`: of a
    test, the agency that would have it; then `agency_id` is the sandbox, and nothing is counted.
    """

    appeal_id: int
    key: bytes | None
    request_hash: bytes | None
    key_expires_at: datetime | None
    received_at: datetime
    arrived_at: datetime
    registered_on: date
    due_on: date
    regime: str
    channel: str
    kind: str
    topic: str
    region: str
    language: str
    applicant_type: str
    source_id: int
    external_id: str | None
    route: str
    missing: str
    agency_id: int
    stands_for: int | None
    name: bytes | None
    iin: bytes | None
    bin: bytes | None
    address: bytes | None
    phone: bytes | None
    email: bytes | None
    iin_hash: bytes | None
    bin_hash: bytes | None
    phone_hash: bytes | None
    email_hash: bytes | None
    applicant_salt: bytes
    salt: bytes
    body: bytes
    content_hash: bytes
    tokens: str
    actor_kind: str
    actor_id: int | None
    data: str
    event_hash: bytes
    facts: str
    notice: str | None
    request_id: str | None
    stage: str | None
    complaint: str | None
    listed: bool


_TYPES: dict[str, str] = dict.fromkeys(NewAppeal._fields, "text") | {
    "appeal_id": "bigint",
    "received_at": "timestamptz",
    "arrived_at": "timestamptz",
    "key_expires_at": "timestamptz",
    "registered_on": "date",
    "due_on": "date",
    "source_id": "bigint",
    "agency_id": "bigint",
    "stands_for": "bigint",
    "actor_id": "bigint",
    "listed": "boolean",
}
_TYPES |= dict.fromkeys(
    (
        *("key", "request_hash", "name", "iin", "bin", "address", "phone", "email"),
        *("iin_hash", "bin_hash", "phone_hash", "email_hash"),
        *("applicant_salt", "salt", "body", "content_hash", "event_hash"),
    ),
    "bytea",
)
_ARRAYS = ", ".join(f"${n}::{_TYPES[name]}[]" for n, name in enumerate(NewAppeal._fields, 1))

REGISTER = f"""
WITH item AS MATERIALIZED (
    SELECT * FROM unnest({_ARRAYS}) AS item({", ".join(NewAppeal._fields)})
), taken AS (
    INSERT INTO intake_key (key, appeal_id, request_hash, expires_at)
    SELECT key, appeal_id, request_hash, key_expires_at FROM item WHERE key IS NOT NULL
    ORDER BY key, appeal_id
    ON CONFLICT DO NOTHING
    RETURNING appeal_id
), head AS (
    INSERT INTO appeal (id, received_at, registered_on, channel, kind, topic, region, language,
                        applicant_type, source_id, external_id, route, missing, listed)
    SELECT appeal_id, received_at, registered_on, channel, kind, topic, region, language,
           applicant_type, source_id, external_id, route::jsonb, missing::text[], listed
    FROM item WHERE key IS NULL OR appeal_id IN (SELECT appeal_id FROM taken)
    RETURNING id
), fresh AS MATERIALIZED (
    SELECT item.* FROM item JOIN head ON head.id = item.appeal_id
), who AS (
    INSERT INTO applicant (appeal_id, name, iin, bin, address, phone, email,
                           iin_hash, bin_hash, phone_hash, email_hash, salt)
    SELECT appeal_id, name, iin, bin, address, phone, email,
           iin_hash, bin_hash, phone_hash, email_hash, applicant_salt
    FROM fresh
), what AS (
    INSERT INTO content (appeal_id, kind, at, salt, body, hash, tokens)
    SELECT appeal_id, 'appeal', received_at, salt, body, content_hash, tokens::bigint[] FROM fresh
), held AS (
    INSERT INTO holding (appeal_id, part, agency_id, stands_for, origin, received_at, registered_on, due_on,
                         regime, status, version, channel, kind, topic, region, applicant_type, running,
                         extended, on_control, stage, last_hash)
    SELECT appeal_id, 0, agency_id, stands_for, 'registered', received_at, registered_on, due_on, regime,
           'registered', 1, channel, kind, topic, region, applicant_type, true, false, false, stage,
           event_hash
    FROM fresh
    RETURNING id, appeal_id
), about AS (
    INSERT INTO complaint (appeal_id, about_id, about_part, respondent_id, signers, reviewer, reviewer_id)
    SELECT fresh.appeal_id, c.*
    FROM fresh CROSS JOIN LATERAL jsonb_to_record(complaint::jsonb) AS c(
        about_id bigint, about_part smallint, respondent_id bigint, signers bigint[], reviewer text,
        reviewer_id bigint)
    WHERE complaint IS NOT NULL
), happened AS (
    INSERT INTO event (appeal_id, part, holding_id, at, kind, actor_kind, actor_id, data, content_hash,
                       hash, source_id, changed_at)
    SELECT appeal_id, 0, held.id, received_at, 'registered', actor_kind, actor_id, data::jsonb,
           content_hash, event_hash, CASE WHEN external_id IS NOT NULL THEN source_id END,
           CASE WHEN external_id IS NOT NULL THEN arrived_at END
    FROM fresh JOIN held USING (appeal_id)
), why AS (
    INSERT INTO ledger (holding_id, event_hash, facts)
    SELECT held.id, event_hash, facts::jsonb FROM fresh JOIN held USING (appeal_id)
), counted AS (
    INSERT INTO counter_delta (holding_id, agency_id, opened_on, day, due_on, channel, applicant_type, kind,
                               topic, region, received, complaints, running)
    SELECT held.id, fresh.agency_id, registered_on, registered_on, due_on, channel, applicant_type, kind,
           topic, region, 1, CASE WHEN stage = 'handover' THEN 1 ELSE 0 END, 1
    FROM fresh JOIN held USING (appeal_id) WHERE fresh.stands_for IS NULL
), told AS (
    INSERT INTO notice (appeal_id, event_hash, kind, language, params, not_before, request_id)
    SELECT appeal_id, event_hash, 'appeal.registered', language, notice::jsonb, received_at, request_id
    FROM fresh
    WHERE notice IS NOT NULL
)
SELECT id FROM head
"""

ALREADY = """
SELECT k.key, k.request_hash, a.id, a.received_at, a.applicant_type, a.missing, a.route, e.data
FROM intake_key k
JOIN appeal a ON a.id = k.appeal_id
CROSS JOIN LATERAL (
    SELECT data FROM event
    WHERE event.appeal_id = a.id AND event.kind = 'registered' ORDER BY event.id LIMIT 1
) e
WHERE k.key = ANY($1::bytea[])
"""


async def insert(connection: asyncpg.Connection, appeals: Sequence[NewAppeal]) -> set[int]:
    """Write these appeals in one statement; give the ids of those that are new."""
    rows = await connection.fetch(REGISTER, *columns(appeals, len(NewAppeal._fields)))
    return {row["id"] for row in rows}


async def already(connection: asyncpg.Connection, keys: Sequence[bytes]) -> dict[bytes, asyncpg.Record]:
    """What was registered under these keys, as it was answered then."""
    return {row["key"]: row for row in await connection.fetch(ALREADY, list(keys))}


async def known(connection: asyncpg.Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys under which something was registered."""
    rows = await connection.fetch("SELECT key FROM intake_key WHERE key = ANY($1::bytea[])", list(keys))
    return {row["key"] for row in rows}


async def serials(
    connection: asyncpg.Connection, year: int, count: int, *, sandbox: bool = False
) -> list[int]:
    """`count` new serials of a year; one that was given is never given again, even after a rollback. Tests
    have serials of their own."""
    rows = await connection.fetch(
        "SELECT nextval($1::text::regclass) AS serial FROM generate_series(1, $2)",
        f"appeal_serial_{year}{'_sandbox' if sandbox else ''}",
        count,
    )
    return [row["serial"] for row in rows]


def pg_array(values: Sequence[Any]) -> str:
    """A PostgreSQL array literal of plain codes or integers (nothing that needs quoting)."""
    return f"{{{','.join(map(str, values))}}}"

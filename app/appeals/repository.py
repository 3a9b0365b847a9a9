"""Reading the record. Texts come out decrypted; what was erased comes out as None."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.appeals.codes import EventKind
from app.core.cipher import cipher
from app.core.nested import Nested, Row
from app.deadlines.facts import Fact, read_facts
from app.readings.keeping import LOOKED

_HEAD = f"""
SELECT a.id, a.received_at, a.registered_on, a.channel, a.kind, a.topic, a.region, a.language,
       a.applicant_type, a.source_id, c.about_id, c.about_part, about.applicant_type AS about_type,
       c.respondent_id, c.reviewer, c.reviewer_id,
       (SELECT jsonb_agg(jsonb_build_array(later.id, later.applicant_type) ORDER BY later.id)
        FROM complaint x JOIN appeal later ON later.id = x.appeal_id WHERE x.about_id = a.id) AS complaints,
       {LOOKED.format(appeal="a.id")} AS looked
"""
_OF_APPEAL = """
FROM appeal a
LEFT JOIN complaint c ON c.appeal_id = a.id
LEFT JOIN appeal about ON about.id = c.about_id
WHERE a.id = $1
"""
HEAD = f"{_HEAD} {_OF_APPEAL}"

# Each with what was written into its ledger.
HOLDINGS = Nested("""
SELECT h.id, h.part, coalesce(h.stands_for, h.agency_id) AS agency_id, h.registered_on, h.due_on, h.status,
       h.stage, h.topic, h.applicant_type, h.running, h.closed_at, h.close,
       jsonb_agg(jsonb_build_array(encode(l.event_hash, 'hex'), l.facts) ORDER BY l.id) AS ledger
FROM holding h JOIN ledger l ON l.holding_id = h.id
WHERE h.appeal_id = $1
GROUP BY h.id ORDER BY h.id
""")

# The newest holding of each part.
PARTS = """
SELECT DISTINCT ON (h.part) h.id, h.part, h.applicant_type, h.status, h.due_on, h.closed_at, h.close
FROM holding h WHERE h.appeal_id = $1 ORDER BY h.part, h.id DESC
"""

# As it was registered, with what was written then.
REGISTERED = """
SELECT a.received_at, a.registered_on, a.channel, a.source_id, a.applicant_type, e.data, l.event_hash,
       l.facts, c.body, (SELECT min(erased_on) FROM holding h WHERE h.appeal_id = a.id) AS erased_on
FROM appeal a
JOIN event e ON e.appeal_id = a.id AND e.kind = 'registered'
JOIN ledger l ON l.holding_id = e.holding_id AND l.event_hash = e.hash
LEFT JOIN content c ON c.appeal_id = a.id AND c.kind = 'appeal'
WHERE a.id = $1
"""

# Signed: wrote, proposed or approved what the applicant was told. The heads are those of whoever does the
# work of a body that held the appeal.
COMPLAINED_ABOUT = """
WITH RECURSIVE held AS (
    SELECT h.id, h.appeal_id, h.part, coalesce(h.stands_for, h.agency_id) AS agency_id, h.due_on, h.status,
           h.stage, h.topic, h.region, h.applicant_type, h.running, h.closed_at, h.close
    FROM holding h WHERE h.appeal_id = ANY ($1)
), body AS (
    SELECT agency_id AS id FROM held
    UNION SELECT link.successor_id FROM agency_successor link JOIN body ON body.id = link.agency_id
)
SELECT held.*,
       ARRAY(SELECT DISTINCT e.actor_id FROM event e
             WHERE e.holding_id = held.id AND e.actor_kind = 'staff' AND e.actor_id IS NOT NULL
               AND e.kind = ANY ($2)
             ORDER BY e.actor_id) AS signers,
       (SELECT jsonb_object_agg(agency_id, ids) FROM (
            SELECT account.agency_id, jsonb_agg(account.id ORDER BY account.id) AS ids
            FROM staff_account account JOIN body ON body.id = account.agency_id
            WHERE account.role = 'head' AND account.active
            GROUP BY account.agency_id) per_body) AS heads
FROM held ORDER BY held.id
"""

# `repeated`: something was registered under this key already.
APPLICANT = """
SELECT a.language, a.applicant_type, a.topic, a.region, a.source_id, p.name, p.iin, p.bin, p.address, p.phone,
       p.email, EXISTS (SELECT FROM intake_key k WHERE k.key = $2) AS repeated
FROM appeal a LEFT JOIN applicant p ON p.appeal_id = a.id
WHERE a.id = $1
"""

EVENTS = Nested("""
SELECT e.id, e.part, e.holding_id, e.at, e.kind, e.actor_kind, e.actor_id, e.data, e.content_hash, e.previous,
       e.hash
FROM event e WHERE e.appeal_id = $1 ORDER BY e.id
""")

CONTENTS = Nested("""
SELECT c.part, c.kind, c.at, c.author_id, c.body, c.hash FROM content c WHERE c.appeal_id = $1 ORDER BY c.id
""")

WHOLE = f"{_HEAD}, {HOLDINGS} AS holdings, {EVENTS} AS events, {CONTENTS} AS said {_OF_APPEAL}"

SIGNING = tuple(
    kind.value
    for kind in (
        EventKind.ANSWER_PROPOSED,
        EventKind.ANSWERED,
        EventKind.TERMINATED,
        EventKind.MERGED,
        EventKind.SELF_CORRECTED,
        EventKind.DECIDED,
    )
)


@dataclass(frozen=True, slots=True)
class Said:
    """One text that was written; `body` as its kind has it."""

    part: int
    kind: str
    at: datetime
    author_id: int | None
    body: dict[str, Any]
    hash: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """An appeal with all that became of it, each in order."""

    head: asyncpg.Record
    holdings: Sequence[Row]
    events: Sequence[Row]
    said: Sequence[Said]


async def whole(connection: asyncpg.Connection, appeal_id: int) -> Whole | None:
    """What `head`, `holdings`, `events` and `contents` give, by one statement."""
    row = await connection.fetchrow(WHOLE, appeal_id)
    if row is None:
        return None
    return Whole(
        head=row,
        holdings=HOLDINGS.rows(row["holdings"]),
        events=EVENTS.rows(row["events"]),
        said=[_said(content) for content in CONTENTS.rows(row["said"])],
    )


async def head(connection: asyncpg.Connection, appeal_id: int) -> asyncpg.Record | None:
    """The appeal, what it complains about, what complains about it, and which bodies read it when."""
    return await connection.fetchrow(HEAD, appeal_id)


async def events(connection: asyncpg.Connection, appeal_id: int) -> Sequence[asyncpg.Record]:
    return await connection.fetch(EVENTS.statement, appeal_id)


async def contents(connection: asyncpg.Connection, appeal_id: int) -> list[Said]:
    return [_said(row) for row in await connection.fetch(CONTENTS.statement, appeal_id)]


def _said(row: Row) -> Said:
    return Said(row["part"], row["kind"], row["at"], row["author_id"], opened(row["body"]), row["hash"])


def opened(body: bytes) -> dict[str, Any]:
    """A content's body, decrypted."""
    found: dict[str, Any] = json.loads(cipher().decrypt(body, "content.body"))
    return found


async def holdings(connection: asyncpg.Connection, appeal_id: int) -> Sequence[asyncpg.Record]:
    """All of an appeal's, in order; their facts by `facts_of`."""
    return await connection.fetch(HOLDINGS.statement, appeal_id)


def facts_of(holding: Row) -> list[Fact]:
    """What the due day of one of the `holdings` follows from, in order."""
    return read_facts((bytes.fromhex(event), facts) for event, facts in holding["ledger"])


async def parts(connection: asyncpg.Connection, appeal_id: int) -> Sequence[asyncpg.Record]:
    return await connection.fetch(PARTS, appeal_id)


async def registered(connection: asyncpg.Connection, appeal_id: int) -> asyncpg.Record | None:
    """An appeal as it was registered; its facts are one ledger row's, its body is encrypted."""
    return await connection.fetchrow(REGISTERED, appeal_id)


async def complained_about(
    connection: asyncpg.Connection, appeal_ids: Sequence[int]
) -> Sequence[asyncpg.Record]:
    """The holdings of these appeals in order, with who signed each, and the heads of the bodies."""
    return await connection.fetch(COMPLAINED_ABOUT, appeal_ids, SIGNING)


async def applicant(
    connection: asyncpg.Connection, appeal_id: int, key: bytes | None
) -> asyncpg.Record | None:
    """Who wrote it (encrypted) and on what, for a message of theirs that follows."""
    return await connection.fetchrow(APPLICANT, appeal_id, key)


async def purge_expired_keys(connection: asyncpg.Connection, now: datetime) -> int:
    """Forget idempotency keys whose days are over; gives how many."""
    done = await connection.execute("DELETE FROM intake_key WHERE expires_at < $1", now)
    return int(done.split()[-1])

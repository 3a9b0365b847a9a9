"""What no event speaks of, and cases that are not as their events say."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import asyncpg

from app.appeals.codes import EventKind, Origin, Status
from app.appeals.lifecycle import FORMS, RULES
from app.core.db import Database
from app.seals.findings import Finding

PIECE = 5_000

# Each the rows of one piece, with whether an event speaks of them; $1: the id before, $2: how many.
SPOKEN_OF: Mapping[str, str] = {
    "appeal": """
        SELECT a.id, EXISTS (SELECT FROM event e WHERE e.appeal_id = a.id AND e.kind = 'registered') AS told
        FROM appeal a WHERE a.id > $1 ORDER BY a.id LIMIT $2
    """,
    "content": """
        SELECT c.id, EXISTS (
            SELECT FROM event e WHERE e.appeal_id = c.appeal_id AND e.content_hash = c.hash) AS told
        FROM content c WHERE c.id > $1 ORDER BY c.id LIMIT $2
    """,
    "ledger": """
        SELECT l.id, EXISTS (
            SELECT FROM holding h JOIN event e ON e.appeal_id = h.appeal_id
            WHERE h.id = l.holding_id AND e.hash = l.event_hash) AS told
        FROM ledger l WHERE l.id > $1 ORDER BY l.id LIMIT $2
    """,
}
_FILES = """
SELECT a.id FROM attachment a
WHERE a.appeal_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM event e WHERE e.appeal_id = a.appeal_id AND e.data -> 'attachments' ? encode(a.hash, 'hex'))
ORDER BY a.id LIMIT $1
"""
_HOLDINGS = """
SELECT h.id, h.status, h.origin, h.received_at, h.closed_at, h.outcome, h.last_hash, told.*
FROM (SELECT * FROM holding WHERE id > $1 ORDER BY id LIMIT $2) h
CROSS JOIN LATERAL (
    SELECT array_agg(e.kind ORDER BY e.id) AS kinds, array_agg(e.at ORDER BY e.id) AS times,
           array_agg(e.data ->> 'outcome' ORDER BY e.id) AS outcomes,
           (array_agg(e.hash ORDER BY e.id DESC))[1] AS newest
    FROM event e WHERE e.holding_id = h.id) told
ORDER BY h.id
"""

_LEADS_TO: Mapping[str, Status] = {
    rule.event: rule.to for rule in (*RULES.values(), *FORMS.values()) if rule.to
}
_TAKEN_UP = frozenset({EventKind.CLAIMED, EventKind.ASSIGNED})
_ORIGINS: Mapping[str, Origin] = {
    EventKind.REGISTERED: Origin.REGISTERED,
    EventKind.RECEIVED: Origin.FORWARDED,
    EventKind.REOPENED: Origin.REOPENED,
    EventKind.SPLIT_OFF: Origin.SPLIT,
}
_OUTCOMES = frozenset({EventKind.ANSWERED, EventKind.DECIDED, EventKind.SELF_CORRECTED})

Progress = Callable[[int], None]


async def unspoken(db: Database, table: str, progress: Progress) -> AsyncIterator[Finding]:
    """The rows of a table of SPOKEN_OF that no event speaks of."""
    after = 0
    while True:
        async with db.read() as connection:
            piece = await connection.fetch(SPOKEN_OF[table], after, PIECE)
        if not piece:
            return
        for row in piece:
            if not row["told"]:
                yield Finding(table, row["id"], "unspoken")
        after = piece[-1]["id"]
        progress(len(piece))


async def files(db: Database) -> AsyncIterator[Finding]:
    """Files of an appeal that none of its events names."""
    async with db.read() as connection:
        for row in await connection.fetch(_FILES, PIECE):
            yield Finding("attachment", row["id"], "unspoken")


async def holdings(db: Database, progress: Progress) -> AsyncIterator[Finding]:
    """Cases whose state, beginning or end is not what their events lead to."""
    after = 0
    while True:
        async with db.read() as connection:
            piece = await connection.fetch(_HOLDINGS, after, PIECE)
        if not piece:
            return
        for row in piece:
            if not _as_told(row):
                yield Finding("holding", row["id"], "holding")
        after = piece[-1]["id"]
        progress(len(piece))


def _as_told(row: asyncpg.Record) -> bool:
    if not row["kinds"]:
        return False
    opened = (row["origin"], row["received_at"]) == (_ORIGINS.get(row["kinds"][0]), row["times"][0])
    ended = row["closed_at"] is None or row["closed_at"] in row["times"]
    said = [outcome for kind, outcome in zip(row["kinds"], row["outcomes"], strict=True) if kind in _OUTCOMES]
    outcome = row["outcome"] == (said[-1] if said else None)
    led = standing(row["kinds"]) == row["status"]
    return opened and ended and outcome and led and bool(row["newest"] == row["last_hash"])


def standing(kinds: Sequence[str]) -> Status:
    """The status that the events of a holding lead to, in their order."""
    status = Status.REGISTERED
    for kind in kinds:
        if kind in _TAKEN_UP and status is not Status.REGISTERED:
            continue
        status = _LEADS_TO.get(kind, status)
    return status

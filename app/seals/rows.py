"""The rows of the record as leaves of a tree: every event in the order of commits, and after it what was
written with it and never changes: its facts in the ledger and, of a registration, the appeal and what it
complains about. At the end stands what no event speaks of: the closed periods of the index and their rows.

None holds personal data. A leaf names the hash of its event, in which there is a secret salt, so that nobody
can guess what their neighbour in the tree says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from app.appeals.codes import EventKind
from app.appeals.history import canonical
from app.seals import tree
from app.seals.heads import moment

Place = tuple[int, int]
"""Of an event in the order of commits: its transaction and its id."""
BEGINNING: Place = (0, 0)

COLUMNS = """
    e.id, e.xid::text::bigint AS xid, e.appeal_id, e.part, e.holding_id, e.at, e.kind, e.actor_kind,
    e.actor_id, e.data, e.content_hash, e.previous, e.hash, e.source_id, e.changed_at
"""
_ORDER = "ORDER BY e.xid, e.id LIMIT"
# Older than every transaction that is still open: whatever commits late comes after it.
SETTLED = f"""
SELECT {COLUMNS} FROM event e
WHERE (e.xid, e.id) > ($1::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
{_ORDER} $3
"""
AFTER = f"""
SELECT {COLUMNS} FROM event e WHERE (e.xid, e.id) > ($1::text::xid8, $2::bigint) {_ORDER} $3
"""
BETWEEN = f"""
SELECT {COLUMNS} FROM event e
WHERE (e.xid, e.id) > ($1::text::xid8, $2::bigint) AND (e.xid, e.id) <= ($3::text::xid8, $4::bigint)
{_ORDER} $5
"""
_LEDGER = """
SELECT l.id, l.holding_id, l.event_hash, l.facts
FROM unnest($1::bigint[], $2::bytea[]) AS asked(appeal_id, hash)
JOIN holding h ON h.appeal_id = asked.appeal_id
JOIN ledger l ON l.holding_id = h.id AND l.event_hash = asked.hash
ORDER BY l.id
"""
_APPEALS = """
SELECT id, received_at, registered_on, channel, kind, topic, region, language, applicant_type, source_id,
       external_id, route, missing, listed
FROM appeal WHERE id = ANY ($1::bigint[])
"""
_COMPLAINTS = """
SELECT appeal_id, about_id, about_part, respondent_id, signers, reviewer, reviewer_id
FROM complaint WHERE appeal_id = ANY ($1::bigint[])
"""
# What was written after the events of the seal before and before the last of this one, by its transaction.
_CLOSED: Mapping[str, str] = {
    "index_period": """
        SELECT id, xid::text::bigint AS xid, period, first, last, closed_at, definition FROM index_period
        WHERE xid > $1::text::xid8 AND xid <= $2::text::xid8 ORDER BY id
    """,
    "index_score": """
        SELECT id, xid::text::bigint AS xid, period_id, agency, data FROM index_score
        WHERE xid > $1::text::xid8 AND xid <= $2::text::xid8 ORDER BY id
    """,
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A row of the record: its table, its id, and what is sealed of it."""

    table: str
    id: int
    text: bytes

    @property
    def hash(self) -> bytes:
        return tree.leaf_hash(self.text)


def place(event: asyncpg.Record) -> Place:
    return event["xid"], event["id"]


async def settled(connection: asyncpg.Connection, after: Place, most: int) -> Sequence[asyncpg.Record]:
    """The next events after a place that nothing can come before any more."""
    return await connection.fetch(SETTLED, str(after[0]), after[1], most)


async def between(
    connection: asyncpg.Connection, after: Place, upto: Place, most: int
) -> Sequence[asyncpg.Record]:
    return await connection.fetch(BETWEEN, str(after[0]), after[1], str(upto[0]), upto[1], most)


async def following(connection: asyncpg.Connection, after: Place, most: int) -> Sequence[asyncpg.Record]:
    """The next events after a place, settled or not."""
    return await connection.fetch(AFTER, str(after[0]), after[1], most)


async def leaves(
    connection: asyncpg.Connection, events: Sequence[asyncpg.Record], after: Place, upto: Place
) -> list[Leaf]:
    """Of the events between two places, of what was written with them and of what no event is about."""
    registered = [event["appeal_id"] for event in events if event["kind"] == EventKind.REGISTERED]
    asked = ([event["appeal_id"] for event in events], [event["hash"] for event in events])
    facts = _grouped(await connection.fetch(_LEDGER, *asked), "event_hash")
    appeals = _grouped(await connection.fetch(_APPEALS, registered), "id")
    complaints = _grouped(await connection.fetch(_COMPLAINTS, registered), "appeal_id")
    found: list[Leaf] = []
    for event in events:
        found.append(event_leaf(event))
        found += [_leaf("ledger", row["id"], dict(row)) for row in facts.get(event["hash"], ())]
        if event["kind"] == EventKind.REGISTERED:
            said = {"event": event["hash"]}
            appeal_id = event["appeal_id"]
            found += [_leaf("appeal", appeal_id, dict(row) | said) for row in appeals.get(appeal_id, ())]
            found += [
                _leaf("complaint", appeal_id, dict(row) | said) for row in complaints.get(appeal_id, ())
            ]
    return found + await _closed(connection, after[0], upto[0])


async def _closed(connection: asyncpg.Connection, after: int, upto: int) -> list[Leaf]:
    """Every transaction lies between the last ones of two seals that follow each other, of one pair only."""
    return [
        _leaf(table, row["id"], dict(row))
        for table, sql in _CLOSED.items()
        for row in await connection.fetch(sql, str(after), str(upto))
    ]


def event_leaf(event: asyncpg.Record) -> Leaf:
    """What its own hash does not say is beside it."""
    beside = ("id", "xid", "hash", "holding_id", "source_id", "changed_at")
    return _leaf("event", event["id"], {name: event[name] for name in beside})


def _grouped(rows: Iterable[asyncpg.Record], column: str) -> Mapping[Any, list[asyncpg.Record]]:
    found: dict[Any, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _leaf(table: str, id_: int, row: Mapping[str, Any]) -> Leaf:
    said = {name: _plain(value) for name, value in row.items()}
    return Leaf(table, id_, canonical({"table": table} | said))


def _plain(value: Any) -> Any:
    """As JSON has it: bytes in hex, instants in UTC."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value

"""Many open cases at once: some are registered as everything is, and are there again under other numbers."""

from collections.abc import Mapping
from itertools import cycle, islice
from math import ceil
from typing import Any

import asyncpg

from app.core import clock
from app.directory import snapshot
from app.intake.api import submission
from app.intake.register import register
from app.intake.schemas import AppealIn
from app.intake.submission import Submission
from bench.appeals import appeals

REGISTERED = 1000

# Of those that were registered for it, $3 to $4. What is joined is told in which order: nothing is known of
# the new rows yet.
_CASES = (
    """
    INSERT INTO appeal (id, received_at, registered_on, channel, kind, topic, region, language,
                        applicant_type, source_id, route, missing)
    SELECT id + times * $1::bigint, received_at, registered_on, channel, kind, topic, region, language,
           applicant_type, source_id, route, missing
    FROM appeal CROSS JOIN generate_series(1, $2) times WHERE id BETWEEN $3::bigint AND $4::bigint
    """,
    """
    INSERT INTO holding (appeal_id, agency_id, origin, received_at, registered_on, due_on, regime, status,
                         version, channel, kind, topic, region, applicant_type, running, extended, on_control,
                         last_hash)
    SELECT appeal_id + times * $1::bigint, agency_id, origin, received_at, registered_on, due_on, regime,
           status, version, channel, kind, topic, region, applicant_type, running, extended, on_control,
           last_hash
    FROM generate_series(1, $2) times CROSS JOIN holding WHERE appeal_id BETWEEN $3::bigint AND $4::bigint
    """,
    """
    INSERT INTO event (appeal_id, holding_id, at, kind, actor_kind, data, content_hash, hash)
    SELECT h.appeal_id, h.id, e.at, e.kind, e.actor_kind, e.data, e.content_hash, e.hash
    FROM (SELECT event.*, appeal_id + times * $1::bigint AS again
          FROM event CROSS JOIN generate_series(1, $2) times
          WHERE appeal_id BETWEEN $3::bigint AND $4::bigint OFFSET 0) e
    JOIN holding h ON h.appeal_id = e.again
    """,
    """
    INSERT INTO ledger (holding_id, event_hash, facts)
    SELECT h.id, l.event_hash, l.facts
    FROM (SELECT ledger.event_hash, ledger.facts, o.appeal_id + times * $1::bigint AS again
          FROM holding o JOIN ledger ON ledger.holding_id = o.id CROSS JOIN generate_series(1, $2) times
          WHERE o.appeal_id BETWEEN $3::bigint AND $4::bigint OFFSET 0) l
    JOIN holding h ON h.appeal_id = l.again
    """,
)
_TEXTS = (
    """
    INSERT INTO content (appeal_id, part, kind, at, author_id, salt, body, hash, tokens)
    SELECT appeal_id + times * $1::bigint, part, kind, at, author_id, salt, body, hash, tokens
    FROM content CROSS JOIN generate_series(1, $2) times WHERE appeal_id BETWEEN $3::bigint AND $4::bigint
    """,
    """
    INSERT INTO applicant (appeal_id, name, phone) SELECT appeal_id + times * $1::bigint, name, phone
    FROM applicant CROSS JOIN generate_series(1, $2) times
    WHERE appeal_id BETWEEN $3::bigint AND $4::bigint
    """,
)
_LAST = "SELECT coalesce(max(id), 0) FROM appeal"
_AFTER = "SELECT min(id), max(id) FROM appeal WHERE id > $1"
_TAKEN = "SELECT count(nextval($1::text::regclass)) FROM generate_series(1, $2)"
# As if they had come in over some weeks: a part of them is overdue.
_SPREAD = """
UPDATE holding SET due_on = due_on - (id % $2)::int, registered_on = registered_on - (id % $2)::int
WHERE appeal_id > $1
"""


async def multiplied(
    connection: asyncpg.Connection, cases: int, *, texts: bool = False, days: int = 0, **told: Any
) -> None:
    """So many open cases more, in whole thousands. `told`: what their messages say otherwise than
    `bench.appeals`, as the body they are addressed to; `texts`: with what people wrote and who they are;
    `days`: they came in over so many."""
    before = await connection.fetchval(_LAST)
    await register(connection, _sent(told), snapshot.current())
    first, last = tuple(await connection.fetchrow(_AFTER, before) or ())
    if days:
        await connection.execute(_SPREAD, before, days)
    times = ceil(cases / REGISTERED) - 1
    for statement in (*_CASES, *(_TEXTS if texts else ())):
        await connection.execute(statement, REGISTERED, times, first, last)
    await connection.execute(_TAKEN, f"appeal_serial_{clock.today().year}", REGISTERED * times)


def _sent(told: Mapping[str, Any]) -> list[Submission]:
    bodies = [AppealIn(**{**body, **told}) for body in appeals()]
    return [submission(body, None) for body in islice(cycle(bodies), REGISTERED)]

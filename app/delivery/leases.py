"""Deliveries as the database keeps them: leased to a worker, read with all they need, finished with proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg

from app.delivery.outcome import Outcome
from app.notices.models import DeliveryState

# The receivers for whom anything waits, by one step in the index for each.
LANES = """
WITH RECURSIVE lane AS (
    (SELECT lane AS name FROM delivery WHERE state IN ('pending', 'failed') ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT d.lane FROM delivery d WHERE d.state IN ('pending', 'failed') AND d.lane > lane.name
            ORDER BY d.lane LIMIT 1)
    FROM lane WHERE lane.name IS NOT NULL
)
SELECT name FROM lane WHERE name IS NOT NULL
"""

# `reply_to`: the mailbox that the appeal came by, if it came by e-mail.
# For each lane what is due, as many as it has room for. Of one appeal, or booking, and receiver an earlier
# one that is still open goes first; what another worker is taking at this moment is passed over.
LEASE = """
WITH due AS (
    SELECT found.id FROM unnest($1::text[], $2::int[]) AS wanted(lane, room)
    CROSS JOIN LATERAL (
        SELECT d.id FROM delivery d
        WHERE d.lane = wanted.lane AND d.state IN ('pending', 'failed') AND d.next_at <= $3
          AND (d.leased_until IS NULL OR d.leased_until <= $3)
          AND NOT EXISTS (
            SELECT FROM delivery before
            WHERE before.appeal_id = d.appeal_id AND before.lane = d.lane AND before.id < d.id
              AND before.state IN ('pending', 'failed'))
          AND NOT EXISTS (
            SELECT FROM delivery before
            WHERE before.booking_id = d.booking_id AND before.lane = d.lane AND before.id < d.id
              AND before.state IN ('pending', 'failed'))
        ORDER BY d.next_at, d.id LIMIT wanted.room
        FOR NO KEY UPDATE SKIP LOCKED
    ) found
), leased AS (
    UPDATE delivery d SET attempts = d.attempts + 1, leased_until = $4
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.notice_id, d.appeal_id, d.booking_id, d.way, d.lane, d.subscription_id, d.attempts,
              d.know_by
)
SELECT leased.id, leased.notice_id, leased.appeal_id, leased.booking_id, leased.way, leased.lane,
       leased.attempts, leased.know_by, n.kind, n.audience, n.language, n.params, n.event_hash, n.request_id,
       said.part, said.at, a.applicant_type, a.external_id, a.channel,
       coalesce(now_.stands_for, now_.agency_id) AS agency_id, now_.status, now_.version, now_.due_on,
       coalesce(p.email, b.email) AS email, coalesce(p.phone, b.phone) AS phone, written.to_ AS reply_to,
       a.route #>> '{request,blog}' AS blog, answer.body AS answer,
       s.id AS subscription_id, s.events, s.url, s.secret, s.previous_secret, s.previous_until, s.ended_at,
       coalesce(opens.generation, 0) AS link_generation
FROM leased
JOIN notice n ON n.id = leased.notice_id
LEFT JOIN appeal a ON a.id = leased.appeal_id
LEFT JOIN event said ON said.appeal_id = n.appeal_id AND said.hash = n.event_hash
LEFT JOIN LATERAL (SELECT h.* FROM holding h WHERE h.appeal_id = n.appeal_id AND h.part = said.part
              ORDER BY h.id DESC LIMIT 1) now_ ON true
LEFT JOIN applicant p ON p.appeal_id = leased.appeal_id
LEFT JOIN booking b ON b.id = leased.booking_id
LEFT JOIN subscription s ON s.id = leased.subscription_id
LEFT JOIN LATERAL (SELECT b.address AS to_ FROM mail m JOIN mailbox b ON b.id = m.mailbox_id
                   WHERE m.appeal_id = leased.appeal_id AND m.result = 'registered' AND leased.way = 'email'
                   LIMIT 1) written ON true
LEFT JOIN content answer
    ON answer.appeal_id = leased.appeal_id AND answer.hash = said.content_hash
    AND n.kind = 'appeal.answered' AND 'post.answered' = ANY (s.events)
LEFT JOIN appeal_link opens ON opens.appeal_id = leased.appeal_id
ORDER BY leased.id
"""

# Only the newest attempt decides the state; that it was made is kept of each.
FINISH = """
WITH finished AS (
    UPDATE delivery
    SET state = $3, next_at = coalesce($4, next_at), leased_until = NULL, know_by = coalesce($5, know_by),
        task_at = CASE WHEN $6 THEN coalesce(task_at, $7) ELSE task_at END
    WHERE id = $1 AND attempts = $2 AND state IN ('pending', 'failed')
)
INSERT INTO delivery_attempt (delivery_id, attempt, at, result, code, detail) VALUES ($1, $2, $7, $8, $9, $10)
"""

END = """
WITH ended AS (
    UPDATE subscription SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL
)
UPDATE delivery SET state = 'given_up', leased_until = NULL
WHERE subscription_id = $1 AND state IN ('pending', 'failed')
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt leaves its delivery."""

    state: DeliveryState
    next_at: datetime | None = None
    know_by: date | None = None
    task: bool = False


async def lanes(connection: asyncpg.Connection) -> list[str]:
    return [row["name"] for row in await connection.fetch(LANES)]


async def lease(
    connection: asyncpg.Connection, room: Mapping[str, int], now: datetime, length: timedelta
) -> Sequence[asyncpg.Record]:
    """What is due, as much as there is `room` in each lane; nobody else gets it before `length` is over."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        LEASE, list(room), list(room.values()), now, now + length
    )
    return rows


async def finish(
    connection: asyncpg.Connection, row: asyncpg.Record, outcome: Outcome, ending: Ending, now: datetime
) -> None:
    await connection.execute(
        FINISH,
        row["id"],
        row["attempts"],
        ending.state,
        ending.next_at,
        ending.know_by,
        ending.task,
        now,
        outcome.result,
        outcome.code,
        outcome.detail,
    )


async def end_subscription(connection: asyncpg.Connection, subscription_id: int, now: datetime) -> None:
    """Nothing more goes there; what waits is given up."""
    await connection.execute(END, subscription_id, now)

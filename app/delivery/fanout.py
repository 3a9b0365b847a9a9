"""The outbox is read: notices become deliveries, many at once, in the order in which they were written.

Done by one worker at a time (a job of its own lock), so that of one appeal an earlier notice always gets the
lower delivery. Nothing that commits late is passed over: a notice waits for as long as it is `pending`.
Nobody is sent what happened more than 30 days before: such notices come from registers that were brought
along, and the people in them wrote long ago. Of a test only subscribers are told: its e-mail addresses and
telephones may be anybody's.
"""

import logging
from datetime import timedelta

from app.appeals.numbers import SANDBOX_FROM, SERIALS
from app.core import clock
from app.core.db import Database
from app.settings import Settings

log = logging.getLogger("listening_state.delivery")

BATCH = 2000
OLD = timedelta(days=30)

# The answer itself goes to a platform whose author wrote to it, if it asked for that.
OF_A_POST = """(fresh.kind = 'appeal.answered' AND 'post.answered' = ANY (s.events)
                 AND a.channel = 'blog' AND a.external_id IS NOT NULL AND 'blog' = ANY (c.channels))"""

FAN_OUT = f"""
WITH fresh AS MATERIALIZED (
    SELECT id, appeal_id, booking_id, kind, audience, not_before FROM notice
    WHERE state = 'pending' ORDER BY id LIMIT $1
), taken AS (
    UPDATE notice SET state = 'taken' FROM fresh WHERE notice.id = fresh.id
), made AS (
    INSERT INTO delivery (notice_id, appeal_id, booking_id, way, lane, subscription_id, next_at)
    SELECT told.* FROM (
        SELECT fresh.id, fresh.appeal_id, fresh.booking_id, way, way AS lane, NULL::bigint, fresh.not_before
        FROM fresh CROSS JOIN LATERAL (
            SELECT email, phone FROM applicant
            WHERE appeal_id = fresh.appeal_id AND appeal_id % {SERIALS} < {SANDBOX_FROM}
            UNION ALL
            SELECT email, phone FROM booking WHERE id = fresh.booking_id
        ) p
        CROSS JOIN LATERAL (SELECT CASE WHEN $2 AND p.email IS NOT NULL THEN 'email'
                                        WHEN $3 AND p.phone IS NOT NULL THEN 'sms' END) AS chosen(way)
        WHERE fresh.audience = 'applicant' AND fresh.not_before > $4 AND way IS NOT NULL
        UNION ALL
        SELECT fresh.id, fresh.appeal_id, NULL, 'webhook', 'webhook:' || s.id, s.id, fresh.not_before
        FROM fresh JOIN appeal a ON a.id = fresh.appeal_id
        JOIN api_client c ON c.source_id = a.source_id AND c.active
        JOIN subscription s ON s.client_id = c.id AND s.ended_at IS NULL
            AND (fresh.kind = ANY (s.events) OR {OF_A_POST})
        WHERE fresh.audience = 'applicant' AND fresh.not_before > $4
    ) AS told(notice_id, appeal_id, booking_id, way, lane, subscription_id, next_at)
    ORDER BY told.notice_id
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM fresh
"""


async def fan_out(db: Database, settings: Settings) -> int:
    """Everything that waits in the outbox; how many notices."""
    by_email, by_sms = bool(settings.smtp_url.get_secret_value()), bool(settings.sms_url.get_secret_value())
    done = 0
    while True:
        async with db.transaction() as connection:
            count: int = await connection.fetchval(FAN_OUT, BATCH, by_email, by_sms, clock.now() - OLD)
        done += count
        if count < BATCH:
            break
    if done:
        log.info("outbox: %d notices taken", done)
    return done

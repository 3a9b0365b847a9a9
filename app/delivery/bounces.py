"""Notices that came back: a mail server took one, and another one reported that it did not arrive."""

from datetime import datetime

import asyncpg

from app.delivery.legal import know_by
from app.directory import snapshot
from app.notices.models import Result

SENT = """
SELECT d.id, d.attempts, d.appeal_id, d.booking_id, d.know_by, n.event_hash, n.params
FROM delivery d JOIN notice n ON n.id = d.notice_id
WHERE d.notice_id = $1 AND d.way = 'email' AND d.attempts > 0
FOR NO KEY UPDATE OF d
"""

# As after a last try: a person tells the applicant. One that was settled stays so.
BOUNCED = """
WITH back AS (
    UPDATE delivery SET state = 'given_up', leased_until = NULL, know_by = coalesce(know_by, $3),
           task_at = coalesce(task_at, $4)
    WHERE id = $1 AND state <> 'given_up' RETURNING attempts
)
INSERT INTO delivery_attempt (delivery_id, attempt, at, result, code, detail)
SELECT $1, attempts, $4, $5, $2, 'bounced' FROM back
"""


async def bounced(
    connection: asyncpg.Connection, notice_id: int, code: int | None, now: datetime
) -> int | None:
    """The e-mail of a notice did not arrive: given up, which makes it a task for a person. `code`: SMTP's.

    The id of the appeal; None where no such e-mail was sent, or it was about a booking. Twice is once.
    """
    row = await connection.fetchrow(SENT, notice_id)
    if row is None:
        return None
    known_by = row["know_by"] or await know_by(connection, row, snapshot.current())
    await connection.execute(BOUNCED, row["id"], code, known_by, now, Result.REFUSED)
    appeal_id: int = row["appeal_id"]
    return appeal_id

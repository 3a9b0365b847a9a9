"""How much a client asks: counted by the minute, for all processes together."""

from datetime import timedelta
from math import ceil

from app.core import clock
from app.core.db import Database
from app.core.errors import TooManyRequests

# Of two processes whose clocks differ the later minute counts.
_COUNT = """
INSERT INTO client_use AS u (client_id, minute, requests) VALUES ($1, $2, 1)
ON CONFLICT (client_id) DO UPDATE
SET requests = CASE WHEN u.minute >= excluded.minute THEN u.requests + 1 ELSE 1 END,
    minute = greatest(u.minute, excluded.minute)
RETURNING requests
"""


async def count(db: Database, client_id: int, limit: int) -> None:
    """Count one request. Raises TooManyRequests when it is one too many in this minute."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    async with db.transaction() as connection:
        requests = await connection.fetchval(_COUNT, client_id, minute)
    if requests > limit:
        raise TooManyRequests(retry_after=ceil((minute + timedelta(minutes=1) - now).total_seconds()))

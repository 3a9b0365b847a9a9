"""How much may be uploaded: a client by its own limit, staff freely, anybody else so many files an hour from
one network."""

from datetime import timedelta
from math import ceil

from fastapi import Request

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.core.edge import Configured, Db, Network
from app.core.errors import TooManyRequests
from app.staff.access import ClientCaller, StaffCaller, client_caller, declares, staff_caller
from app.staff.limits import count

FILES_AN_HOUR = 120

_COUNT = """
INSERT INTO upload_use AS u (network, hour, files) VALUES ($1, $2, 1)
ON CONFLICT (network) DO UPDATE
SET files = CASE WHEN u.hour >= excluded.hour THEN u.files + 1 ELSE 1 END,
    hour = greatest(u.hour, excluded.hour)
RETURNING files
"""

Uploader = ClientCaller | StaffCaller | None


@declares("public")
async def uploader(request: Request, db: Db, network: Network, settings: Configured) -> Uploader:
    """Anybody; who sends a key or a token is known by it, and it must be good. Raises TooManyRequests."""
    key = request.headers.get("x-api-key")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if key:
        caller = await client_caller(db, key.encode("latin-1", "replace"))
        if settings.rate_limits != "off":
            await count(db, caller.client_id, caller.requests_per_minute)
        return caller
    if scheme.lower() == "bearer":
        return await staff_caller(db, token)
    if settings.rate_limits != "off":
        await count_file(db, network)
    return None


async def count_file(db: Database, network: str) -> None:
    """One more file from this network. Raises TooManyRequests."""
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    async with db.transaction() as connection:
        files = await connection.fetchval(_COUNT, cipher().search_hash(network, "upload_use"), hour)
    if files > FILES_AN_HOUR:
        raise TooManyRequests(retry_after=ceil((hour + timedelta(hours=1) - now).total_seconds()))

"""The secret by which a client signs what it sends, beside its key: a key that leaks is not enough."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from app.core import clock, signatures
from app.core.cipher import cipher
from app.core.db import Database
from app.staff.errors import SignatureInvalid, SigningSecretMissing, TimestampRefused

SECRET = "client_secret.secret"

_PUT = """
INSERT INTO client_secret AS s (client_id, secret, created_at) VALUES ($1, $2, $3)
ON CONFLICT (client_id) DO UPDATE
SET secret = $2, created_at = $3,
    previous_secret = CASE WHEN $4::timestamptz IS NOT NULL THEN s.secret END, previous_until = $4
"""
_GOOD = """
SELECT secret, CASE WHEN previous_until > $2 THEN previous_secret END AS previous
FROM client_secret WHERE client_id = $1
"""


async def put(
    connection: asyncpg.Connection,
    client_id: int,
    now: datetime,
    secret: str | None = None,
    *,
    at_once: bool = False,
) -> tuple[str, datetime]:
    """Another secret (a new one unless it is given), and until when the one before it is good too. Not at all
    if `at_once`. A second change within the day keeps the newest two."""
    secret = secret or signatures.new_secret()
    until = now + signatures.BOTH_SECRETS
    await connection.execute(
        _PUT, client_id, cipher().encrypt(secret, SECRET), now, None if at_once else until
    )
    return secret, until


async def check(db: Database, client_id: int, raw: bytes, headers: Mapping[str, str]) -> None:
    """Raises SigningSecretMissing, TimestampRefused, SignatureInvalid. Nothing of `raw` is parsed."""
    now = clock.now()
    async with db.read() as connection:
        row = await connection.fetchrow(_GOOD, client_id, now)
    if row is None:
        raise SigningSecretMissing
    if not signatures.on_time(headers, now):
        raise TimestampRefused
    known = [cipher().decrypt(sealed, SECRET) for sealed in row.values() if sealed]
    if not signatures.verified(known, raw, headers):
        raise SignatureInvalid

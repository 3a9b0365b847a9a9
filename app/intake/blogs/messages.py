"""Which `webhook-id` a client has used for which bytes."""

import hashlib
from datetime import datetime, timedelta

import asyncpg

from app.core.db import Database
from app.intake.register import KeyReused

KEPT = timedelta(days=30)
_TAKE = """
INSERT INTO signed_message AS m (client_id, message_hash, body_hash, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (client_id, message_hash) DO UPDATE SET at = m.at RETURNING body_hash
"""
_PURGE = "DELETE FROM signed_message WHERE at < $1"


async def take_id(db: Database, client_id: int, message_id: str, body_hash: bytes, now: datetime) -> None:
    """Raises KeyReused when the id was that of other bytes. Taken before the post is registered: a repeat
    after a crash in between finds its own bytes."""
    message_hash = hashlib.sha256(message_id.encode()).digest()
    async with db.transaction() as connection:
        first = await connection.fetchval(_TAKE, client_id, message_hash, body_hash, now)
    if first != body_hash:
        raise KeyReused


async def purge_messages(connection: asyncpg.Connection, now: datetime) -> None:
    """Forget ids whose days are over."""
    await connection.execute(_PURGE, now - KEPT)

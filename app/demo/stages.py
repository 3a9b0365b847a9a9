"""The demo's stages, each loaded once: its transaction says so."""

from datetime import datetime

import asyncpg


async def begins(connection: asyncpg.Connection, stage: str, at: datetime) -> bool:
    """Take the stage in this transaction; False: it has been loaded already."""
    found = await connection.fetchval(
        "INSERT INTO demo_load VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING stage", stage, at
    )
    return found is not None

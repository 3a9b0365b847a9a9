"""The sandbox of a source: its twin, whose tickets are tests."""

import asyncpg

from app.core.db import Database
from app.directory.load import bump

# No code of the data files has a dot in it.
_ADD = """
INSERT INTO source (code, agency_id, region, channels, late_days, kk, ru, en, sandbox_of)
SELECT code || '.sandbox', agency_id, region, channels, late_days, kk, ru, en, id
FROM source WHERE code = $1 AND sandbox_of IS NULL
ON CONFLICT (sandbox_of) DO NOTHING
RETURNING code
"""
_FOUND = """
SELECT twin.code FROM source twin JOIN source original ON original.id = twin.sandbox_of
WHERE original.code = $1
"""


async def sandbox_of(db: Database, code: str) -> str | None:
    """The code of a source's sandbox, made when it is asked for first; None when there is no such source."""
    async with db.transaction() as connection:
        if made := await connection.fetchval(_ADD, code):
            await bump(connection)
            return str(made)
        return await _found(connection, code)


async def _found(connection: asyncpg.Connection, code: str) -> str | None:
    """By a statement of its own: it sees what somebody else has just made."""
    found: str | None = await connection.fetchval(_FOUND, code)
    return found

"""The keys that must stay although the secret changes: of the access codes that people hold, of the links
that were sent, of hashes of what is not kept itself.

At first each follows from the secret, as every other key does. The first process that sees none kept writes
them down, encrypted like everything personal, so that a change of the secret writes them again and never
another.
"""

import asyncpg

from app.core import clock, sight
from app.core.cipher import KEY_ID_LENGTH, LASTING, CipherError, cipher
from app.core.db import Database, DatabaseProblem

_KEPT = "SELECT purpose, key FROM lasting_key"
_KEEP = """
INSERT INTO lasting_key (purpose, key, since) SELECT purpose, key, $3
FROM unnest($1::text[], $2::bytea[]) AS new(purpose, key) ON CONFLICT (purpose) DO NOTHING
"""
_COLUMN = "lasting_key.key"
# With what the codes were made that people hold already.
_OLDEST = f"SELECT substring(body FROM 1 FOR {KEY_ID_LENGTH}) FROM content ORDER BY id LIMIT 1"


async def remember(db: Database) -> None:
    """Give the process's cipher the keys that are kept, and keep those that are not yet.

    Raises DatabaseProblem where they were written with a secret that is not known here: every code that
    people hold would be wrong.
    """
    try:
        with sight.within(sight.EVERYTHING):  # the oldest text says with which key it was written
            async with db.transaction() as connection:
                kept = await _kept(connection)
                if missing := [purpose for purpose in LASTING if purpose not in kept]:
                    await _keep(connection, missing)
                    kept = await _kept(connection)
    except CipherError as error:
        raise DatabaseProblem(
            "LS_SECRET_KEY is not this database's secret, and its own is not in LS_SECRET_KEYS_KNOWN: "
            "see 'The secret' in docs/operations.md"
        ) from error
    except asyncpg.UndefinedTableError as error:
        raise DatabaseProblem("the database is not at this version: run `listening-state migrate`") from error
    cipher().keep(kept)


async def _kept(connection: asyncpg.Connection) -> dict[str, bytes]:
    rows = await connection.fetch(_KEPT)
    return {row["purpose"]: bytes.fromhex(cipher().decrypt(row["key"], _COLUMN)) for row in rows}


async def _keep(connection: asyncpg.Connection, purposes: list[str]) -> None:
    """Of two processes at once the first one's stay."""
    lock, oldest = cipher(), await connection.fetchval(_OLDEST)
    place = lock.key_ids.index(oldest) if oldest in lock.key_ids else 0
    sealed = [lock.encrypt(lock.keys(purpose)[place].hex(), _COLUMN) for purpose in purposes]
    await connection.execute(_KEEP, purposes, sealed, clock.now())

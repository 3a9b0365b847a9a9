"""Files of an older key, sealed again under the newest, one after the other."""

import asyncpg

from app.attachments.keeping import PURPOSE, Keeper
from app.attachments.serving import content
from app.attachments.storage import NoObject, StorageFailed
from app.core.cipher import KEY_ID_LENGTH, CipherError, cipher, key_id
from app.core.db import Database

COUNTED = "SELECT sealed_with AS key, count(*) FROM stored_object GROUP BY sealed_with"
OLD = "SELECT count(*) FROM stored_object WHERE sealed_with IS DISTINCT FROM $1"
# Its row is locked until it is done: nobody removes the object meanwhile.
_NEXT = """
SELECT address FROM stored_object WHERE sealed_with IS DISTINCT FROM $1 AND address > $2
ORDER BY address LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_DONE = "UPDATE stored_object SET sealed_with = $2 WHERE address = $1"


def newest() -> bytes:
    """The id that a file of the newest secret begins with."""
    return key_id(cipher().key(PURPOSE))


async def seal_next(db: Database, keeper: Keeper, after: bytes) -> tuple[bytes, bool] | None:
    """The first file behind `after` that is of another key: its address, and whether it could be read; None
    when there is no other."""
    async with db.transaction() as connection:
        address: bytes | None = await connection.fetchval(_NEXT, newest(), after)
        if address is None:
            return None
        return address, await _sealed(connection, keeper, address)


async def _sealed(connection: asyncpg.Connection, keeper: Keeper, address: bytes) -> bool:
    try:
        beginning = await _beginning(keeper, address)
        if beginning != newest():
            beginning = await keeper.seal_again(address, content(keeper.storage, address))
    except (NoObject, StorageFailed, CipherError):
        return False
    await connection.execute(_DONE, address, beginning)
    return True


async def _beginning(keeper: Keeper, address: bytes) -> bytes:
    async for data in keeper.storage.read(address):
        return data[:KEY_ID_LENGTH]
    raise CipherError("an empty object")

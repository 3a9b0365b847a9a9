"""The link in a QR code and in notices: it opens an appeal for reading, and can be called back.

It carries the appeal's id and a generation; calling the links back raises the generation, and whatever was
sent before opens nothing any more. The access code is never in an address.
"""

import base64
import binascii
import hmac

import asyncpg

from app.core.cipher import cipher

_ID, _GENERATION, _MAC = 8, 2, 15
LENGTH = _ID + _GENERATION + _MAC


def link_token(appeal_id: int, generation: int) -> str:
    said = appeal_id.to_bytes(_ID, "big") + generation.to_bytes(_GENERATION, "big")
    return base64.urlsafe_b64encode(said + _mac(said)).decode().rstrip("=")


def read_token(token: str) -> tuple[int, int] | None:
    """The appeal's id and the generation; None for what was not made here."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    said = raw[: _ID + _GENERATION]
    if len(raw) != LENGTH or not hmac.compare_digest(raw[_ID + _GENERATION :], _mac(said)):
        return None
    return int.from_bytes(said[:_ID], "big"), int.from_bytes(said[_ID:], "big")


def _mac(said: bytes) -> bytes:
    return hmac.digest(cipher().lasting("link"), said, "sha256")[:_MAC]


async def generation(connection: asyncpg.Connection, appeal_id: int) -> int:
    found = await connection.fetchval("SELECT generation FROM appeal_link WHERE appeal_id = $1", appeal_id)
    return found or 0


async def call_back(connection: asyncpg.Connection, appeal_id: int) -> None:
    """Every link that was given out until now opens nothing any more."""
    await connection.execute(
        """INSERT INTO appeal_link (appeal_id, generation) VALUES ($1, 1)
           ON CONFLICT (appeal_id) DO UPDATE SET generation = appeal_link.generation + 1""",
        appeal_id,
    )

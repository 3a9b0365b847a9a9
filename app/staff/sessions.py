"""Signing in, staying signed in, signing out.

A sign-in is a family of refresh tokens: each is used once and replaced by the next, and the family ends at a
fixed time. One that comes back after its use was copied: the family ends at once, for thief and owner.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from app.core import clock
from app.core.db import Database
from app.staff import repository, tokens
from app.staff.errors import SessionOver

FAMILY_LIFETIME = timedelta(days=7)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int


async def begin(connection: asyncpg.Connection, account_id: int) -> Tokens:
    """A new family: the person has just signed in."""
    return await _tokens(connection, account_id, uuid4(), clock.now() + FAMILY_LIFETIME)


async def refresh(db: Database, refresh_token: str) -> Tokens:
    """The next tokens of a session. Raises SessionOver."""
    async with db.transaction() as connection:
        following = await _rotate(connection, _hash(refresh_token))
    # Outside the transaction: the end of a family must be kept.
    if following is None:
        raise SessionOver
    return following


async def _rotate(connection: asyncpg.Connection, token_hash: bytes) -> Tokens | None:
    found = await repository.find_token(connection, token_hash)
    now = clock.now()
    if found is None or found["expires_at"] <= now:
        return None
    if await repository.lock_account(connection, found["account_id"]) is None:
        return None
    used = await repository.use_token(connection, token_hash, now)
    if used is None:
        log.warning("a refresh token of account %d came back; its session is ended", found["account_id"])
        await repository.end_family(connection, found["family"])
        return None
    family, ends = used
    return await _tokens(connection, found["account_id"], family, ends)


async def sign_out(
    connection: asyncpg.Connection, account_id: int, family: UUID, *, everywhere: bool
) -> None:
    """End this session, or all of the person's; access tokens end with them."""
    await repository.lock_account(connection, account_id)
    if everywhere:
        await repository.refuse_tokens_before(connection, account_id, clock.now())
        await repository.end_families(connection, account_id)
    else:
        await repository.end_family(connection, family)


async def end_all(connection: asyncpg.Connection) -> int:
    """End everybody's sessions; gives how many there were. For a restored database, in which those that were
    ended since are open again."""
    return await repository.end_every_family(connection)


async def _tokens(connection: asyncpg.Connection, account_id: int, family: UUID, ends: datetime) -> Tokens:
    refresh_token = secrets.token_urlsafe(32)
    await repository.add_token(connection, _hash(refresh_token), family, account_id, ends)
    return Tokens(tokens.issue(account_id, family), refresh_token, int(tokens.LIFETIME.total_seconds()))


def _hash(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode("utf-8", "surrogatepass")).digest()

"""The keys that heads are signed with: one of each master secret."""

from dataclasses import dataclass
from functools import lru_cache

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec

from app.core import clock
from app.core.cipher import cipher
from app.seals import heads
from app.staff.tokens import private_key

PURPOSE = "seal-signing"

_KNOWN = "SELECT EXISTS (SELECT FROM seal_key WHERE id = $1)"
_ANY_OF = "SELECT id FROM seal_key WHERE id = ANY ($1::text[]) ORDER BY since DESC LIMIT 1"
_ADD = """
INSERT INTO seal_key (id, public, since, introduced_by, signature) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: ec.EllipticCurvePrivateKey
    public: str
    id: str


@lru_cache(maxsize=8)
def _of(seed: bytes) -> SigningKey:
    private = private_key(seed)
    public = heads.public_pem(private.public_key())
    return SigningKey(private, public, heads.key_id(public))


def signing_keys() -> list[SigningKey]:
    """That of each known secret; the first one signs."""
    return [_of(seed) for seed in cipher().keys(PURPOSE)]


async def sealed_by_newest(connection: asyncpg.Connection) -> bool:
    """Whether the last seal is of the newest secret's key, or there is none yet: only then the keys before it
    can be told from strangers' without their secret."""
    last = await connection.fetchval("SELECT key_id FROM seal ORDER BY number DESC LIMIT 1")
    return last in (None, signing_keys()[0].id)


async def in_use(connection: asyncpg.Connection) -> SigningKey:
    """The key to sign with, made known first: by the one before it, while the secret of that is known."""
    first, *older = signing_keys()
    if not await connection.fetchval(_KNOWN, first.id):
        by_id = {key.id: key for key in older}
        before = by_id.get(await connection.fetchval(_ANY_OF, list(by_id)) or "")
        signature = heads.sign(before.private, heads.introduction(first.id)) if before else None
        added = (first.id, first.public, clock.now(), before.id if before else None, signature)
        await connection.execute(_ADD, *added)
    return first

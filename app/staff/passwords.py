"""Passwords: argon2 in threads, few at once, because each takes 64 MiB and tens of milliseconds."""

import unicodedata
from functools import lru_cache

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash

MIN_LENGTH = 12
AT_ONCE = 4

_HASHER = PasswordHash.recommended()
_LIMITER = CapacityLimiter(AT_ONCE)


def _bytes(password: str) -> bytes:
    """Keyboards differ in how they compose й: the same password must be the same bytes."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


async def hashed(password: str) -> str:
    return await to_thread.run_sync(_HASHER.hash, _bytes(password), limiter=_LIMITER)


async def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password. Without a stored hash: False, in the same time, against probing."""
    return await to_thread.run_sync(_verify, _bytes(password), stored, limiter=_LIMITER)


def _verify(password: bytes, stored: str | None) -> bool:
    dummy = _dummy()  # made on the first call of any kind, so that no kind of call is the slower one
    right = _HASHER.verify(password, stored or dummy)
    return right and stored is not None


@lru_cache(maxsize=1)
def _dummy() -> str:
    return _HASHER.hash(b"no account has this one")

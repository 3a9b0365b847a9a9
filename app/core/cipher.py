"""Encryption of personal data and keyed hashes to find it by.

A stored value is `key id (4 bytes) | nonce (12) | AES-GCM ciphertext`, bound to its column by the
associated data, so that a value moved into another column does not open. All keys come from the one
master secret by HKDF; several secrets may be known at once (the first one encrypts).
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_ID_LENGTH = 4
NONCE_LENGTH = 12


class CipherError(Exception):
    """The value was not written with a key that is known here, or was changed."""


def derive(secret: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, the same for the same secret."""
    return HKDF(SHA256(), 32, salt=b"listening-state", info=purpose.encode()).derive(secret.encode())


def key_id(key: bytes) -> bytes:
    """Names a key without telling anything of it."""
    return hashlib.sha256(key).digest()[:KEY_ID_LENGTH]


class Cipher:
    def __init__(self, secrets_: Sequence[str]) -> None:
        """`secrets_`: the master secrets, newest first."""
        self._secrets = tuple(secrets_)
        self._secret = secrets_[0]
        self._keys: dict[bytes, AESGCM] = {}
        for secret in secrets_:
            key = derive(secret, "content")
            self._keys[key_id(key)] = AESGCM(key)
        self._current = next(iter(self._keys))
        self._search = derive(self._secret, "search")

    def encrypt(self, text: str, column: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_LENGTH)
        sealed = self._keys[self._current].encrypt(nonce, text.encode(), column.encode())
        return self._current + nonce + sealed

    def encrypt_optional(self, text: str | None, column: str) -> bytes | None:
        return None if text is None else self.encrypt(text, column)

    def decrypt(self, value: bytes, column: str) -> str:
        """Raises CipherError when the key is unknown or the value was changed or moved."""
        id_, nonce = value[:KEY_ID_LENGTH], value[KEY_ID_LENGTH : KEY_ID_LENGTH + NONCE_LENGTH]
        key = self._keys.get(id_)
        if key is None:
            raise CipherError(f"{column}: written with an unknown key {id_.hex()}")
        try:
            return key.decrypt(nonce, value[KEY_ID_LENGTH + NONCE_LENGTH :], column.encode()).decode()
        except InvalidTag as error:
            raise CipherError(f"{column}: the stored value was changed") from error

    def decrypt_optional(self, value: bytes | None, column: str) -> str | None:
        return None if value is None else self.decrypt(value, column)

    def search_hash(self, value: str | None, column: str) -> bytes | None:
        """A keyed hash of a normalised value: it finds equal values of one column and tells nothing else."""
        if not value:
            return None
        return hmac.digest(self._search, f"{column}\0{value}".encode(), "sha256")

    def key(self, purpose: str) -> bytes:
        return _purpose_key(self._secret, purpose)

    def keys(self, purpose: str) -> list[bytes]:
        """The purpose's key of every known secret, newest first."""
        return [_purpose_key(secret, purpose) for secret in self._secrets]


@lru_cache(maxsize=64)
def _purpose_key(secret: str, purpose: str) -> bytes:
    return derive(secret, purpose)


_current: list[Cipher] = []


def use(cipher_: Cipher) -> None:
    """Make this the process's cipher."""
    _current[:] = [cipher_]


def cipher() -> Cipher:
    return _current[0]

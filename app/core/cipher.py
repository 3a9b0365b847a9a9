"""Encryption of personal data and keyed hashes to find it by.

A stored value is `key id (4 bytes) | nonce (12) | AES-GCM ciphertext`, bound to its column by the
associated data, so that a value moved into another column does not open. All keys come from the master secret
by HKDF. Several secrets may be known at once: the first one writes, all of them read (docs/decisions/0020).
Keys of what cannot be written again outlive their secret: `lasting.py` keeps them.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_ID_LENGTH = 4
NONCE_LENGTH = 12
CONTENT, SEARCH = "content", "search"
LASTING = (
    "access-code",
    "booking-code",
    "link",
    "notice message-id",
    "attachments.address",
    SEARCH,
    "words",
)
"""What people hold in their hands, and hashes of what is not kept: their keys stay when the secret
changes."""
_TAG_LENGTH = 40


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
            key = derive(secret, CONTENT)
            self._keys[key_id(key)] = AESGCM(key)
        self._current = next(iter(self._keys))
        self._lasting: dict[str, bytes] = {}

    @property
    def key_ids(self) -> list[bytes]:
        """What values begin with, of each known secret: the newest first."""
        return list(self._keys)

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
        return _hashed(self.key(SEARCH), value, column) if value else None

    def search_hashes(self, value: str | None, column: str) -> list[bytes]:
        """What it is found by: its hash under the key of every known secret, newest first."""
        return [_hashed(key, value, column) for key in self.keys(SEARCH)] if value else []

    def lasting_hash(self, value: str, column: str) -> bytes:
        """As `search_hash`, of what is not kept itself, or must be there once: under a key that stays."""
        return _hashed(self.lasting(SEARCH), value, column)

    def key(self, purpose: str) -> bytes:
        return _purpose_key(self._secret, purpose)

    def lasting(self, purpose: str) -> bytes:
        """The key that was in use when the purpose first had one (one of LASTING)."""
        if purpose not in LASTING:
            raise ValueError(f"{purpose}: not a purpose whose key lasts")
        return self._lasting.get(purpose) or self.key(purpose)

    def keep(self, lasting: Mapping[str, bytes]) -> None:
        """Use these keys from now on, by purpose."""
        self._lasting.update(lasting)

    def tag(self, purpose: str, said: str) -> str:
        """A word that only we can say of this."""
        return _tagged(self.key(purpose), said)

    def is_tag(self, purpose: str, said: str, tag: str) -> bool:
        """Whether it was said here, with any known secret."""
        return any(
            hmac.compare_digest(tag.encode(), _tagged(key, said).encode()) for key in self.keys(purpose)
        )

    def keys(self, purpose: str) -> list[bytes]:
        """The purpose's key of every known secret, newest first."""
        return [_purpose_key(secret, purpose) for secret in self._secrets]


def _hashed(key: bytes, value: str, column: str) -> bytes:
    return hmac.digest(key, f"{column}\0{value}".encode(), "sha256")


def _tagged(key: bytes, said: str) -> str:
    return hmac.digest(key, said.encode(), "sha256").hex()[:_TAG_LENGTH]


@lru_cache(maxsize=64)
def _purpose_key(secret: str, purpose: str) -> bytes:
    return derive(secret, purpose)


_current: list[Cipher] = []


def use(cipher_: Cipher) -> None:
    """Make this the process's cipher."""
    _current[:] = [cipher_]


def cipher() -> Cipher:
    return _current[0]

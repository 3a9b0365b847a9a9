"""Encryption of what is too large to hold: in frames, each sealed by itself, in their order and to the last.

A sealed stream is `key id (4 bytes) | salt (16)` and then frames of at most 64 kB of content, each with the
16 bytes of its AES-GCM tag. The key is made of the purpose's key and the salt, so it seals this one stream;
the nonce is the frame's place and whether it is the last. So nothing can be left out, put elsewhere or cut
off without being noticed. A stream has at least one frame, which may be empty.
"""

import secrets
from collections.abc import AsyncIterator, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.cipher import KEY_ID_LENGTH, Cipher, CipherError, key_id

FRAME = 65_536
TAG = 16
SALT_LENGTH = 16
HEADER = KEY_ID_LENGTH + SALT_LENGTH


class Sealer:
    """Content in by `feed`, sealed bytes out; the last ones come from `end`."""

    def __init__(self, cipher: Cipher, purpose: str) -> None:
        key, salt = cipher.key(purpose), secrets.token_bytes(SALT_LENGTH)
        self.key_id = key_id(key)
        self.header = self.key_id + salt
        self._box = _Box(key, salt)
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """A frame goes out once something comes after it: only then it is known not to be the last."""
        self._held += data
        while len(self._held) > FRAME:
            frame = bytes(self._held[:FRAME])
            del self._held[:FRAME]
            yield self._box.seal(frame, last=False)

    def end(self) -> bytes:
        return self._box.seal(bytes(self._held), last=True)


async def opened(sealed: AsyncIterator[bytes], cipher: Cipher, purpose: str) -> AsyncIterator[bytes]:
    """The content, frame by frame. Raises CipherError for what is not whole or was changed."""
    held = bytearray()
    box: _Box | None = None
    async for data in sealed:
        held += data
        if box is None and len(held) >= HEADER:
            box = _box_of(bytes(held[:HEADER]), cipher, purpose)
            del held[:HEADER]
        while box and len(held) > FRAME + TAG:
            yield box.open(bytes(held[: FRAME + TAG]), last=False)
            del held[: FRAME + TAG]
    if box is None:
        raise CipherError(f"{purpose}: cut off")
    yield box.open(bytes(held), last=True)


def _box_of(header: bytes, cipher: Cipher, purpose: str) -> "_Box":
    id_, salt = header[:KEY_ID_LENGTH], header[KEY_ID_LENGTH:]
    for key in cipher.keys(purpose):
        if key_id(key) == id_:
            return _Box(key, salt)
    raise CipherError(f"{purpose}: written with an unknown key {id_.hex()}")


class _Box:
    def __init__(self, key: bytes, salt: bytes) -> None:
        self._gcm = AESGCM(HKDF(SHA256(), 32, salt=salt, info=b"frames").derive(key))
        self._place = 0

    def seal(self, frame: bytes, *, last: bool) -> bytes:
        return self._gcm.encrypt(self._nonce(last), frame, None)

    def open(self, frame: bytes, *, last: bool) -> bytes:
        try:
            return self._gcm.decrypt(self._nonce(last), frame, None)
        except (InvalidTag, ValueError) as error:
            raise CipherError("a sealed stream was changed or is not whole") from error

    def _nonce(self, last: bool) -> bytes:
        nonce = self._place.to_bytes(11, "big") + bytes([last])
        self._place += 1
        return nonce

"""The head of a seal (PURE): what it says, and its signature.

A head is canonical JSON; its hash is that of exactly these bytes, and so is the signature: ECDSA on P-256
with SHA-256 (ES256), in DER, as `openssl dgst -verify` takes it. Each head holds the hash of the one before.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from app.appeals.history import canonical

KIND = "listening-state seal 1"
NEW_KEY = "listening-state seal key 1"
LARGEST = 2**63
_ES256 = ec.ECDSA(SHA256())


class NotAHead(ValueError):
    """The text is no head of this service."""


@dataclass(frozen=True, slots=True)
class Head:
    """`upto`: the transaction and id of the last event that is sealed; `size`: of how many rows the tree is;
    `key`: id of the key that signed; `previous`: None for the first."""

    number: int
    at: datetime
    previous: bytes | None
    root: bytes
    size: int
    upto: tuple[int, int]
    key: str

    def text(self) -> str:
        told = {
            "at": moment(self.at),
            "key": self.key,
            "kind": KIND,
            "number": self.number,
            "previous": self.previous.hex() if self.previous else None,
            "root": self.root.hex(),
            "size": self.size,
            "upto": list(self.upto),
        }
        return canonical(told).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises NotAHead for what is not, byte by byte, the text of a head."""
        try:
            told = json.loads(text)
            head = cls(
                number=told["number"],
                at=datetime.fromisoformat(told["at"]),
                previous=bytes.fromhex(told["previous"]) if told["previous"] else None,
                root=bytes.fromhex(told["root"]),
                size=told["size"],
                upto=(told["upto"][0], told["upto"][1]),
                key=told["key"],
            )
            counts = (head.number, head.size, *head.upto)
            same = head.text() == text and all(type(one) is int and 0 <= one < LARGEST for one in counts)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise NotAHead from None
        if not same:
            raise NotAHead
        return head


def moment(at: datetime) -> str:
    """An instant as heads and leaves say it: UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def head_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def public_pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(public: str) -> str:
    """What names a public key (PEM): SHA-256 of its DER, in hex. Raises ValueError for what is none."""
    der = _public(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _public(pem: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("not a key on P-256") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a key on P-256")
    return key


def sign(private: ec.EllipticCurvePrivateKey, text: str) -> bytes:
    return private.sign(text.encode(), _ES256)


def signed_by(public: str, text: str, signature: bytes) -> bool:
    """Whether this text was signed with the key whose public half (PEM) this is; False for no such key."""
    try:
        _public(public).verify(signature, text.encode(), _ES256)
    except (InvalidSignature, ValueError):
        return False
    return True


def introduction(key: str) -> str:
    """What a key signs to say that this one comes after it."""
    return canonical({"key": key, "kind": NEW_KEY}).decode()

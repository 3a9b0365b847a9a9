"""Access tokens: JWTs signed with ES256. The only user of python-jose.

The algorithm is always named and the key is a key object: python-jose 3.5 would else let a caller sign with
HS256 and our public key as the secret. Times are checked here, by core/clock; the library reads its own.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk, jwt
from jose.exceptions import JOSEError

from app.core import clock
from app.core.cipher import cipher
from app.staff.errors import TokenExpired, TokenInvalid

ALGORITHM = "ES256"
ISSUER = "listening-state"
AUDIENCE = "listening-state-staff"
LIFETIME = timedelta(minutes=15)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MAX_LENGTH = 2_000
CLAIMS = ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")

_PURPOSE = "token-signing"
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
# Requiring `exp` or `nbf` here would also compare them with the library's clock; `verify` needs both anyway.
_OPTIONS = {f"require_{name}": True for name in CLAIMS if name not in {"exp", "nbf"}} | {
    "verify_exp": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True)
class Claims:
    """`family`: the sign-in that the token came from."""

    account_id: int
    family: UUID
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class _Signer:
    private: Any
    public: Any
    kid: str


def private_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key that belongs to a 32-byte seed.

    48 bytes are reduced rather than 32, so that the remainder shows no bias (FIPS 186-5, A.2.1).
    """
    wide = int.from_bytes(HKDFExpand(SHA256(), 48, b"p-256 scalar").derive(seed), "big")
    return ec.derive_private_key(wide % (P256_ORDER - 1) + 1, ec.SECP256R1())


@lru_cache(maxsize=4)
def _signer(seed: bytes) -> _Signer:
    private = private_key(seed)
    public = private.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kid = base64.urlsafe_b64encode(hashlib.sha256(der).digest()[:12]).decode()
    return _Signer(jwk.construct(private, ALGORITHM), jwk.construct(public, ALGORITHM), kid)


def _current() -> _Signer:
    return _signer(cipher().key(_PURPOSE))


def issue(account_id: int, family: UUID) -> str:
    """A token good for LIFETIME. `iat` keeps microseconds, to compare with StaffAccount.tokens_valid_from."""
    now, signer = clock.now(), _current()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),
        "sid": str(family),
        "iat": now.timestamp(),
        "nbf": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": str(uuid4()),
    }
    return str(jwt.encode(claims, signer.private, algorithm=ALGORITHM, headers={"kid": signer.kid}))


def verify(token: str) -> Claims:
    """What the token says. Raises TokenInvalid when it is not ours as it stands, TokenExpired when it was."""
    if len(token) > MAX_LENGTH or not _SHAPE.fullmatch(token):
        raise TokenInvalid
    try:
        found, not_before, expires = _signed(token, tuple(cipher().keys(_PURPOSE)))
    except (JOSEError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise TokenInvalid from error
    now = clock.now()
    if now >= expires:
        raise TokenExpired
    if now < not_before:
        raise TokenInvalid
    return found


@lru_cache(maxsize=1024)
def _signed(token: str, keys: tuple[bytes, ...]) -> tuple[Claims, datetime, datetime]:
    """What the token says, from when and until when. A person asks many times with one token: that it was
    signed by one of these keys is found out once. What is refused is not remembered."""
    kid = jwt.get_unverified_header(token)["kid"]
    # With a new secret what was signed with the one before it is good until it ends.
    signer = next((one for one in map(_signer, keys) if one.kid == kid), None)
    if signer is None:
        raise ValueError("another key")
    claims: dict[str, Any] = jwt.decode(
        token, signer.public, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=_OPTIONS
    )
    said = Claims(int(claims["sub"]), UUID(str(claims["sid"])), _instant(claims["iat"]))
    return said, _instant(claims["nbf"]), _instant(claims["exp"])


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

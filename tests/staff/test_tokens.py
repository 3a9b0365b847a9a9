"""Access tokens: what is ours verifies, and no known way of passing something else off does."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.cipher import Cipher, cipher
from app.staff import tokens
from app.staff.errors import TokenExpired, TokenInvalid

FAMILY = UUID("7d4df0a2-8cf1-4b1d-9d5c-6fd7a0a5a001")
MOMENT = datetime(2026, 3, 2, 5, 30, 15, 123457, tzinfo=UTC)
Claims = dict[str, Any]


@pytest.fixture(autouse=True)
def known_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.cipher._current", [Cipher(["a secret for the tests of tokens alone"])])


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(token: str, place: int) -> dict[str, Any]:
    text = token.split(".")[place]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return read


def our_key() -> ec.EllipticCurvePrivateKey:
    return tokens.private_key(cipher().key("token-signing"))


def public(encoding: Encoding) -> bytes:
    return our_key().public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def es256(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def assemble(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def ours(header: Claims | None = None, claims: Claims | None = None, *, drop: str = "") -> str:
    """A token signed with our own key, with some header fields and claims changed or one claim left out."""
    good = tokens.issue(7, FAMILY)
    body = {name: value for name, value in (part(good, 1) | (claims or {})).items() if name != drop}
    return assemble(part(good, 0) | (header or {}), body, lambda signed: es256(our_key(), signed))


def refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(token)


def test_what_is_issued_verifies() -> None:
    with time_machine.travel(MOMENT, tick=False):
        assert tokens.verify(tokens.issue(7, FAMILY)) == tokens.Claims(7, FAMILY, MOMENT)


def test_the_claims() -> None:
    with time_machine.travel(MOMENT, tick=False):
        claims = part(tokens.issue(7, FAMILY), 1)
    assert set(claims) == {*tokens.CLAIMS, "sid"}
    assert claims["exp"] - claims["nbf"] == 900
    assert claims["sub"] == "7"


def test_each_token_has_its_own_id() -> None:
    assert part(tokens.issue(7, FAMILY), 1)["jti"] != part(tokens.issue(7, FAMILY), 1)["jti"]


def test_a_changed_token_made_by_this_module_would_verify() -> None:
    """The other tests would prove nothing if `ours` did not sign well."""
    assert tokens.verify(ours()).account_id == 7


def test_the_header_names_the_algorithm_and_the_key() -> None:
    header = part(tokens.issue(7, FAMILY), 0)
    digest = hashlib.sha256(public(Encoding.DER)).digest()
    assert header == {"alg": "ES256", "typ": "JWT", "kid": base64.urlsafe_b64encode(digest[:12]).decode()}


def test_the_key_is_the_same_for_the_same_secret_and_another_for_another() -> None:
    seeds = [Cipher([secret]).key("token-signing") for secret in ("one" * 12, "one" * 12, "two" * 12)]
    first, same, other = (tokens.private_key(seed).private_numbers().private_value for seed in seeds)
    assert first == same != other


@given(st.binary(min_size=32, max_size=32))
def test_every_seed_gives_a_key_of_the_curve(seed: bytes) -> None:
    assert 1 <= tokens.private_key(seed).private_numbers().private_value < tokens.P256_ORDER


@pytest.mark.parametrize("seconds", [0, 1, 899])
def test_good_for_a_quarter_of_an_hour(seconds: int) -> None:
    with time_machine.travel(MOMENT, tick=False):
        token = tokens.issue(7, FAMILY)
    with time_machine.travel(MOMENT + timedelta(seconds=seconds), tick=False):
        assert tokens.verify(token).account_id == 7


@pytest.mark.parametrize("later", [timedelta(seconds=900), timedelta(days=3650)])
def test_expired(later: timedelta) -> None:
    with time_machine.travel(MOMENT, tick=False):
        token = tokens.issue(7, FAMILY)
    with time_machine.travel(MOMENT + later, tick=False), pytest.raises(TokenExpired):
        tokens.verify(token)


def test_what_was_found_good_expires_and_goes_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(MOMENT, tick=False) as traveller:
        token = tokens.issue(7, FAMILY)
        for _ in range(2):
            assert tokens.verify(token).family == FAMILY
        monkeypatch.setattr("app.core.cipher._current", [Cipher(["another secret for the tests of tokens"])])
        with pytest.raises(TokenInvalid):
            tokens.verify(token)
        monkeypatch.setattr("app.core.cipher._current", [Cipher(["a secret for the tests of tokens alone"])])
        traveller.shift(tokens.LIFETIME)
        with pytest.raises(TokenExpired):
            tokens.verify(token)


def test_not_yet_valid() -> None:
    with time_machine.travel(MOMENT, tick=False):
        token = tokens.issue(7, FAMILY)
    with time_machine.travel(MOMENT - timedelta(seconds=2), tick=False):
        refused(token)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None])
def test_no_algorithm(alg: str | None) -> None:
    good = tokens.issue(7, FAMILY)
    for signature in ("", good.split(".")[2], b64(bytes(64))):
        head = b64(json.dumps(part(good, 0) | {"alg": alg}).encode())
        refused(f"{head}.{good.split('.')[1]}.{signature}")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
@pytest.mark.parametrize("trimmed", [False, True])
def test_the_public_key_as_a_secret(alg: str, encoding: Encoding, trimmed: bool) -> None:
    secret = public(encoding).strip() if trimmed else public(encoding)
    digest = f"sha{alg[2:]}"
    good = tokens.issue(7, FAMILY)
    refused(
        assemble(
            part(good, 0) | {"alg": alg}, part(good, 1), lambda signed: hmac.digest(secret, signed, digest)
        )
    )


def test_a_secret_of_64_bytes_output_under_the_name_of_es256() -> None:
    """HMAC-SHA512 is as long as an ES256 signature: length alone must not decide."""
    good = tokens.issue(7, FAMILY)
    for encoding in (Encoding.DER, Encoding.PEM):
        refused(
            assemble(part(good, 0), part(good, 1), partial(hmac.digest, public(encoding), digest="sha512"))
        )


@pytest.mark.parametrize("alg", ["ES384", "ES512", "RS256", "PS256", "EdDSA", ["ES256"], {"ES256": 1}, 256])
def test_another_algorithm_with_our_key(alg: object) -> None:
    refused(ours({"alg": alg}))


@pytest.mark.parametrize(
    "kid", ["", "other", "../../dev/null", "' OR 1=1 --", None, 0, ["x"], {"k": "v"}, "\x00"]
)
def test_another_key_id(kid: object) -> None:
    refused(ours({"kid": kid}))


def test_a_key_brought_along() -> None:
    """`jwk`, `jku` and `x5u` in the header name the forger's key; only ours is ever used."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    own = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
    }
    good = tokens.issue(7, FAMILY)
    for extra in ({"jwk": own}, {"jku": "https://example.org/k"}, {"x5u": "https://example.org/c"}):
        refused(assemble(part(good, 0) | extra, part(good, 1), lambda signed: es256(key, signed)))


def test_another_key_under_our_key_id() -> None:
    good = tokens.issue(7, FAMILY)
    key = ec.generate_private_key(ec.SECP256R1())
    refused(assemble(part(good, 0), part(good, 1), lambda signed: es256(key, signed)))


def test_a_token_of_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.issue(7, FAMILY)
    monkeypatch.setattr("app.core.cipher._current", [Cipher(["the secret of somebody else's installation"])])
    refused(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-service"},
        {"aud": None},
        {"aud": ["another-service"]},
        {"iss": "another-issuer"},
        {"iss": None},
        {"sub": "operator@energy"},
        {"sub": 7},
        {"sid": "not a uuid"},
        {"sid": None},
        {"exp": "tomorrow"},
        {"exp": None},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"nbf": [0]},
        {"iat": "x"},
    ],
)
def test_claims_that_will_not_do(claims: Claims) -> None:
    refused(ours(claims=claims))


@pytest.mark.parametrize("name", [*tokens.CLAIMS, "sid"])
def test_a_claim_left_out(name: str) -> None:
    refused(ours(drop=name))


@pytest.mark.parametrize("body", [[], "text", 5, None, [["sub", "7"]]])
def test_a_payload_that_is_no_object(body: object) -> None:
    header = part(tokens.issue(7, FAMILY), 0)
    refused(assemble(header, body, lambda signed: es256(our_key(), signed)))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "Bearer x",
        "not a token",
        "қазақ",
        "\ud800",
        "\x00",
        "x" * 10_000,
        f"{'x' * 5_000}.{'y' * 5_000}.{'z' * 86}",
        f"{b64(b'[' * 1_000)}.e30.{'A' * 86}",
        f"{b64(b'{' * 1_000)}.e30.{'A' * 86}",
        f"{b64(b'[1]')}.e30.{'A' * 86}",
        f"{b64(bytes([0xFF, 0xFE]))}.e30.{'A' * 86}",
    ],
)
def test_garbage(token: str) -> None:
    refused(token)


@given(st.text(max_size=300))
def test_any_text_is_refused(text: str) -> None:
    refused(text)


@given(st.integers(0, 10_000), st.sampled_from("ABCdef019-_"))
def test_any_other_letter_anywhere_is_refused(place: int, letter: str) -> None:
    """But in the last one, where some bits of the signature's base64 mean nothing."""
    token = tokens.issue(7, uuid4())
    place %= len(token) - 1
    assume(token[place] != letter)
    refused(token[:place] + letter + token[place + 1 :])

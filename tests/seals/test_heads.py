"""What a head says, and that nobody but the key's owner can have said it."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app.core.cipher import Cipher
from app.seals import heads
from app.seals.heads import Head, NotAHead
from app.seals.keys import PURPOSE
from app.staff.tokens import private_key

PRIVATE = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = heads.public_pem(PRIVATE.public_key())
HEAD = Head(
    number=17,
    at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    previous=bytes(32),
    root=bytes(range(32)),
    size=3,
    upto=(812, 40),
    key=heads.key_id(PUBLIC),
)


@given(
    number=st.integers(1, 2**62),
    at=st.datetimes(timezones=st.just(UTC)),
    previous=st.none() | st.binary(min_size=32, max_size=32),
    size=st.integers(1, 2**31),
    upto=st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)),
)
def test_what_is_read_is_what_was_said(
    number: int, at: datetime, previous: bytes | None, size: int, upto: tuple[int, int]
) -> None:
    head = Head(number, at, previous, bytes(32), size, upto, "a key")
    assert Head.read(head.text()) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "7",
        '{"at": 1}',
        HEAD.text() + " ",
        HEAD.text().replace("17", "17.0"),
        HEAD.text().replace("17", "1" * 20),
        "[" * 9999,
    ],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(NotAHead):
        Head.read(text)


def test_openssl_and_sha256sum_say_the_same(tmp_path: Path) -> None:
    for name, what in (("head", HEAD.text().encode()), ("key", PUBLIC.encode())):
        (tmp_path / name).write_bytes(what)
    (tmp_path / "signature").write_bytes(heads.sign(PRIVATE, HEAD.text()))

    def said(command: str) -> str:
        return subprocess.check_output(["sh", "-c", command], cwd=tmp_path, text=True)

    assert "Verified OK" in said("openssl dgst -sha256 -verify key -signature signature head")
    assert said("sha256sum < head").startswith(heads.head_hash(HEAD.text()).hex())
    assert said("openssl pkey -pubin -in key -outform DER | sha256sum").startswith(HEAD.key)


def test_another_text_another_key_and_another_signature_are_refused() -> None:
    text = HEAD.text()
    signature = heads.sign(PRIVATE, text)
    assert heads.signed_by(PUBLIC, text, signature)
    other = heads.public_pem(ec.derive_private_key(8, ec.SECP256R1()).public_key())
    p384 = heads.public_pem(ec.derive_private_key(7, ec.SECP384R1()).public_key())
    assert not heads.signed_by(PUBLIC, text.replace("17", "18"), signature)
    assert not heads.signed_by(PUBLIC, text, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not heads.signed_by(PUBLIC, text, b"")
    for key in (other, p384, "", "no key"):
        assert not heads.signed_by(key, text, signature)


def test_the_key_follows_from_the_secret_and_is_not_that_of_the_tokens() -> None:
    cipher = Cipher(["a secret for the tests alone, of forty letters"])
    assert cipher.key(PURPOSE) != cipher.key("token-signing")
    again = [heads.public_pem(private_key(cipher.key(PURPOSE)).public_key()) for _ in range(2)]
    assert again[0] == again[1]

"""Encryption of personal columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.cipher import Cipher, CipherError

OLD, NEW = "an old master secret of forty characters", "a new master secret of forty characters."


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_opens_again(text: str) -> None:
    lock = Cipher([NEW])
    assert lock.decrypt(lock.encrypt(text, "a.b"), "a.b") == text


def test_two_encryptions_of_one_text_differ() -> None:
    lock = Cipher([NEW])
    assert lock.encrypt("бір", "a.b") != lock.encrypt("бір", "a.b")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    lock = Cipher([NEW])
    with pytest.raises(CipherError, match="changed"):
        lock.decrypt(lock.encrypt("850615499937", "applicant.iin"), "applicant.name")


def test_one_changed_byte_is_found() -> None:
    lock = Cipher([NEW])
    value = bytearray(lock.encrypt("text", "a.b"))
    value[-1] ^= 1
    with pytest.raises(CipherError):
        lock.decrypt(bytes(value), "a.b")


def test_after_a_rotation_the_old_still_opens_and_the_new_is_written() -> None:
    before, after = Cipher([OLD]), Cipher([NEW, OLD])
    old = before.encrypt("бұрынғы", "a.b")
    assert after.decrypt(old, "a.b") == "бұрынғы"
    assert after.encrypt("жаңа", "a.b")[:4] != old[:4]
    with pytest.raises(CipherError, match="unknown key"):
        Cipher([NEW]).decrypt(old, "a.b")


def test_a_search_hash_is_the_columns_own() -> None:
    lock = Cipher([NEW])
    assert lock.search_hash("77010000001", "applicant.phone") == lock.search_hash(
        "77010000001", "applicant.phone"
    )
    assert lock.search_hash("77010000001", "applicant.phone") != lock.search_hash(
        "77010000001", "applicant.iin"
    )
    assert lock.search_hash(None, "applicant.phone") is None

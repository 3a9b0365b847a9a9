"""Passwords and their hashes."""

import unicodedata

import pytest

from app.staff import passwords
from tests.support import OWN_HASHER

PASSWORD = "қойшы мен жолбарыс"


async def test_the_password_matches_its_hash_and_no_other() -> None:
    stored = await passwords.hashed(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert await passwords.matches(PASSWORD, stored)
    assert not await passwords.matches(PASSWORD + " ", stored)


def test_the_service_spends_what_is_recommended() -> None:
    assert OWN_HASHER.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_two_hashes_of_one_password_differ() -> None:
    assert await passwords.hashed(PASSWORD) != await passwords.hashed(PASSWORD)


async def test_however_the_keyboard_composes_a_letter() -> None:
    stored = await passwords.hashed(unicodedata.normalize("NFD", PASSWORD))
    assert await passwords.matches(unicodedata.normalize("NFC", PASSWORD), stored)


@pytest.mark.parametrize("password", ["no account has this one", "", "\x00", "\ud800", "x" * 1_000])
async def test_without_an_account_nothing_matches(password: str) -> None:
    assert not await passwords.matches(password, None)

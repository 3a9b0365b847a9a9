"""Making and keeping accounts and API clients."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from app.core import clock
from app.core.db import Database
from app.core.errors import Invalid
from app.staff import passwords, repository, totp
from app.staff.attempts import PERIOD
from app.staff.errors import KeyTaken, LoginTaken
from app.staff.models import REQUESTS_PER_MINUTE
from app.staff.permissions import Role, Scope
from app.staff.repository import NewAccount

MIN_KEY_LENGTH = 16
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}@[a-z0-9][a-z0-9-]{0,62}")


def normal_login(login: str) -> str:
    return login.strip().lower()


async def create_account(
    db: Database,
    login: str,
    name: str,
    role: Role,
    agency_id: int,
    password: str,
    position: Mapping[str, str] | None = None,
) -> None:
    """`position`: by language. Raises Invalid for a login, name or password that will not do, LoginTaken when
    the login exists."""
    account = checked(NewAccount(normal_login(login), name.strip(), role, agency_id, _said(position or {})))
    check_password(password)
    if not await ensure_accounts(db, [account], await passwords.hashed(password)):
        raise LoginTaken(login=account.login)


async def ensure_accounts(db: Database, accounts: Sequence[NewAccount], password_hash: str) -> int:
    """Make those that do not exist yet, all with one password; how many were made."""
    async with db.transaction() as connection:
        return await repository.add_accounts(connection, accounts, password_hash, clock.now())


async def set_position(db: Database, login: str, position: Mapping[str, str]) -> bool:
    """What the person is, by language, as receipts name it from now on. False when there is no such login."""
    async with db.transaction() as connection:
        return await repository.replace_position(connection, normal_login(login), _said(position))


def _said(position: Mapping[str, str]) -> dict[str, str]:
    return {language: words.strip() for language, words in position.items() if words and words.strip()}


async def set_password(db: Database, login: str, password: str) -> bool:
    """Also signs the person out everywhere. False when there is no such login."""
    check_password(password)
    password_hash = await passwords.hashed(password)
    async with db.transaction() as connection:
        account_id = await repository.replace_password(
            connection, normal_login(login), password_hash, clock.now()
        )
        if account_id is not None:
            await repository.end_families(connection, account_id)
    return account_id is not None


async def forget_totp(db: Database, login: str) -> bool:
    """Also signs the person out everywhere. False when the login has no second factor."""
    login = normal_login(login)
    async with db.transaction() as connection:
        account_id = await totp.forget(connection, login)
        if account_id is None:
            return False
        await repository.refuse_tokens_before(connection, account_id, clock.now())
        await repository.end_families(connection, account_id)
    return True


async def create_client(
    db: Database,
    source_id: int,
    name: str,
    scopes: Iterable[Scope],
    channels: Iterable[str],
    key: str | None = None,
    *,
    requests_per_minute: int = REQUESTS_PER_MINUTE,
) -> str:
    """The key, which is kept as a hash only: it cannot be shown again.

    With a given key a second call sets everything else anew. Raises Invalid for a short key,
    KeyTaken when it is another source's.
    """
    key = key or new_key()
    if len(key) < MIN_KEY_LENGTH:
        raise Invalid.of("key", "key_short", least=MIN_KEY_LENGTH)
    async with db.transaction() as connection:
        saved = await repository.save_client(
            connection,
            source_id,
            name,
            key_hash(key.encode()),
            sorted(set(scopes)),
            sorted(set(channels)),
            requests_per_minute,
            clock.now(),
        )
    if saved is None:
        raise KeyTaken
    return key


def new_key() -> str:
    return f"ls_{secrets.token_urlsafe(32)}"


def key_hash(key: bytes) -> bytes:
    """Of the key's bytes as they travel in the header."""
    return hashlib.sha256(key).digest()


async def purge_expired(connection: asyncpg.Connection, now: datetime) -> int:
    """Delete sessions that are over and failures that no longer count; how many rows."""
    return await repository.purge(connection, now, now - PERIOD)


def checked(account: NewAccount) -> NewAccount:
    if not _LOGIN.fullmatch(account.login):
        raise Invalid.of("login", "login_form")
    if not account.name:
        raise Invalid.of("name", "blank")
    return account


def check_password(password: str) -> None:
    if len(password) < passwords.MIN_LENGTH:
        raise Invalid.of("password", "password_short", least=passwords.MIN_LENGTH)

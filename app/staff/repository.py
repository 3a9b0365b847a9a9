"""What is asked of the database about people, sessions and clients. Every instant is bound by the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import asyncpg

from app.core.db import columns
from app.staff.models import ALWAYS
from app.staff.permissions import Role


@dataclass(frozen=True, slots=True)
class NewAccount:
    login: str
    name: str
    role: Role
    agency_id: int
    position: Mapping[str, str] = field(default_factory=dict)


_ADD_ACCOUNTS = """
INSERT INTO staff_account (login, name, role, agency_id, position, password_hash, active, tokens_valid_from,
                           created_at)
SELECT login, name, role, agency_id, position, $6, true, $7, $8
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::jsonb[])
    AS new (login, name, role, agency_id, position)
ON CONFLICT (login) DO NOTHING
RETURNING id
"""
_SIGN_IN = "SELECT id, login, role, password_hash, active FROM staff_account WHERE login = $1"
# The lock puts a person's sign-ins, rotations and sign-outs one after the other, so that a family which is
# being ended gets no further link meanwhile.
_LOCK = "SELECT password_hash FROM staff_account WHERE id = $1 AND active FOR NO KEY UPDATE"
_CALLER = """
SELECT account.id, account.login, account.name, account.role, account.agency_id, account.position,
       agency.code AS agency_code
FROM staff_account AS account JOIN agency ON agency.id = account.agency_id
WHERE account.id = $1 AND account.active AND account.tokens_valid_from <= $2
  AND EXISTS (SELECT FROM refresh_token WHERE family = $3 AND account_id = account.id)
"""
_SET_PASSWORD = """
UPDATE staff_account SET password_hash = $2, tokens_valid_from = $3 WHERE login = $1 RETURNING id
"""
_ADD_TOKEN = "INSERT INTO refresh_token (token_hash, family, account_id, expires_at) VALUES ($1, $2, $3, $4)"
_USE_TOKEN = """
UPDATE refresh_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING family, expires_at
"""
_CLIENT = """
SELECT id, source_id, scopes, channels, requests_per_minute, active, expires_at, last_used_on
FROM api_client WHERE key_hash = $1 OR (previous_key_hash = $1 AND previous_key_until > $2)
"""
_SAVE_CLIENT = """
INSERT INTO api_client (source_id, name, key_hash, scopes, channels, requests_per_minute, active, created_at)
VALUES ($1, $2, $3, $4, $5, $6, true, $7)
ON CONFLICT (key_hash) DO UPDATE
SET name = excluded.name, scopes = excluded.scopes, channels = excluded.channels,
    requests_per_minute = excluded.requests_per_minute
WHERE api_client.source_id = excluded.source_id
RETURNING id
"""
_CLIENT_USED = "UPDATE api_client SET last_used_on = $2 WHERE id = $1 AND last_used_on IS DISTINCT FROM $2"


async def add_accounts(
    connection: asyncpg.Connection, accounts: Sequence[NewAccount], password_hash: str, now: datetime
) -> int:
    """How many were new; a login that exists is left as it is."""
    rows = [(one.login, one.name, one.role, one.agency_id, dict(one.position)) for one in accounts]
    found = await connection.fetch(_ADD_ACCOUNTS, *columns(rows, 5), password_hash, ALWAYS, now)
    return len(found)


async def replace_password(
    connection: asyncpg.Connection, login: str, password_hash: str, now: datetime
) -> int | None:
    """The account's id, or None; tokens issued before are refused from now on."""
    account_id: int | None = await connection.fetchval(_SET_PASSWORD, login, password_hash, now)
    return account_id


async def replace_position(connection: asyncpg.Connection, login: str, position: Mapping[str, str]) -> bool:
    statement = "UPDATE staff_account SET position = $2 WHERE login = $1 RETURNING true"
    return bool(await connection.fetchval(statement, login, position))


async def for_sign_in(connection: asyncpg.Connection, login: str) -> asyncpg.Record | None:
    return await connection.fetchrow(_SIGN_IN, login)


async def lock_account(connection: asyncpg.Connection, account_id: int) -> str | None:
    """The password hash of an active account, locked until the transaction ends; None when it is closed."""
    password_hash: str | None = await connection.fetchval(_LOCK, account_id)
    return password_hash


async def caller(
    connection: asyncpg.Connection, account_id: int, issued_at: datetime, family: UUID
) -> asyncpg.Record | None:
    return await connection.fetchrow(_CALLER, account_id, issued_at, family)


async def refuse_tokens_before(connection: asyncpg.Connection, account_id: int, now: datetime) -> None:
    await connection.execute("UPDATE staff_account SET tokens_valid_from = $2 WHERE id = $1", account_id, now)


async def add_token(
    connection: asyncpg.Connection, token_hash: bytes, family: UUID, account_id: int, expires_at: datetime
) -> None:
    await connection.execute(_ADD_TOKEN, token_hash, family, account_id, expires_at)


async def find_token(connection: asyncpg.Connection, token_hash: bytes) -> asyncpg.Record | None:
    return await connection.fetchrow(
        "SELECT family, account_id, expires_at FROM refresh_token WHERE token_hash = $1", token_hash
    )


async def use_token(
    connection: asyncpg.Connection, token_hash: bytes, now: datetime
) -> tuple[UUID, datetime] | None:
    """The token's family and the family's end; None when it is used, expired or gone."""
    row = await connection.fetchrow(_USE_TOKEN, token_hash, now)
    return (row["family"], row["expires_at"]) if row else None


async def end_family(connection: asyncpg.Connection, family: UUID) -> None:
    await connection.execute("DELETE FROM refresh_token WHERE family = $1", family)


async def end_families(connection: asyncpg.Connection, account_id: int) -> None:
    await connection.execute("DELETE FROM refresh_token WHERE account_id = $1", account_id)


async def end_every_family(connection: asyncpg.Connection) -> int:
    """Gives how many there were."""
    families: int = await connection.fetchval("SELECT count(DISTINCT family) FROM refresh_token")
    await connection.execute("DELETE FROM refresh_token")
    return families


async def client(connection: asyncpg.Connection, key_hash: bytes, now: datetime) -> asyncpg.Record | None:
    """Whose key this is, now or until its rotation is over."""
    return await connection.fetchrow(_CLIENT, key_hash, now)


async def save_client(
    connection: asyncpg.Connection,
    source_id: int,
    name: str,
    key_hash: bytes,
    scopes: Sequence[str],
    channels: Sequence[str],
    requests_per_minute: int,
    now: datetime,
) -> int | None:
    """The client's id; None when the key is already another source's."""
    found: int | None = await connection.fetchval(
        _SAVE_CLIENT, source_id, name, key_hash, list(scopes), list(channels), requests_per_minute, now
    )
    return found


async def client_used(connection: asyncpg.Connection, client_id: int, day: date) -> None:
    await connection.execute(_CLIENT_USED, client_id, day)


async def purge(connection: asyncpg.Connection, now: datetime, attempts_before: datetime) -> int:
    """Delete what is past its time; how many rows."""
    deleted = 0
    for statement, moment in (
        ("DELETE FROM refresh_token WHERE expires_at <= $1", now),
        ("DELETE FROM attempt WHERE window_start <= $1", attempts_before),
    ):
        tag = await connection.execute(statement, moment)
        deleted += int(tag.rpartition(" ")[2])
    return deleted


async def password_hash(connection: asyncpg.Connection, login: str) -> str | None:
    found: str | None = await connection.fetchval(
        "SELECT password_hash FROM staff_account WHERE login = $1", login
    )
    return found


async def replace_passwords(connection: asyncpg.Connection, logins: Sequence[str], hash_: str) -> None:
    """One password for all of these."""
    await connection.execute(
        "UPDATE staff_account SET password_hash = $2 WHERE login = ANY($1::text[])", list(logins), hash_
    )


async def ids_by_login(connection: asyncpg.Connection) -> dict[str, int]:
    rows = await connection.fetch("SELECT login, id FROM staff_account")
    return {row["login"]: row["id"] for row in rows}

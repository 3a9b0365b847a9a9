"""Accounts and clients as an administrator keeps them; each change with its audit entry."""

from collections.abc import Sequence

import asyncpg

from app.core import clock
from app.core.errors import Invalid, NotFound
from app.staff import audit, keys, passwords, repository, service
from app.staff.errors import LoginTaken
from app.staff.models import AuditAct
from app.staff.repository import NewAccount

_PEOPLE = """
SELECT account.id, account.login, account.name, account.role, account.active, account.created_at,
       agency.code AS agency
FROM staff_account account JOIN agency ON agency.id = account.agency_id
WHERE account.id > $1 AND ($2::text IS NULL OR starts_with(account.login, $2))
  AND ($3::text IS NULL OR agency.code = $3)
ORDER BY account.id LIMIT $4
"""
_CLOSED = "UPDATE staff_account SET active = $2 WHERE id = $1 AND active <> $2 RETURNING id"
_CLIENTS = """
SELECT client.id, client.name, source.code AS source, client.scopes, client.channels, client.active,
       client.requests_per_minute, client.expires_at, client.last_used_on
FROM api_client client JOIN source ON source.id = client.source_id
WHERE client.id > $1 ORDER BY client.id LIMIT $2
"""


async def people(
    connection: asyncpg.Connection, after: int, beginning: str | None, agency: str | None, limit: int
) -> list[asyncpg.Record]:
    """By id. `beginning`: of the login."""
    said = service.normal_login(beginning) if beginning else None
    rows: list[asyncpg.Record] = await connection.fetch(_PEOPLE, after, said, agency, limit)
    return rows


async def create(connection: asyncpg.Connection, account: NewAccount, password_hash: str, by: int) -> int:
    """Raises Invalid for a login or name that will not do, LoginTaken."""
    account = service.checked(account)
    if not await repository.add_accounts(connection, [account], password_hash, clock.now()):
        raise LoginTaken(login=account.login)
    row = await repository.for_sign_in(connection, account.login)
    assert row is not None
    id_: int = row["id"]
    await audit.note(connection, by, AuditAct.ACCOUNT_CREATED, id_, role=account.role)
    return id_


async def hashed(password: str) -> str:
    """Raises Invalid for one that will not do. Slow: before the transaction."""
    service.check_password(password)
    return await passwords.hashed(password)


async def set_active(connection: asyncpg.Connection, account_id: int, active: bool, by: int) -> None:
    """A closed account is signed out everywhere and can sign in no more; what it did keeps its name. Done
    already, it changes nothing. Raises NotFound, Invalid for one's own."""
    await _known(connection, account_id)
    if account_id == by:
        raise Invalid.of("id", "own_account")
    if await connection.fetchval(_CLOSED, account_id, active) is None:
        return
    if not active:
        await repository.end_families(connection, account_id)
    act = AuditAct.ACCOUNT_OPENED if active else AuditAct.ACCOUNT_CLOSED
    await audit.note(connection, by, act, account_id)


async def set_password(connection: asyncpg.Connection, account_id: int, password_hash: str, by: int) -> None:
    """Also signs the person out everywhere. Raises NotFound."""
    login = await _known(connection, account_id)
    await repository.replace_password(connection, login, password_hash, clock.now())
    await repository.end_families(connection, account_id)
    await audit.note(connection, by, AuditAct.PASSWORD_SET, account_id)


async def _known(connection: asyncpg.Connection, account_id: int) -> str:
    login: str | None = await connection.fetchval("SELECT login FROM staff_account WHERE id = $1", account_id)
    if login is None:
        raise NotFound
    return login


async def clients(connection: asyncpg.Connection, after: int, limit: int) -> Sequence[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(_CLIENTS, after, limit)
    return rows


async def set_client_active(connection: asyncpg.Connection, client_id: int, active: bool, by: int) -> None:
    """Raises ClientNotFound."""
    await keys.set_active(connection, client_id, active)
    act = AuditAct.CLIENT_OPENED if active else AuditAct.CLIENT_CLOSED
    await audit.note(connection, by, act, client_id)


async def rotate_key(connection: asyncpg.Connection, client_id: int, by: int) -> str:
    """The new key, shown this once; the one before stays good for a day. Raises ClientNotFound."""
    key = await keys.rotate(connection, client_id)
    await audit.note(connection, by, AuditAct.KEY_ROTATED, client_id)
    return key

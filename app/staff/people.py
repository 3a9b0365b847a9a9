"""Accounts and clients as an administrator keeps them; each change with its audit entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import asyncpg

from app.core import clock
from app.core.db import to_json
from app.core.errors import Invalid, NotFound
from app.staff import audit, keys, passwords, provider_accounts, repository, service
from app.staff.errors import LoginTaken, PersonMoved
from app.staff.models import AuditAct
from app.staff.permissions import Role
from app.staff.repository import NewAccount

_PEOPLE = """
SELECT account.id, account.login, account.name, account.role, account.active, account.created_at,
       account.position, agency.code AS agency, one.name AS provider_name,
       one.subject IS NOT NULL AS provider_linked
FROM staff_account account JOIN agency ON agency.id = account.agency_id
LEFT JOIN staff_identity one ON one.account_id = account.id
WHERE account.id > $1 AND ($2::text IS NULL OR starts_with(account.login, $2))
  AND ($3::text IS NULL OR agency.code = $3)
ORDER BY account.id LIMIT $4
"""
_CLOSED = "UPDATE staff_account SET active = $2 WHERE id = $1 AND active <> $2 RETURNING id"
# Two administrators who close each other at once are one after the other here.
_ADMINS = f"""
SELECT id FROM staff_account WHERE role = '{Role.ADMIN}' AND active ORDER BY id FOR NO KEY UPDATE
"""
_ONE = """
SELECT account.name, account.role, account.position, account.active, agency.code AS agency,
       one.name AS provider_name
FROM staff_account account JOIN agency ON agency.id = account.agency_id
LEFT JOIN staff_identity one ON one.account_id = account.id
WHERE account.id = $1 FOR NO KEY UPDATE OF account
"""
_CHANGE = """
UPDATE staff_account SET name = $2, role = $3, position = $4,
    agency_id = (SELECT id FROM agency WHERE code = $6),
    tokens_valid_from = coalesce($5, tokens_valid_from)
WHERE id = $1
"""
# Nobody works in the sandbox.
_AGENCY = "SELECT id FROM agency WHERE code = $1 AND code <> 'sandbox'"
_SOURCE = "SELECT id, channels FROM source WHERE code = $1"
_CLIENTS = """
SELECT client.id, client.name, source.code AS source, client.scopes, client.channels, client.active,
       client.requests_per_minute, client.expires_at, client.last_used_on
FROM api_client client JOIN source ON source.id = client.source_id
WHERE client.id > $1 ORDER BY client.id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class NewClient:
    """`source`: its code. `channels`: none are all of the source. `expires_at`: None is without an end."""

    source: str
    name: str
    scopes: Sequence[str]
    channels: Sequence[str]
    requests_per_minute: int
    expires_at: datetime | None


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
    if not active:
        _not_the_last(await _admins(connection), account_id, "id")
    if await connection.fetchval(_CLOSED, account_id, active) is None:
        return
    if not active:
        await repository.end_families(connection, account_id)
    act = AuditAct.ACCOUNT_OPENED if active else AuditAct.ACCOUNT_CLOSED
    await audit.note(connection, by, act, account_id)


async def agency_of(connection: asyncpg.Connection, code: str) -> int:
    """The agency's id. Raises Invalid when there is none where people work."""
    found: int | None = await connection.fetchval(_AGENCY, code)
    if found is None:
        raise Invalid.of("agency", "unknown_code", near="—")
    return found


def version(row: asyncpg.Record | Mapping[str, Any]) -> str:
    """Differs when anything that an administrator sets of a person does, their password apart."""
    said = [row[name] for name in ("name", "role", "agency", "position", "active", "provider_name")]
    return sha256(to_json(said).encode()).hexdigest()[:16]


async def change(
    connection: asyncpg.Connection,
    account_id: int,
    said: Mapping[str, Any],
    seen: str,
    by: int,
    at: datetime,
) -> None:
    """Another name, role, agency (code), position (by language) or name at the provider; what `said` leaves
    out stays. `seen`: the version that `by` saw. Whose role, agency or name at the provider changes is signed
    out everywhere. What is so already is no change. Raises NotFound, PersonMoved, Invalid."""
    admins = await _admins(connection) if "role" in said else []
    row = await connection.fetchrow(_ONE, account_id)
    if row is None:
        raise NotFound
    if seen != (now := version(row)):
        raise PersonMoved(extra={"version": now})
    new = {name: value for name, value in said.items() if value != row[name]}
    if not new:
        return
    if "agency" in new:
        await agency_of(connection, new["agency"])
    if "role" in new:
        if account_id == by:
            raise Invalid.of("role", "own_role")
        _not_the_last(admins, account_id, "role")
    if "provider_name" in new:
        await provider_accounts.prepare(connection, account_id, new["provider_name"])
    elsewhere = not new.keys().isdisjoint(("role", "agency", "provider_name"))
    whole = dict(row) | new
    since = at if elsewhere else None
    await connection.execute(
        _CHANGE, account_id, whole["name"], whole["role"], whole["position"], since, whole["agency"]
    )
    if elsewhere:
        await repository.end_families(connection, account_id)
    was, is_ = ({name: _noted(name, of[name]) for name in new} for of in (row, new))
    await audit.note(connection, by, AuditAct.ACCOUNT_CHANGED, account_id, was=was, **{"is": is_})


def _noted(name: str, value: Any) -> Any:
    """No person's name stands among the entries."""
    return "…" if value and name in ("name", "provider_name") else value


async def _admins(connection: asyncpg.Connection) -> list[int]:
    """Who keep people and reference data, locked, so that nobody else ends the last but one meanwhile."""
    return [row["id"] for row in await connection.fetch(_ADMINS)]


def _not_the_last(admins: Sequence[int], account_id: int, field: str) -> None:
    """Raises Invalid when nobody would be left."""
    if list(admins) == [account_id]:
        raise Invalid.of(field, "last_admin")


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


async def create_client(
    connection: asyncpg.Connection, new: NewClient, by: int, at: datetime
) -> tuple[int, str]:
    """Its id, and its key, which is shown this once. Raises Invalid for a source that there is not, or a
    channel that is not the source's."""
    source = await connection.fetchrow(_SOURCE, new.source)
    if source is None:
        raise Invalid.of("source", "unknown_code", near="—")
    if strange := sorted(set(new.channels) - set(source["channels"])):
        known = ", ".join(sorted(source["channels"]))
        raise Invalid.of("channels", "not_of_the_source", strange=", ".join(strange), known=known)
    key, channels = service.new_key(), sorted(set(new.channels) or set(source["channels"]))
    hash_ = service.key_hash(key.encode())
    id_ = await repository.save_client(
        connection, source["id"], new.name, hash_, new.scopes, channels, new.requests_per_minute, at
    )
    assert id_ is not None
    if new.expires_at is not None:
        await keys.end_on(connection, id_, new.expires_at)
    await audit.note(
        connection,
        by,
        AuditAct.CLIENT_CREATED,
        id_,
        source=new.source,
        scopes=list(new.scopes),
        channels=channels,
    )
    return id_, key


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

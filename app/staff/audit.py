"""What administrators changed: an entry in the transaction of each change, read by administrators."""

from typing import Any

import asyncpg

from app.core import clock
from app.staff.models import AuditAct

_NOTE = "INSERT INTO audit_entry (at, by_id, act, subject_id, details) VALUES ($1, $2, $3, $4, $5)"
_NEWEST = """
SELECT entry.id, entry.at, entry.act, entry.subject_id, entry.details,
       who.login AS by_login, who.name AS by_name,
       coalesce(account.login, client.name, '') AS subject
FROM audit_entry entry
JOIN staff_account who ON who.id = entry.by_id
LEFT JOIN staff_account account ON account.id = entry.subject_id AND entry.act = ANY ($3)
LEFT JOIN api_client client ON client.id = entry.subject_id AND entry.act = ANY ($4)
WHERE entry.id < $1 ORDER BY entry.id DESC LIMIT $2
"""
OF_ACCOUNTS = [
    AuditAct.ACCOUNT_CREATED,
    AuditAct.ACCOUNT_CLOSED,
    AuditAct.ACCOUNT_OPENED,
    AuditAct.ACCOUNT_CHANGED,
    AuditAct.PASSWORD_SET,
]
OF_CLIENTS = [
    AuditAct.CLIENT_CREATED,
    AuditAct.CLIENT_CLOSED,
    AuditAct.CLIENT_OPENED,
    AuditAct.KEY_ROTATED,
]


async def note(
    connection: asyncpg.Connection, by: int, act: AuditAct, subject_id: int, **details: Any
) -> None:
    """`details`: codes, days and numbers, as JSON has them."""
    await connection.execute(_NOTE, clock.now(), by, act, subject_id, details)


async def newest(connection: asyncpg.Connection, before: int, limit: int) -> list[asyncpg.Record]:
    """The entries before the id `before`, the newest first."""
    rows: list[asyncpg.Record] = await connection.fetch(_NEWEST, before, limit, OF_ACCOUNTS, OF_CLIENTS)
    return rows

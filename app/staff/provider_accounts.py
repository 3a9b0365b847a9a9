"""Whose account a sign-in at the provider is.

An administrator prepares an account by the name that the person has there; the first sign-in of that name
ties the account to the provider's subject, which alone counts from then on. No account is made by itself.
"""

import asyncpg

from app.core import clock
from app.core.errors import Invalid
from app.staff import repository, sessions, totp
from app.staff.errors import ProviderSecondFactor, ProviderUnknown
from app.staff.permissions import Role
from app.staff.provider_attempt import Identity
from app.staff.sessions import Tokens

_LINKED = """
SELECT account.id, account.role
FROM staff_identity one JOIN staff_account account ON account.id = one.account_id
WHERE one.issuer = $1 AND one.subject = $2 AND account.active
"""
_LINK = """
UPDATE staff_identity one SET issuer = $1, subject = $2, linked_at = $4 FROM staff_account account
WHERE one.name = $3 AND one.subject IS NULL AND account.id = one.account_id AND account.active
  AND NOT EXISTS (SELECT FROM staff_identity other WHERE other.issuer = $1 AND other.subject = $2)
RETURNING account.id, account.role
"""
_PREPARE = """
INSERT INTO staff_identity (account_id, name) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, issuer = NULL, subject = NULL, linked_at = NULL
"""
_FORGET = "DELETE FROM staff_identity WHERE account_id = $1"
_TAKEN = "SELECT true FROM staff_identity WHERE name = $2 AND account_id <> $1"


async def enter(connection: asyncpg.Connection, who: Identity, *, totp_required: bool) -> Tokens:
    """A session of the account. Raises ProviderUnknown where there is none that is open, and
    ProviderSecondFactor where the person needs a second factor and the provider does not speak of one."""
    account = await connection.fetchrow(_LINKED, who.issuer, who.subject)
    if account is None and who.name:
        values = (who.issuer, who.subject, normal(who.name), clock.now())
        account = await connection.fetchrow(_LINK, *values)
    if account is None or await repository.lock_account(connection, account["id"]) is None:
        raise ProviderUnknown
    needed = totp_required and Role(account["role"]) in totp.NEEDED_BY
    if not who.second_factor and (needed or await totp.confirmed(connection, account["id"])):
        raise ProviderSecondFactor
    return await sessions.begin(connection, account["id"])


async def prepare(connection: asyncpg.Connection, account_id: int, name: str | None) -> None:
    """The name that the person has at the provider, whose next sign-in is tied anew; None: none any more.
    Raises Invalid for a name that is another's."""
    if name is None:
        await connection.execute(_FORGET, account_id)
        return
    if await connection.fetchval(_TAKEN, account_id, normal(name)):
        raise Invalid.of("provider_name", "provider_name_taken")
    await connection.execute(_PREPARE, account_id, normal(name))


def normal(name: str) -> str:
    return name.strip().lower()

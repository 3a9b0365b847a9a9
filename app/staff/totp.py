"""The second factor: codes of six digits that change every half minute (TOTP, RFC 6238), from a telephone.

A secret counts once a code of it was given back. A code is good for its half minute and the ones beside it,
and once: whoever looked over a shoulder cannot use it again.
"""

from dataclasses import dataclass

import asyncpg
import pyotp

from app.core import clock
from app.core.cipher import cipher
from app.staff.errors import TotpInvalid, TotpRequired, TotpSetupRequired, TotpTaken
from app.staff.permissions import Role

# Who decides, watches or keeps others' accounts.
NEEDED_BY = frozenset({Role.HEAD, Role.CONTROLLER, Role.ADMIN})
ISSUER = "Listening State"
SECONDS = 30
_PURPOSE = "staff_totp.secret"

# Another secret takes the place of one that was never confirmed.
_BEGIN = """
INSERT INTO staff_totp (account_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3)
ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
WHERE staff_totp.confirmed_at IS NULL
RETURNING account_id
"""
_SECRET = "SELECT secret, confirmed_at FROM staff_totp WHERE account_id = $1"
_USE = """
UPDATE staff_totp SET last_step = $2, confirmed_at = coalesce(confirmed_at, $3)
WHERE account_id = $1 AND last_step < $2 RETURNING account_id
"""
_FORGET = """
DELETE FROM staff_totp t USING staff_account a WHERE a.id = t.account_id AND a.login = $1 RETURNING account_id
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """`uri`: what the telephone reads from a QR code; `secret`: to be typed instead, in base 32."""

    secret: str
    uri: str


async def begin(connection: asyncpg.Connection, account_id: int, login: str) -> Setup:
    """A secret for the person's telephone. Raises TotpTaken when one is confirmed already."""
    secret = pyotp.random_base32()
    sealed = cipher().encrypt(secret, _PURPOSE)
    if await connection.fetchval(_BEGIN, account_id, sealed, clock.now()) is None:
        raise TotpTaken
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


async def confirm(connection: asyncpg.Connection, account_id: int, code: str) -> None:
    """The secret counts from now on. Raises TotpTaken; TotpInvalid for a wrong code or without a secret."""
    row = await connection.fetchrow(_SECRET, account_id)
    if row is not None and row["confirmed_at"]:
        raise TotpTaken
    await _use(connection, account_id, row, code)


async def check(
    connection: asyncpg.Connection, account_id: int, role: Role, code: str, *, required: bool
) -> None:
    """That the person may sign in with this code. `required`: those of NEEDED_BY do not sign in without.

    Raises TotpRequired without a code, TotpInvalid for a wrong or a used one, TotpSetupRequired where there
    is no confirmed secret and there has to be one.
    """
    row = await connection.fetchrow(_SECRET, account_id)
    if row is None or not row["confirmed_at"]:
        if required and role in NEEDED_BY:
            raise TotpSetupRequired
        return
    if not code:
        raise TotpRequired
    await _use(connection, account_id, row, code)


async def confirmed(connection: asyncpg.Connection, account_id: int) -> bool:
    """Whether the person has a second factor."""
    row = await connection.fetchrow(_SECRET, account_id)
    return row is not None and row["confirmed_at"] is not None


async def forget(connection: asyncpg.Connection, login: str) -> int | None:
    """The person begins anew, with another telephone. The account's id, or None when there was no secret."""
    account_id: int | None = await connection.fetchval(_FORGET, login)
    return account_id


async def _use(
    connection: asyncpg.Connection, account_id: int, row: asyncpg.Record | None, code: str
) -> None:
    step = _step(cipher().decrypt(row["secret"], _PURPOSE), code) if row else None
    if step is None or await connection.fetchval(_USE, account_id, step, clock.now()) is None:
        raise TotpInvalid


def _step(secret: str, code: str) -> int | None:
    """Which half minute the code belongs to: this one, the one before or the next; None: none of them."""
    now, typed, shown = int(clock.now().timestamp()) // SECONDS, "".join(code.split()), pyotp.TOTP(secret)
    # Each is compared, so that the time that it takes says nothing.
    beside = (now, now - 1, now + 1)
    good = [step for step in beside if pyotp.utils.strings_equal(typed, shown.at(step * SECONDS))]
    return good[0] if good else None

"""Where people come in: by a password and, who decides, by a code of their telephone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import asyncpg
from fastapi import Depends

from app.core.db import Database
from app.core.edge import Configured, Db
from app.staff import passwords, repository, sessions, totp
from app.staff.attempts import Throttle, Throttled
from app.staff.errors import InvalidCredentials, TotpInvalid
from app.staff.permissions import Role
from app.staff.service import normal_login

LOGIN = "login"

Second = Callable[[asyncpg.Connection, asyncpg.Record], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """Where people sign in. `totp_required`: who decides does not enter without a second factor."""

    db: Database
    throttle: Throttle
    totp_required: bool = False

    async def sign_in(self, login: str, password: str, code: str = "") -> sessions.Tokens:
        """Raises InvalidCredentials, what `totp.check` raises, or TooManyRequests once too many failed from
        this network for this login."""

        async def second(connection: asyncpg.Connection, account: asyncpg.Record) -> None:
            role = Role(account["role"])
            await totp.check(connection, account["id"], role, code, required=self.totp_required)

        return await self._entered(login, password, second)

    async def begin_totp(self, login: str, password: str) -> totp.Setup:
        """A secret for the person's telephone. Raises as `sign_in`, and TotpTaken."""
        account = await self._known(login, password)
        async with self.db.transaction() as connection:
            return await totp.begin(connection, account["id"], account["login"])

    async def confirm_totp(self, login: str, password: str, code: str) -> sessions.Tokens:
        """The secret counts from now on, and the person is signed in. Raises as `sign_in`, and TotpTaken."""

        async def second(connection: asyncpg.Connection, account: asyncpg.Record) -> None:
            await totp.confirm(connection, account["id"], code)

        return await self._entered(login, password, second)

    async def _known(self, login: str, password: str) -> asyncpg.Record:
        login = normal_login(login)
        await self.throttle.check(LOGIN, login)
        async with self.db.read() as connection:
            account = await repository.for_sign_in(connection, login)
        right = await passwords.matches(password, account["password_hash"] if account else None)
        if account is None or not right or not account["active"]:
            await self.throttle.failed(LOGIN, login)
            raise InvalidCredentials
        return account

    async def _entered(self, login: str, password: str, second: Second) -> sessions.Tokens:
        """Failures are forgotten only after the second factor: else it could be guessed without end."""
        account = await self._known(login, password)
        try:
            async with self.db.transaction() as connection:
                # The password may have been changed while it was being compared.
                if await repository.lock_account(connection, account["id"]) != account["password_hash"]:
                    raise InvalidCredentials
                await second(connection, account)
                given = await sessions.begin(connection, account["id"])
        except TotpInvalid:
            await self.throttle.failed(LOGIN, account["login"])
            raise
        await self.throttle.succeeded(LOGIN, account["login"])
        return given


async def door(db: Db, throttle: Throttled, settings: Configured) -> Door:
    return Door(db, throttle, settings.totp_required)


Doors = Annotated[Door, Depends(door)]

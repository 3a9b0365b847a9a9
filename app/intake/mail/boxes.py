"""Keeping mailboxes: adding one, changing it, trying it."""

import re
from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.core.outbound import Allowed
from app.intake.mail import repository
from app.intake.mail.models import Marking
from app.intake.mail.server import Access, Box, Mark, State, addresses, check_url

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190}")


class BoxProblem(Exception):
    """The mailbox cannot be kept as it was described; the message says why."""


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """`agency`: whose mailbox it is, so that what comes by it goes there. `auth_server`: the name under which
    the receiving server writes Authentication-Results. `everything`: also what lies there already."""

    code: str
    source: str
    agency: str | None
    address: str
    url: str
    username: str
    password: str
    folder: str = "INBOX"
    marking: Marking = Marking.MOVE
    registered_folder: str = Mark.REGISTERED.value
    refused_folder: str = Mark.REFUSED.value
    automatic_folder: str = Mark.AUTOMATIC.value
    auth_server: str | None = None
    everything: bool = False

    def check(self) -> None:
        """Raises BoxProblem."""
        if not _CODE.fullmatch(self.code):
            raise BoxProblem("the code has small Latin letters, digits and hyphens, such as energy-main")
        if not _ADDRESS.fullmatch(self.address):
            raise BoxProblem("the address is what people write to, such as otinish@energy.gov.example")
        try:
            check_url(self.url)
        except ValueError as error:
            raise BoxProblem(str(error)) from error
        folders = {self.folder, self.registered_folder, self.refused_folder, self.automatic_folder}
        if self.marking is Marking.MOVE and (
            self.folder in (self.registered_folder, self.refused_folder, self.automatic_folder)
        ):
            raise BoxProblem("what is dealt with cannot be moved to where it lies")
        if not all(folders) or not self.username or not self.password:
            raise BoxProblem("folders, user and password must not be empty")

    def access(self) -> Access:
        return Access(
            url=self.url,
            username=self.username,
            password=self.password,
            folder=self.folder,
            marking=self.marking,
            folders={
                Mark.REGISTERED: self.registered_folder,
                Mark.REFUSED: self.refused_folder,
                Mark.AUTOMATIC: self.automatic_folder,
            },
        )


class Change(StrEnum):
    STOP = "stop"
    START = "start"


async def add(db: Database, new: NewMailbox) -> None:
    """Raises BoxProblem."""
    new.check()
    now = clock.now()
    values = (
        new.code,
        new.source,
        new.agency,
        new.address.lower(),
        new.url,
        new.username,
        cipher().encrypt(new.password, "mailbox.password"),
        new.folder,
        new.marking,
        new.registered_folder,
        new.refused_folder,
        new.automatic_folder,
        new.auth_server,
        new.everything,
        now,
    )
    async with db.transaction() as connection:
        await _known(connection, new)
        try:
            await repository.add(connection, values)
        except asyncpg.UniqueViolationError as error:
            what = "address" if "address" in (error.constraint_name or "") else "code"
            raise BoxProblem(f"there is a mailbox with this {what} already") from error


async def _known(connection: asyncpg.Connection, new: NewMailbox) -> None:
    channels = await connection.fetchval("SELECT channels FROM source WHERE code = $1", new.source)
    if channels is None:
        raise BoxProblem(f"there is no source {new.source}")
    if "email" not in channels:
        raise BoxProblem(f"{new.source} has no channel email")
    if new.agency and not await connection.fetchval("SELECT id FROM agency WHERE code = $1", new.agency):
        raise BoxProblem(f"there is no agency {new.agency}")


async def set_password(db: Database, code: str, password: str) -> None:
    """It is tried at once. Raises BoxProblem."""
    sealed = cipher().encrypt(password, "mailbox.password")
    await _change(db, "password = $2, next_at = $3, failures = 0", code, sealed, clock.now())


async def change(db: Database, code: str, how: Change) -> None:
    """Raises BoxProblem."""
    await _change(db, "active = $2, next_at = $3, failures = 0", code, how is Change.START, clock.now())


async def _change(db: Database, assigned: str, code: str, *values: object) -> None:
    async with db.transaction() as connection:
        done = await connection.execute(f"UPDATE mailbox SET {assigned} WHERE code = $1", code, *values)
    if done == "UPDATE 0":
        raise BoxProblem(f"there is no mailbox {code}")


async def tried(access: Access, allowed: Allowed, seconds: float) -> State:
    """Sign in and look into the folder; nothing is changed there. Raises MailProblem."""
    at = await addresses(access, allowed)
    box = Box(access, seconds)
    try:
        return await box.open(at[0])
    finally:
        await box.close()

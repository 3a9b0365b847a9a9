"""Mailboxes of a test: added, filled, visited; and what became of what was in them."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from app.appeals import repository as record
from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock
from app.core.db import Database
from app.delivery.bounces import bounced
from app.intake.mail import boxes
from app.intake.mail.boxes import NewMailbox
from app.intake.mail.visits import Postman
from app.settings import Settings
from tests.casework.people import Office
from tests.delivery.post import Post
from tests.delivery.receivers import Mailbox
from tests.intake.mail.dovecot import PASSWORD, Dovecot

CITIZEN = "aliya@example.kz"
OURS = "otinish@energy.example.kz"
TEXT = "Үйімізде үш күннен бері жылу жоқ. Көмектесіңіздерші."


def letter(text: str = TEXT, *, sender: str = f"Әлия Сынақ <{CITIZEN}>", **headers: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    values = {
        "From": sender,
        "To": OURS,
        "Subject": "Жылу жоқ",
        "Date": "Fri, 27 Nov 2026 10:00:00 +0500",
        "Message-ID": f"<{uuid4().hex}@example.kz>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in values.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message


@dataclass
class MailOffice:
    db: Database
    client: httpx.AsyncClient
    settings: Settings
    server: Dovecot
    outbox: Mailbox

    def __post_init__(self) -> None:
        self.postman = Postman(self.settings, bounced)
        self.office = Office(self.db, self.client)
        self.post = Post(self.db, self.client, self.settings)

    @property
    def sent(self) -> list[EmailMessage]:
        """Our notices, as they arrived at a real SMTP server."""
        return self.outbox.messages

    async def add(self, code: str = "energy", **changes: Any) -> str:
        """A mailbox that begins with what comes from now on; gives the user on the server."""
        user = f"{code}-{uuid4().hex[:8]}@box"
        values: dict[str, Any] = {
            "code": code,
            "source": "email",
            "agency": "energy",
            "address": OURS,
            "url": f"imaps://localhost:{self.server.tls}",
            "username": user,
            "password": PASSWORD,
        } | changes
        await boxes.add(self.db, NewMailbox(**values))
        await self.visit()
        return user

    def deliver(self, user: str, *messages: EmailMessage | bytes, at: datetime | None = None) -> None:
        raws = [one if isinstance(one, bytes) else bytes(one) for one in messages]
        self.server.deliver(user, *raws, at=at)

    async def visit(self, postman: Postman | None = None) -> None:
        """Every mailbox now, whenever it would be due."""
        await self.do("UPDATE mailbox SET next_at = $1 WHERE leased_until IS NULL", clock.now())
        await (postman or self.postman).until_over(self.db)

    async def bring(self, user: str, *messages: EmailMessage | bytes, at: datetime | None = None) -> None:
        self.deliver(user, *messages, at=at)
        await self.visit()

    async def results(self) -> list[str]:
        rows = await self.ask("SELECT result, reason FROM mail ORDER BY id")
        return [":".join(filter(None, (row["result"], row["reason"]))) for row in rows]

    async def appeals(self) -> list[asyncpg.Record]:
        return await self.ask(
            "SELECT a.*, h.status FROM appeal a JOIN holding h ON h.appeal_id = a.id ORDER BY a.id"
        )

    def number(self, appeal: asyncpg.Record) -> str:
        return format_number(appeal["id"], ApplicantType(appeal["applicant_type"]))

    async def said(self, appeal_id: int) -> list[dict[str, Any]]:
        """What was written, in order: the appeal first."""
        async with self.db.read() as connection:
            return [one.body for one in await record.contents(connection, appeal_id)]

    async def ask(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with self.db.read() as connection:
            return list(await connection.fetch(query, *values))

    async def do(self, query: str, *values: Any) -> None:
        async with self.db.transaction() as connection:
            await connection.execute(query, *values)

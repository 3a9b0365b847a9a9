"""One e-mail becomes what it is: an appeal, a supplement, a repeat, or none of them; and that is kept.

All of it in one transaction, in which the e-mail's key is held first: the same e-mail from two mailboxes or
by two workers is dealt with once. Nothing is said on the mail server before the commit.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.appeals.codes import ActorKind, ApplicantType, Kind
from app.appeals.commands import Writing
from app.appeals.lifecycle import Act
from app.appeals.numbers import Number
from app.attachments import linking
from app.attachments.errors import TooManyAttachments
from app.core import clock
from app.core.cipher import cipher
from app.core.errors import AppError
from app.core.i18n import t
from app.deadlines.calendar import FIRST_YEAR
from app.directory.registry import Directory
from app.intake import acts
from app.intake.citizen import CitizenCaller
from app.intake.language import language_of
from app.intake.mail import repository
from app.intake.mail.files import File
from app.intake.mail.message import Read
from app.intake.mail.models import MailResult
from app.intake.mail.repository import Entry
from app.intake.mail.texts import reply_and_quoted
from app.intake.register import register
from app.intake.submission import Person, Registration, Submission
from app.notices.message_ids import notice_of

CHANNEL = "email"
CLOCK_SKEW = timedelta(minutes=2)
RECORD_BEGINS = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
# Of more than so many in an hour from one address each is registered, and none is confirmed: a machine that
# answers every confirmation, and says in no header that it is one, comes to its end.
CONFIRMED_IN_AN_HOUR = 10

Bounced = Callable[[asyncpg.Connection, int, int | None, datetime], Awaitable[int | None]]
"""A notice did not arrive: (connection, notice's id, SMTP's code, now) -> its appeal's id, if it was sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """An e-mail in a mailbox. `mailbox`: its row, with `agency`, `source` and `late_days`. `files`: what was
    attached, kept or not."""

    mailbox: asyncpg.Record
    uid_validity: int
    uid: int
    size: int
    received_at: datetime | None
    read: Read
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Became:
    """`first`: of a repeat, what the e-mail became the first time."""

    result: MailResult
    reason: str = ""
    appeal_id: int | None = None
    first: MailResult | None = None


async def take(
    connection: asyncpg.Connection, found: Found, directory: Directory, bounced: Bounced, own_sender: str
) -> Became:
    """What the e-mail became, once the caller's transaction commits. `own_sender`: our notices' address."""
    return await _Taking(connection, found, directory, bounced, own_sender, clock.now()).run()


async def refuse(connection: asyncpg.Connection, found: Found, reason: str) -> Became:
    """Keep that it could not be dealt with."""
    became = Became(MailResult.REFUSED, reason)
    await repository.keep(connection, _entry(found, became, clock.now()))
    return became


async def is_known(connection: asyncpg.Connection, found: Found) -> bool:
    """Whether something became of it before."""
    return await repository.before(connection, hashed(found.read.key, "key")) is not None


def hashed(value: str, purpose: str) -> bytes:
    """Under a key that stays: what an e-mail says of itself is not kept."""
    return cipher().lasting_hash(value, f"mail.{purpose}")


def sender_hash(address: str) -> bytes:
    return cipher().lasting_hash(address.casefold(), "applicant.email")


def _entry(found: Found, became: Became, now: datetime) -> Entry:
    read = found.read
    received_at, _ = moment(found, now)
    return Entry(
        mailbox_id=found.mailbox["id"],
        uid_validity=found.uid_validity,
        uid=found.uid,
        key_hash=hashed(read.key, "key"),
        content_hash=hashed(read.content_hash().hex(), "content"),
        sender_hash=sender_hash(read.sender) if read.sender else None,
        result=became.result,
        reason=became.reason,
        appeal_id=became.appeal_id,
        bytes=found.size,
        day=clock.civil_day(received_at),
        received_at=received_at,
        at=now,
    )


def moment(found: Found, now: datetime) -> tuple[datetime, bool]:
    """The legal moment of receipt, and whether it is the server's: its date counts as far as a source may
    bring a moment (not in the future, not older than `late_days`), else the moment that we saw it."""
    at = found.received_at
    earliest = max(RECORD_BEGINS, now - clock.days(found.mailbox["late_days"]))
    if at is None or not earliest <= at <= now + CLOCK_SKEW:
        return now, False
    return min(at, now), True


@dataclass
class _Taking:
    connection: asyncpg.Connection
    found: Found
    directory: Directory
    bounced: Bounced
    own_sender: str
    now: datetime

    async def run(self) -> Became:
        entry = _entry(self.found, Became(MailResult.REFUSED), self.now)
        before = await repository.take_turn(self.connection, entry.key_hash)
        became = self._again(before, entry) if before else await self._first()
        await repository.keep(self.connection, _entry(self.found, became, self.now))
        return became

    def _again(self, before: asyncpg.Record, entry: Entry) -> Became:
        if before["content_hash"] != entry.content_hash:
            return Became(MailResult.REFUSED, "message_id_reused")
        first = MailResult(before["result"])
        return Became(MailResult.REPEATED, appeal_id=before["appeal_id"], first=first)

    async def _first(self) -> Became:
        read = self.found.read
        if reason := await self._automatic():
            return await self._bounce() or Became(MailResult.AUTOMATIC, reason)
        number = await self._thread()
        if number is not None and await self._supplement(number):
            return Became(MailResult.SUPPLEMENT, appeal_id=number.appeal_id)
        return await self._register(read, number)

    async def _automatic(self) -> str | None:
        read = self.found.read
        if read.automatic:
            return read.automatic
        if read.sender and (
            read.sender == self.own_sender or await repository.ours(self.connection, [read.sender])
        ):
            return "own_address"
        return None

    async def _bounce(self) -> Became | None:
        """A report that one of our notices did not arrive makes it a task for a person."""
        report = self.found.read.report
        if report is None or not report.failed:
            return None
        for notice_id in filter(None, map(notice_of, report.about)):
            appeal_id = await self.bounced(self.connection, notice_id, report.code, self.now)
            if appeal_id is not None:
                return Became(MailResult.BOUNCE, appeal_id=appeal_id)
        return None

    async def _thread(self) -> Number | None:
        """The appeal that this e-mail goes on about: one of its Message-IDs leads to it, and its applicant
        has the sender's address. Nothing is ever said to anybody else."""
        read = self.found.read
        if not read.references or not read.sender or not authentic(read, self.found.mailbox["auth_server"]):
            return None
        row = await repository.thread(
            self.connection,
            cipher().search_hashes(read.sender.casefold(), "applicant.email"),
            [notice_of(id_) for id_ in read.references],
            [hashed(id_, "key") for id_ in read.references],
        )
        return Number.of(row["id"], ApplicantType(row["applicant_type"])) if row else None

    async def _supplement(self, number: Number) -> bool:
        """False where nothing can be added any more."""
        try:
            await self._supplemented(number)
        except TooManyAttachments:  # with those that the appeal has
            self.found = replace(self.found, files=tuple(it.left_out("too_many") for it in self.found.files))
            return await self._supplement(number)
        except AppError:
            return False
        return True

    async def _supplemented(self, number: Number) -> None:
        reply, quoted = reply_and_quoted(self._text())
        details = self._details() | ({"quoted": quoted} if quoted else {})
        async with self.connection.transaction():
            ids = self._kept()
            named = await linking.take(self.connection, ids, number.appeal_id, self.now)
            writing = Writing(reply, details, attachments=named, left_out=self._left_out())
            await acts.carry_out(self.connection, CitizenCaller(number), Act.SUPPLEMENT, writing)

    def _kept(self) -> tuple[UUID, ...]:
        return tuple(file.id for file in self.found.files if file.id)

    def _left_out(self) -> int:
        return sum(1 for file in self.found.files if not file.id)

    async def _register(self, read: Read, about: Number | None) -> Became:
        submission = await self._submission(read, about)
        (answer,) = await register(self.connection, [submission], self.directory)
        if isinstance(answer, AppError):
            return Became(MailResult.REFUSED, answer.code)
        assert isinstance(answer, Registration)
        return Became(MailResult.REGISTERED, appeal_id=answer.appeal_id)

    async def _submission(self, read: Read, about: Number | None) -> Submission:
        received_at, servers = moment(self.found, self.now)
        agency, source = await self._addressed()
        details = self._details() | ({"about": about.format()} if about else {})
        if not servers and self.found.received_at:
            details["server_date"] = self.found.received_at.isoformat()
        return Submission(
            kind=Kind.STATEMENT,
            language=language_of(f"{read.subject or ''}\n{read.text}"),
            text=self._text(),
            subject=read.subject,
            applicant=Person(name=read.name, email=read.sender),
            channel=CHANNEL,
            source=source,
            source_agency=agency,
            received_at=received_at,
            arrived_at=self.now if servers else None,
            key=hashlib.sha256(f"email\0{read.key}".encode("utf-8", "replace")).digest(),
            request_hash=read.content_hash(),
            actor_kind=ActorKind.SOURCE,
            details=details,
            attachments=self._kept(),
            left_out=self._left_out(),
            silent=await self._too_many(),
        )

    async def _addressed(self) -> tuple[str | None, str]:
        """Agency and source: of the mailboxes of ours that To and Cc name, the first one that is an agency's
        decides, whichever copy is read first; where none is named, the mailbox that it lies in."""
        mailbox, read = self.found.mailbox, self.found.read
        known = await repository.ours(self.connection, read.to)
        named = [known[address] for address in read.to if address in known]
        decides = next((one for one in named if one["agency"]), named[0] if named else mailbox)
        return decides["agency"], decides["source"]

    async def _too_many(self) -> bool:
        read = self.found.read
        if not read.sender:
            return False
        since, hash_ = self.now - timedelta(hours=1), sender_hash(read.sender)
        return await repository.registered_since(self.connection, hash_, since) >= CONFIRMED_IN_AN_HOUR

    def _text(self) -> str:
        """An appeal says something: without a text its subject, or that there is only what is attached."""
        read = self.found.read
        language = language_of(read.subject or "")
        return read.text or read.subject or t("email.no_text", language)

    def _details(self) -> dict[str, Any]:
        read = self.found.read
        said = {
            "to": list(read.to),
            "date": read.date.isoformat() if read.date else None,
            "attachments": [file.as_json() for file in self.found.files],
            "cut": read.cut,
        }
        return {"email": {name: value for name, value in said.items() if value}}


_VERDICT = re.compile(r"(?i)(?:^|[;\s])dmarc\s*=\s*pass\b")


def authentic(read: Read, auth_server: str | None) -> bool:
    """Whether the sender's address is really theirs, as far as the receiving server was asked to check: its
    own Authentication-Results stand above any that came along. Where it was not, having the
    Message-ID of our notice, or of their own e-mail, is what there is."""
    if not auth_server:
        return True
    by = [value for value in read.results if value.partition(";")[0].split()[:1] == [auth_server]]
    return bool(by and _VERDICT.search(by[0]))

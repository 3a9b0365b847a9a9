"""What an administrator sees of mailboxes."""

from datetime import date, datetime

from pydantic import Field

from app.core.schema import Out
from app.intake.mail.models import MailResult


class MailboxOut(Out):
    code: str = Field(examples=["energy"])
    address: str
    source: str
    agency: str | None = Field(description="whose mailbox it is; null: nobody's own")
    active: bool
    last_ok_at: datetime | None = Field(description="when it was read to its end")
    last_error: str | None = Field(description="why the newest visit failed; null: it did not")
    failures: int = Field(description="visits that failed since then")
    next_at: datetime
    today: dict[MailResult, int] = Field(description="what came of the civil day's e-mails")


class MailboxesOut(Out):
    items: list[MailboxOut]


class NotTakenOut(Out):
    """An e-mail that became nothing. It lies in the mailbox, and its words are not kept here."""

    uid: int
    result: MailResult
    reason: str = Field(examples=["auto_submitted"])
    bytes: int
    received_at: datetime
    at: datetime = Field(description="when it was dealt with")


class MailDayOut(Out):
    """registered + supplement + repeated + automatic + bounce + refused = received."""

    day: date
    received: int
    registered: int
    supplement: int = Field(description="added to an appeal that was there")
    repeated: int = Field(description="copies of e-mails that were dealt with")
    automatic: int = Field(description="what no person wrote")
    bounce: int = Field(description="notices of ours that did not arrive")
    refused: int
    not_taken: list[NotTakenOut] = Field(description="the automatic, bounced and refused ones, 500 at most")

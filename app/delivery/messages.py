"""What is sent: an e-mail, a short text, a webhook's bytes. The same notice makes the same message again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from app.appeals import numbers, repository
from app.appeals.codes import ApplicantType, Status
from app.appeals.letters import Letter
from app.appeals.link_token import link_token
from app.core.cipher import cipher
from app.core.db import to_json
from app.core.i18n import Language, t
from app.delivery.schemas import EventName
from app.directory.registry import Directory
from app.notices.message_ids import message_id
from app.settings import Settings

# Of a notice's own params these go to subscribers: codes, days and numbers.
_TOLD = ("registered_on", "outcome", "ground", "until", "before", "after", "promised_until", "to", "rule")
_LONGEST_SMS = 300
POST_ANSWERED = EventName.POST_ANSWERED.value
# Folded at 78 characters, a subject in Cyrillic loses a space where the library breaks it between two words.
_POLICY = SMTP.clone(max_line_length=998)

Row = Mapping[str, Any] | asyncpg.Record


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook sends. `id` is the same whenever it is sent again, so that a receiver can drop it."""

    id: str
    body: str


def number_of(row: Row) -> str:
    return numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"])


def version_of(row: Row) -> int:
    """The version of the case that the notice tells of."""
    first = 1 if row["kind"] == "appeal.registered" else row["version"]
    return int(row["params"].get("version", first))


def link(row: Row, settings: Settings) -> str | None:
    """Opens the appeal for reading, at that version or a later one; its applicant can call it back. A booking
    has no page of its own."""
    base = settings.public_url.rstrip("/")
    if not base or not row["appeal_id"]:
        return None
    token = link_token(row["appeal_id"], row["link_generation"])
    return f"{base}/l/{token}?v={version_of(row)}"


def domain(settings: Settings) -> str:
    sender = settings.mail_from.rpartition("@")[2]
    return sender or urlsplit(settings.public_url).hostname or "localhost"


def notice_id(row: Row) -> str:
    return f"notice-{row['notice_id']}"


def email(row: Row, letter: Letter, to: str, settings: Settings, now: datetime) -> EmailMessage:
    """Raises ValueError for an address that is none."""
    language: Language = row["language"]
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = f"<{message_id(row['notice_id'], domain(settings))}>"
    message["From"] = Address(
        t("delivery.sender", language), addr_spec=settings.mail_from or f"no-reply@{domain(settings)}"
    )
    message["To"] = Address(addr_spec=to)
    if row["reply_to"]:
        message["Reply-To"] = Address(addr_spec=row["reply_to"])
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    opens = link(row, settings)
    where = f"\n\n{t('delivery.link', language, url=opens)}" if opens else ""
    message.set_content(f"{letter.text}{where}\n", cte="base64")
    message["Content-Language"] = language
    return message


def sms(row: Row, letter: Letter, to: str, settings: Settings) -> dict[str, str]:
    """A text of two or three sentences: what happened, until when, and where to read it."""
    language: Language = row["language"]
    said = [letter.short or f"{letter.subject}."]
    if (due_on := row["params"].get("due_on")) and row["kind"] != "deadline.passed":
        said.append(t("delivery.sms.due", language, day=date.fromisoformat(due_on)))
    opens = link(row, settings)
    if opens:
        said.append(opens)
    return {"id": notice_id(row), "to": to, "text": " ".join(said)[:_LONGEST_SMS]}


def webhook_id(row: Row) -> str:
    return f"msg_{row['notice_id']}_{row['subscription_id']}"


def event(row: Row, directory: Directory) -> Event:
    """Nothing personal: the number, codes and days; to a post's own platform the text of its answer too."""
    params = row["params"]
    now = {"status": row["status"], "due_on": row["due_on"].isoformat()}
    if row["kind"] == "appeal.registered":
        now["status"] = Status.REGISTERED
    data = {
        "number": number_of(row),
        "external_id": row["external_id"],
        "channel": row["channel"],
        "status": params.get("status", now["status"]),
        "agency": params.get("agency") or directory.agency_by_id(row["agency_id"]).code,
        "due_on": params.get("due_on", now["due_on"]),
        "version": version_of(row),
    } | {name: params[name] for name in _TOLD if params.get(name) is not None}
    if numbers.is_sandbox(row["appeal_id"]):
        data["sandbox"] = True
    kind = row["kind"]
    if _is_for_its_platform(row):
        kind, data = POST_ANSWERED, data | _answer(row)
    body = {"type": kind, "timestamp": row["at"].isoformat(), "data": data}
    return Event(webhook_id(row), to_json(body))


def _is_for_its_platform(row: Row) -> bool:
    return (
        row["kind"] == "appeal.answered"
        and POST_ANSWERED in row["events"]
        and row["channel"] == "blog"
        and row["external_id"] is not None
    )


def _answer(row: Row) -> dict[str, Any]:
    """As it was given then, to the platform on which it was asked for; its text is None once it is erased."""
    said = repository.opened(row["answer"]) if row["answer"] else {}
    return {
        "post_id": row["external_id"],
        "blog": row["blog"],
        "text": said.get("text"),
        "language": row["params"].get("language") or row["language"],
        "legal_basis": said.get("legal_basis"),
    }


def address_of(row: Row) -> str | None:
    """Where it goes; None once the person's data are erased."""
    column = "email" if row["way"] == "email" else "phone"
    owner = "booking" if row["booking_id"] else "applicant"
    return cipher().decrypt_optional(row[column], f"{owner}.{column}")

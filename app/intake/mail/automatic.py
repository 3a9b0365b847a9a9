"""What no person wrote: auto-replies, mailing lists, reports of mail servers (PURE).

RFC 3834 and what mail programs really send. None of it is an appeal, and none of it is ever answered. The
signs are those of headers, never of words: who writes about an auto-reply is a person.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from app.intake.mail import headers

_SUPPRESSED = re.compile(r"(?i)\b(?:all|oof|autoreply)\b")
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_LISTS = ("list-id", "list-post", "list-unsubscribe", "list-help")
_REPLIES = ("x-autoreply", "x-autorespond", "x-auto-reply", "auto-reply")
_SMTP_CODE = re.compile(r"(?:^|[\s;#])([245]\d\d)(?=[\s.-])")


def why(message: Message) -> str | None:
    """A code, or None for what a person wrote."""
    submitted = headers.field(message, "auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "auto_submitted"
    if message.get_content_type() == "multipart/report":
        return "report"
    if any(value.replace(" ", "") == "<>" for value in headers.fields(message, "return-path")):
        return "empty_return_path"
    if _SUPPRESSED.search(headers.field(message, "x-auto-response-suppress")):
        return "auto_response_suppress"
    if headers.field(message, "precedence").lower() in _PRECEDENCE:
        return "precedence"
    if any(headers.field(message, name) for name in _LISTS):
        return "mailing_list"
    if any(headers.field(message, name) for name in _REPLIES):
        return "auto_reply"
    return None


@dataclass(frozen=True, slots=True)
class Report:
    """A mail server's report about a message (RFC 3464). `about`: Message-IDs that it names; `failed`: it
    was not delivered and will not be; `code`: SMTP's, where it is told."""

    about: tuple[str, ...]
    failed: bool
    code: int | None


def report(message: Message) -> Report | None:
    if message.get_content_type() != "multipart/report":
        return None
    parts = message.get_payload()
    if not isinstance(parts, list):
        return None
    about: list[str] = []
    failed, code = False, None
    for part in (one for one in parts[:10] if isinstance(one, Message)):
        for block in _blocks(part):
            if part.get_content_type() == "message/delivery-status":
                failed = failed or headers.field(block, "action").lower() == "failed"
                code = code or _code(block)
            else:
                about += headers.ids(block, "message-id")
    about += headers.ids(message, "in-reply-to", "references")
    return Report(tuple(dict.fromkeys(about)), failed, code)


def _blocks(part: Message) -> Iterator[Message]:
    """The header blocks that a part of a report holds."""
    payload = part.get_payload()
    kind = part.get_content_type()
    if kind in ("message/delivery-status", "message/rfc822") and isinstance(payload, list):
        yield from (one for one in payload[:50] if isinstance(one, Message))
    elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes):
            yield HeaderParser().parsestr(raw[:100_000].decode("ascii", "surrogateescape"))


def _code(block: Message) -> int | None:
    found = _SMTP_CODE.search(headers.field(block, "diagnostic-code"))
    return int(found[1]) if found else None

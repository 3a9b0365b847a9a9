"""An e-mail read: who wrote to whom, what, and in answer to what (PURE).

The bytes are anybody's. What is too deep or too long to be taken apart is read as plain text under its
headers, so that nothing is lost and nothing takes for ever.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.feedparser import BytesFeedParser
from email.message import Message
from email.parser import BytesHeaderParser

from pydantic import TypeAdapter, ValidationError

from app.core.schema import Email
from app.intake.mail import automatic, headers, texts
from app.intake.mail.automatic import Report
from app.intake.mail.charsets import decoded, one_line, plain

# As the public contract has it for every channel.
LONGEST_TEXT = 64_000
LARGEST_TEXT_PART = 2_000_000
MOST_PARTS = 200
DEEPEST = 40
MOST_LINES = 1_000_000
_PIECE = 65_536
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_email = TypeAdapter[str](Email)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    type: str
    part: Message | None
    """None: it did not come whole."""

    def content(self) -> bytes:
        if self.part is None:
            return b""
        found = self.part.get_payload(decode=True)
        return found if isinstance(found, bytes) else b"\n".join(bytes(one) for one in _inner(self.part))


@dataclass(frozen=True, slots=True)
class Read:
    """`key`: what makes it one message wherever it lies. `references`: Message-IDs, the nearest first.
    `automatic`: why no person wrote it. `cut`: not all of it was looked at."""

    key: str
    sender: str | None
    name: str | None
    to: tuple[str, ...]
    subject: str | None
    text: str
    references: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    automatic: str | None
    report: Report | None
    results: tuple[str, ...]
    date: datetime | None
    cut: bool

    def content_hash(self) -> bytes:
        """The same for the copies of one message in several mailboxes, whose traces differ."""
        said = (self.sender, self.subject, self.text, *(f"{one.type} {one.name}" for one in self.attachments))
        return hashlib.sha256("\0".join(map(repr, said)).encode()).digest()


def read(raw: bytes, *, whole: bool = True) -> Read:
    """Never fails for what is in it. `whole` is false where only its beginning was fetched."""
    message, flat = _parsed(raw)
    sender, name = _sender(message)
    bodies = [_flat_text(raw)] if flat else list(_bodies(message))
    text = plain("\n\n".join(filter(None, (body.strip() for body in bodies))))
    attachments = () if flat else tuple(_attachments(message, whole=whole))
    key = headers.message_id(message) or f"bytes:{hashlib.sha256(raw).hexdigest()}"
    return Read(
        key=key,
        sender=sender,
        name=name,
        to=tuple(address for _, address in headers.addresses(message, "to", "cc")),
        subject=one_line(headers.words(headers.field(message, "subject"))) or None,
        text=text[:LONGEST_TEXT].strip(),
        references=tuple(headers.ids(message, "in-reply-to", "references")),
        attachments=attachments,
        automatic=automatic.why(message),
        report=None if flat else automatic.report(message),
        results=tuple(headers.fields(message, "authentication-results")),
        date=headers.date(message),
        cut=flat or not whole or len(text) > LONGEST_TEXT,
    )


def _parsed(raw: bytes) -> tuple[Message, bool]:
    """The message, and whether it has to be read as plain text."""
    if len(_BOUNDARY.findall(raw)) <= MOST_PARTS // 2 and raw.count(b"\n") <= MOST_LINES:
        try:
            message = _taken_apart(raw)
            if _depth(message) <= DEEPEST:
                return message, False
        except (RecursionError, ValueError, LookupError, AttributeError, TypeError, IndexError):
            pass
    return BytesHeaderParser().parsebytes(raw[:1_000_000]), True


def _taken_apart(raw: bytes) -> Message:
    """In pieces: as one text it would take four times its size."""
    parser = BytesFeedParser()
    for begin in range(0, len(raw), _PIECE):
        parser.feed(raw[begin : begin + _PIECE])
    return parser.close()


def _depth(message: Message) -> int:
    deepest, waiting = 0, [(message, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(inner, depth + 1) for inner in _inner(part)]
    return deepest


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _flat_text(raw: bytes) -> str:
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1]
    return decoded(body[: 4 * LONGEST_TEXT], None)


def _sender(message: Message) -> tuple[str | None, str | None]:
    """The address that From names, and the name beside it."""
    found = headers.addresses(message, "from")
    if not found:
        return None, None
    name, address = found[0]
    try:
        return _email.validate_python(address), name or None
    except ValidationError:
        return None, name or None


def _bodies(part: Message) -> Iterator[str]:
    """The texts in their order; of alternatives the plain one, where it says anything."""
    kind = part.get_content_type()
    inner = _inner(part)
    if kind == "multipart/alternative":
        yield _best(inner)
    elif inner:
        for one in inner[:1] if kind == "multipart/related" else inner:
            yield from _bodies(one)
    elif (kind in ("text/plain", "text/html") and not _is_attached(part)) or kind.startswith("multipart/"):
        yield _text(part)


def _best(alternatives: list[Message]) -> str:
    for wanted in ("text/plain", "text/html"):
        for one in alternatives:
            if one.get_content_type() == wanted and (text := _text(one)).strip():
                return text
    said = ["\n\n".join(_bodies(one)) for one in alternatives]
    return next((text for text in reversed(said) if text.strip()), "")


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    text = decoded(raw[:LARGEST_TEXT_PART] if isinstance(raw, bytes) else b"", _param(part, "charset"))
    if part.get_content_type() == "text/html":
        return texts.of_html(plain(text))
    text = plain(text)
    if _param(part, "format").lower() == "flowed":
        return texts.of_flowed(text, delete_space=_param(part, "delsp").lower() == "yes")
    return text


def _param(part: Message, name: str) -> str:
    found = part.get_param(name)
    return found[2] if isinstance(found, tuple) else str(found or "")


def _attachments(message: Message, *, whole: bool) -> Iterator[Attachment]:
    """Everything that is no body: files, pictures in the text, and messages that were sent along."""
    leaves = list(_leaves(message))
    for part in leaves:
        kind = part.get_content_type()
        name = _filename(part)
        if _is_attached(part) or kind not in ("text/plain", "text/html"):
            if kind.startswith("multipart/") or (kind == "message/rfc822" and not name):
                continue
            last = part is leaves[-1]
            yield Attachment(name or _unnamed(kind), kind, part if whole or not last else None)


def _unnamed(kind: str) -> str:
    return kind.replace("/", ".")


def _leaves(message: Message) -> Iterator[Message]:
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop()
        inner = _inner(part)
        waiting += reversed(inner)
        if not inner:
            seen += 1
            yield part


def _filename(part: Message) -> str:
    """Its last part, without a path."""
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return ""
    return one_line(re.split(r"[/\\]", headers.words(name))[-1], 200)

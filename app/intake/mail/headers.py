"""Header fields as they come, read leniently and in bounded time (PURE)."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from app.intake.mail.charsets import decoded, one_line

# What stands further on in a field is not looked at.
LONGEST = 8_000
MOST_IDS = 50
_WORDS = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)*")
_ID = re.compile(r"<([^<>\s]{1,900})>")


def fields(message: Message, name: str) -> Iterator[str]:
    """Each field of this name, unfolded; bytes that are no ASCII are decoded, encoded words are not."""
    wanted = name.lower()
    for key, value in message.raw_items():
        if key.lower() == wanted:
            raw = str(value)[:LONGEST].encode("ascii", "surrogateescape")
            yield re.sub(r"[\r\n]+[ \t]*", " ", decoded(raw, None)).strip()


def field(message: Message, name: str) -> str:
    """The first one; empty where there is none."""
    return next(fields(message, name), "")


def words(value: str) -> str:
    """With its encoded words (RFC 2047) decoded; what cannot be stays as it is."""
    return _WORDS.sub(lambda found: _decoded_words(found[0]), value)


def _decoded_words(run: str) -> str:
    try:
        return "".join(
            decoded(said, label) if isinstance(said, bytes) else said for said, label in decode_header(run)
        )
    except (HeaderParseError, ValueError, LookupError):
        return run


def addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    """(name, address) of each; the address in small letters, and with one `@`."""
    given = [value for name in names for value in fields(message, name)]
    found = []
    for name_, address in _taken_apart(given)[:200]:
        address = address.strip().lower()
        if address.count("@") == 1 and not re.search(r"[\s<>\x00-\x1f]", address):
            found.append((one_line(words(name_)), address))
    return found


def _taken_apart(given: list[str]) -> list[tuple[str, str]]:
    try:
        return getaddresses(given)
    except (RecursionError, ValueError, IndexError):
        return []


def ids(message: Message, *names: str) -> list[str]:
    """Message-IDs, without their brackets, in the order of the fields; of each field the last one first."""
    found: dict[str, None] = {}
    for name in names:
        for value in fields(message, name):
            found.update(dict.fromkeys(reversed(_ID.findall(value))))
    return list(found)[:MOST_IDS]


def message_id(message: Message) -> str | None:
    """In brackets or, from careless programs, without them."""
    value = field(message, "message-id")
    found = _ID.search(value)
    return found[1] if found else one_line(value, 900).strip("<>") or None


def date(message: Message) -> datetime | None:
    """What the sender's clock said."""
    try:
        return parsedate_to_datetime(field(message, "date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

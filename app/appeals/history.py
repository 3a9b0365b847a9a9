"""How events and contents are hashed (PURE). Anyone can repeat it from docs/security.md with sha256sum."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypedDict, Unpack

import orjson


class Row(Protocol):
    """A row of a table, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: the bytes that hashes are taken of."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def content_hash(salt: bytes, body: bytes) -> bytes:
    """What an event says of a text: without the salt, which is erased with the text, it tells nothing."""
    return hashlib.sha256(salt + body).digest()


def applicant_hash(salt: bytes, applicant: Mapping[str, str | None]) -> bytes:
    """What the first event says of who wrote: of their name, iin, bin, address, phone, email, as given."""
    given = {name: value for name, value in applicant.items() if value is not None}
    return content_hash(salt, canonical(given))


class Described(TypedDict):
    """What an event is; `previous` is the hash of the event before it in the same part."""

    appeal_id: int
    part: int
    kind: str
    at: datetime
    actor: tuple[str, int | None]
    data: Mapping[str, Any]
    content: bytes | None
    previous: bytes | None


def described(event: Row) -> Described:
    """The same from a row of the table."""
    return {
        "appeal_id": event["appeal_id"],
        "part": event["part"],
        "kind": event["kind"],
        "at": event["at"],
        "actor": (event["actor_kind"], event["actor_id"]),
        "data": event["data"],
        "content": event["content_hash"],
        "previous": event["previous"],
    }


def event_text(**event: Unpack[Described]) -> bytes:
    """What the hash of an event is taken of."""
    content, previous = event["content"], event["previous"]
    return canonical(
        {
            "appeal": event["appeal_id"],
            "part": event["part"],
            "kind": event["kind"],
            "at": event["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": list(event["actor"]),
            "data": event["data"],
            "content": content.hex() if content else None,
            "previous": previous.hex() if previous else None,
        }
    )


def event_hash(**event: Unpack[Described]) -> bytes:
    return hashlib.sha256(event_text(**event)).digest()

"""How events and contents are hashed (PURE). Anyone can repeat it from docs/security.md with sha256sum."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

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


def described(event: Row) -> dict[str, Any]:
    """The arguments of `event_text` and `event_hash`, from a row of the table."""
    same = ("appeal_id", "part", "kind", "at", "data", "previous")
    return {name: event[name] for name in same} | {
        "actor": (event["actor_kind"], event["actor_id"]),
        "content": event["content_hash"],
    }


def event_text(
    *,
    appeal_id: int,
    part: int,
    kind: str,
    at: datetime,
    actor: tuple[str, int | None],
    data: Mapping[str, Any],
    content: bytes | None,
    previous: bytes | None,
) -> bytes:
    """What the hash of an event is taken of; `previous` is that of the event before it in the same part."""
    described = {
        "appeal": appeal_id,
        "part": part,
        "kind": kind,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": list(actor),
        "data": data,
        "content": content.hex() if content else None,
        "previous": previous.hex() if previous else None,
    }
    return canonical(described)


def event_hash(
    *,
    appeal_id: int,
    part: int,
    kind: str,
    at: datetime,
    actor: tuple[str, int | None],
    data: Mapping[str, Any],
    content: bytes | None,
    previous: bytes | None,
) -> bytes:
    """The hash of one event, of its `event_text`."""
    text = event_text(
        appeal_id=appeal_id,
        part=part,
        kind=kind,
        at=at,
        actor=actor,
        data=data,
        content=content,
        previous=previous,
    )
    return hashlib.sha256(text).digest()

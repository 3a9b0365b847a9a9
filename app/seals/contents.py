"""Is what was written, by whom, and what was sent along, what the events say?

An event says it by salted hashes. What is erased leaves the event as it is; that something was erased is said
by an event of its own, and of tests, which are all erased, by none.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from app.appeals import history
from app.appeals.codes import ActorKind, ContentKind, EventKind
from app.appeals.identifiers import phone_digits
from app.appeals.numbers import SANDBOX_FROM, SERIALS
from app.core.cipher import CipherError, cipher
from app.seals.findings import Finding

PIECE = 200
"""Events at a time: texts may be long."""
ERASED = "erased"

_CONTENTS = """
SELECT c.id, c.appeal_id, c.part, c.kind, c.at, c.author_id, c.salt, c.body, c.hash
FROM content c WHERE c.appeal_id = ANY ($1::bigint[]) ORDER BY c.id
"""
_APPLICANTS = "SELECT * FROM applicant WHERE appeal_id = ANY ($1::bigint[])"
_ATTACHMENTS = "SELECT id, appeal_id, hash, name FROM attachment WHERE appeal_id = ANY ($1::bigint[])"
_ERASED = "SELECT DISTINCT appeal_id FROM event WHERE appeal_id = ANY ($1::bigint[]) AND kind = $2"
_FIELDS = ("name", "iin", "bin", "address", "phone", "email")
_KINDS = {
    EventKind.REGISTERED: ContentKind.APPEAL,
    EventKind.SUPPLEMENTED: ContentKind.SUPPLEMENT,
    EventKind.CORRECTED: ContentKind.SUPPLEMENT,
    EventKind.NOTE_ADDED: ContentKind.NOTE,
    EventKind.ANSWER_PROPOSED: ContentKind.ANSWER,
    EventKind.ANSWERED: ContentKind.ANSWER,
    EventKind.DECIDED: ContentKind.ANSWER,
    EventKind.SELF_CORRECTED: ContentKind.ANSWER,
    EventKind.RATED: ContentKind.COMMENT,
    EventKind.SPLIT_OFF: ContentKind.PART,
    EventKind.CORRECTION_REQUESTED: ContentKind.REQUEST,
    EventKind.HEARING_SET: ContentKind.PRELIMINARY,
}
"""What is written with an event; with every other one a reason."""


@dataclass(slots=True)
class Erased:
    """How many texts are gone, as it should be."""

    texts: int = 0


async def wrong(
    connection: asyncpg.Connection, events: Sequence[asyncpg.Record], erased: Erased
) -> AsyncIterator[Finding]:
    """What does not fit these events."""
    for begin in range(0, len(events), PIECE):
        piece = events[begin : begin + PIECE]
        for found in await _of_piece(connection, piece, erased):
            yield found


async def _of_piece(
    connection: asyncpg.Connection, events: Sequence[asyncpg.Record], erased: Erased
) -> list[Finding]:
    telling = [event for event in events if event["content_hash"] or _files(event) or _first(event)]
    ids = list({event["appeal_id"] for event in telling})
    may_be_gone = {row["appeal_id"] for row in await connection.fetch(_ERASED, ids, ERASED)}
    may_be_gone |= {id_ for id_ in ids if id_ % SERIALS >= SANDBOX_FROM}
    texts = _Texts(await connection.fetch(_CONTENTS, ids), may_be_gone, erased)
    people = {row["appeal_id"]: row for row in await connection.fetch(_APPLICANTS, ids)}
    named = [event for event in telling if _files(event)]
    files = await connection.fetch(_ATTACHMENTS, [event["appeal_id"] for event in named]) if named else []
    there = {(row["appeal_id"], row["hash"].hex()) for row in files}
    found: list[Finding] = []
    for event in telling:
        found += texts.of(event)
        if _first(event):
            found += _of_applicant(event, people.get(event["appeal_id"]), may_be_gone)
        if event["appeal_id"] not in may_be_gone:
            found += _of_files(event, there)
    found += [Finding("attachment", row["id"], "sealed_text") for row in files if not _opens(row["name"])]
    return found


def _first(event: asyncpg.Record) -> bool:
    return bool(event["kind"] == EventKind.REGISTERED)


def _files(event: asyncpg.Record) -> list[str]:
    named: list[str] = event["data"].get("attachments") or []
    return named


def _of_files(event: asyncpg.Record, there: set[tuple[int, str]]) -> Iterator[Finding]:
    for hash_ in _files(event):
        if (event["appeal_id"], hash_) not in there:
            yield Finding("attachment", hash_[:16], "file_gone", {"event": event["id"]})


def _opens(name: bytes | None) -> bool:
    try:
        cipher().decrypt_optional(name, "attachment.name")
    except (CipherError, ValueError):
        return False
    return True


class _Texts:
    """The texts of some appeals, by their hashes."""

    def __init__(self, rows: Sequence[asyncpg.Record], may_be_gone: set[int], erased: Erased) -> None:
        self._by_hash = {(row["appeal_id"], row["hash"]): row for row in rows}
        self._by_moment = {(row["appeal_id"], row["part"], row["at"], row["kind"]): row for row in rows}
        self._may_be_gone, self._erased = may_be_gone, erased

    def of(self, event: asyncpg.Record) -> Iterator[Finding]:
        if event["content_hash"] is None:
            return
        told = {"event": event["id"]}
        row = self._by_hash.get((event["appeal_id"], event["content_hash"]))
        if row:
            code = _wrong_text(row, event)
            if code:
                yield Finding("content", row["id"], code, told)
            return
        kind = _KINDS.get(event["kind"], ContentKind.REASON)
        other = self._by_moment.get((event["appeal_id"], event["part"], event["at"], kind.value))
        if other:
            yield Finding("content", other["id"], "text", told)
        elif event["appeal_id"] in self._may_be_gone:
            self._erased.texts += 1
        else:
            yield Finding("content", "—", "text_gone", told)


def _wrong_text(row: asyncpg.Record, event: asyncpg.Record) -> str | None:
    try:
        body = cipher().decrypt(row["body"], "content.body").encode()
    except (CipherError, ValueError):
        return "sealed_text"
    if history.content_hash(row["salt"], body) != row["hash"]:
        return "text"
    kind = _KINDS.get(event["kind"], ContentKind.REASON)
    if event["kind"] == EventKind.ANSWERED and row["at"] != event["at"]:
        return None  # it was proposed before: what is beside it is that event's
    staff = event["actor_kind"] == ActorKind.STAFF and kind is not ContentKind.APPEAL
    beside = (row["kind"], row["part"], row["at"], row["author_id"])
    right = (kind.value, event["part"], event["at"], event["actor_id"] if staff else None)
    return None if beside == right else "beside_text"


def _of_applicant(
    event: asyncpg.Record, row: asyncpg.Record | None, may_be_gone: set[int]
) -> Iterator[Finding]:
    """Of what was registered before events held a hash of the applicant only that it opens is known."""
    id_, told = event["appeal_id"], {"event": event["id"]}
    if row is None:
        if id_ not in may_be_gone:
            yield Finding("applicant", id_, "applicant_gone", told)
        return
    try:
        said = {name: cipher().decrypt_optional(row[name], f"applicant.{name}") for name in _FIELDS}
    except (CipherError, ValueError):
        yield Finding("applicant", id_, "sealed_text", told)
        return
    committed = event["data"].get("applicant")
    if committed and history.applicant_hash(row["salt"] or b"", said).hex() != committed:
        yield Finding("applicant", id_, "applicant", told)
    elif not _found_by(row, said):
        yield Finding("applicant", id_, "search", told)


def _found_by(row: asyncpg.Record, said: Mapping[str, str | None]) -> bool:
    """Whether they are found by what they gave, under the key of any secret that is known."""
    email = said["email"]
    searched = {
        "iin": said["iin"],
        "bin": said["bin"],
        "phone": phone_digits(said["phone"]),
        "email": email.casefold() if email else None,
    }
    lock = cipher()
    known = {name: lock.search_hashes(text, f"applicant.{name}") for name, text in searched.items()}
    return all(
        row[f"{name}_hash"] in hashes if hashes else row[f"{name}_hash"] is None
        for name, hashes in known.items()
    )

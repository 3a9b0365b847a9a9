"""Which appeal an attachment belongs to: looked at and locked first, written with what names it.

Events name an attachment by its hash, so whoever sees an event sees its attachments.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg

from app.attachments.errors import MOST, AttachmentUsed, TooManyAttachments
from app.attachments.keeping import SALT_LENGTH, clean_name
from app.attachments.models import GivenBy
from app.core import sight
from app.core.cipher import cipher
from app.core.db import columns
from app.core.errors import Invalid
from app.core.limited import seeing
from app.core.outbound import AddressRefused, Allowed, check_url

LOCK = """
SELECT id, hash, appeal_id, expires_at FROM attachment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
"""
LINK = """
UPDATE attachment SET appeal_id = named.appeal_id, given_by = named.given_by
FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS named(id, appeal_id, given_by)
WHERE attachment.id = named.id AND attachment.appeal_id IS NULL
"""
TOO_MANY = f"""
SELECT appeal_id FROM attachment WHERE appeal_id = ANY ($1::bigint[]) AND given_by = 'applicant'
GROUP BY appeal_id HAVING count(*) > {MOST} LIMIT 1
"""
ADD_REMOTE = """
WITH item AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
                         $7::bytea[])
        AS item(id, appeal_id, name, salt, hash, url, lane)
), added AS (
    INSERT INTO attachment (id, name, salt, hash, created_at, expires_at, appeal_id, given_by)
    SELECT id, name, salt, hash, $8::timestamptz, $8, appeal_id, 'applicant' FROM item
)
INSERT INTO attachment_fetch (attachment_id, url, lane, next_at) SELECT id, url, lane, $8 FROM item
"""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file that its source keeps: fetched after the registration, from a URL that was checked."""

    url: str
    name: str | None = None

    @classmethod
    def checked(cls, url: str, name: str | None, allowed: Allowed, *, field: str) -> Self:
        """Raises Invalid on `field` for a URL that will not be called; asks no name server."""
        try:
            check_url(url, allowed, plain=True)
        except AddressRefused:
            raise Invalid.of(field, "attachment_url") from None
        return cls(url, name)


@dataclass(frozen=True, slots=True)
class Named:
    """An attachment as an event names it. `remote` and `salt`: of one that is still to be fetched."""

    id: UUID
    hash: bytes
    remote: Remote | None = None
    salt: bytes = b""


@dataclass(frozen=True, slots=True)
class Locked:
    """`appeal_id`: the appeal that it belongs to already."""

    named: Named
    appeal_id: int | None
    expires_at: datetime

    def usable(self, now: datetime) -> bool:
        return self.appeal_id is not None or self.expires_at > now


def remote(what: Remote) -> Named:
    """What is fetched later is named by a salted hash of where it is."""
    salt = secrets.token_bytes(SALT_LENGTH)
    return Named(uuid4(), hashlib.sha256(salt + what.url.encode()).digest(), what, salt)


async def lock(connection: asyncpg.Connection, ids: Collection[UUID], now: datetime) -> dict[UUID, Locked]:
    """Those of the ids that are known and valid; nobody else can give them away in this transaction."""
    async with seeing(connection, sight.EVERYTHING):  # another's is used, and not unknown
        rows = await connection.fetch(LOCK, list(ids))
    found = {
        row["id"]: Locked(Named(row["id"], row["hash"]), row["appeal_id"], row["expires_at"]) for row in rows
    }
    return {id_: one for id_, one in found.items() if one.usable(now)}


async def take(
    connection: asyncpg.Connection, ids: Sequence[UUID], appeal_id: int, now: datetime
) -> tuple[Named, ...]:
    """For an act on this appeal; none costs nothing. Raises TooManyAttachments, AttachmentUsed, Invalid."""
    if not ids:
        return ()
    if len(ids) > MOST:
        raise TooManyAttachments
    found = await lock(connection, ids, now)
    for place, id_ in enumerate(ids):
        if id_ not in found:
            raise unknown(place)
        if found[id_].appeal_id not in (None, appeal_id):
            raise AttachmentUsed
    return tuple(found[id_].named for id_ in dict.fromkeys(ids))


def unknown(place: int) -> Invalid:
    return Invalid.of(f"attachments.{place}", "unknown_attachment")


async def link(
    connection: asyncpg.Connection, named: Iterable[tuple[int, Named]], given_by: GivenBy, now: datetime
) -> None:
    """Write whose they are, with what names them. Raises TooManyAttachments when an appeal has too many."""
    pairs = list(named)
    kept = [(one.id, appeal_id, given_by) for appeal_id, one in pairs if one.remote is None]
    fetched = [_remote_row(appeal_id, one, one.remote) for appeal_id, one in pairs if one.remote]
    if kept:
        await connection.execute(LINK, *columns(kept, 3))
    if fetched:
        await connection.execute(ADD_REMOTE, *columns(fetched, 7), now)
    if given_by is GivenBy.APPLICANT and pairs:
        ids = sorted({appeal_id for appeal_id, _ in pairs})
        if await connection.fetchval(TOO_MANY, ids) is not None:
            raise TooManyAttachments


def _remote_row(appeal_id: int, one: Named, at: Remote) -> tuple[object, ...]:
    lock_ = cipher()
    host = urlsplit(at.url).hostname or ""
    return (
        one.id,
        appeal_id,
        lock_.encrypt_optional(clean_name(at.name) or None, "attachment.name"),
        one.salt,
        one.hash,
        lock_.encrypt(at.url, "attachment_fetch.url"),
        lock_.lasting_hash(host.lower(), "attachment_fetch.lane"),
    )

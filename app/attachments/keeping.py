"""The door in for files, whatever way they come: `Keeper.keep`.

A file is sealed while it is read, into a folder of unfinished ones, and takes its place in the storage once
it is whole and judged. The order is for who is killed in between: the content's row (which keeps `purging`
from removing the object), then the object, then the attachment that refers to it. So what a committed
attachment refers to is there.
"""

import asyncio
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from app.attachments.errors import LARGEST, AttachmentTooLarge, AttachmentType, StorageUnavailable
from app.attachments.models import State
from app.attachments.storage import Storage, StorageFailed, storage_of
from app.attachments.types import FileType, Inspector, WrongType, ending_of
from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.core.sealed import Sealer
from app.settings import Settings

PURPOSE, ADDRESS = "attachments", "attachments.address"
VALID_FOR = timedelta(hours=12)
SALT_LENGTH = 16
LONGEST_NAME = 200
# So old is nothing that somebody still writes.
UNFINISHED_FOR = timedelta(hours=2)
_WRITE = 262_144
_UNWANTED = re.compile(
    '[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff"]'
)

TOUCH = """
INSERT INTO stored_object AS o (address, size, type, next_at, stored_at, touched_at, sealed_with)
VALUES ($1, $2, $3, $4, $4, $4, $5)
ON CONFLICT (address) DO UPDATE SET touched_at = greatest(o.touched_at, excluded.touched_at),
    sealed_with = CASE WHEN o.sealed_with = excluded.sealed_with THEN o.sealed_with END
RETURNING state
"""
KEEP = """
INSERT INTO attachment (id, address, name, salt, hash, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that waits to be named by an appeal, until `VALID_FOR` is over. `id`: what names it."""

    id: UUID
    name: str
    size: int
    type: str
    state: State


@dataclass(frozen=True, slots=True)
class Received:
    """A whole file, sealed at `path`. `hash`: of `salt` and content, what events name it by."""

    path: Path
    name: str
    size: int
    type: FileType
    address: bytes
    salt: bytes
    hash: bytes
    sealed_with: bytes


class Keeper:
    def __init__(self, storage: Storage, unfinished: Path) -> None:
        self.storage = storage
        self._unfinished = unfinished

    @classmethod
    def of(cls, settings: Settings) -> "Keeper":
        return cls(storage_of(settings), settings.data_dir / "attachments" / "unfinished")

    async def keep(
        self, db: Database, stream: AsyncIterable[bytes], *, name: str | None, declared_type: str = ""
    ) -> Kept:
        """Take a file in. When this returns it is safe, and `Submission.attachments`, or an act, can name it.

        `name`: as it was given, in whatever form; None for one that has none. `declared_type`: a media type,
        used only where the content leaves a choice. Holds no more than a piece of the file in memory.
        Raises AttachmentTooLarge, AttachmentType, StorageUnavailable, and whatever the stream raises.
        """
        async with self.received(stream, name=name, declared_type=declared_type) as whole:
            state = await self.store(db, whole)
            kept = Kept(uuid4(), whole.name, whole.size, whole.type.media, state)
            now = clock.now()
            sealed = cipher().encrypt(whole.name, "attachment.name")
            async with db.transaction() as connection:
                values = (kept.id, whole.address, sealed, whole.salt, whole.hash, now, now + VALID_FOR)
                await connection.execute(KEEP, *values)
            return kept

    @asynccontextmanager
    async def received(
        self, stream: AsyncIterable[bytes], *, name: str | None, declared_type: str = ""
    ) -> AsyncIterator[Received]:
        """The file, whole and judged; what is left of it in the folder is gone afterwards."""
        path = self._unfinished / secrets.token_hex(16)
        try:
            yield await self._receive(stream, path, clean_name(name), declared_type)
        except StorageFailed as error:
            raise StorageUnavailable from error
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    async def _receive(
        self, stream: AsyncIterable[bytes], path: Path, name: str, declared_type: str
    ) -> Received:
        inspector, salt = Inspector(), secrets.token_bytes(SALT_LENGTH)
        addressed = hmac.new(cipher().lasting(ADDRESS), digestmod="sha256")
        committed = hashlib.sha256(salt)
        async with _writing(path) as out:
            sealer = Sealer(cipher(), PURPOSE)
            await out.write(sealer.header)
            async for data in stream:
                inspector.feed(data)
                if inspector.size > LARGEST:
                    raise AttachmentTooLarge
                addressed.update(data)
                committed.update(data)
                for frame in sealer.feed(data):
                    await out.write(frame)
            type_ = _judged(inspector, name, declared_type)
            await out.write(sealer.end())
        name = name if ending_of(name) else f"{name or 'file'}.{type_.extensions[0]}"
        hashes = (addressed.digest(), salt, committed.digest())
        return Received(path, name, inspector.size, type_, *hashes, sealer.key_id)

    async def store(self, db: Database, whole: Received) -> State:
        """Put the object in its place; gives what is known of its content. Raises StorageUnavailable."""
        now = clock.now()
        async with db.transaction() as connection:
            values = (whole.address, whole.size, whole.type.media, now, whole.sealed_with)
            state = await connection.fetchval(TOUCH, *values)
        try:
            await self.storage.put(whole.address, whole.path)
        except StorageFailed as error:
            raise StorageUnavailable from error
        return State(state)

    async def seal_again(self, address: bytes, content: AsyncIterable[bytes]) -> bytes:
        """Put the object in its own place, sealed with the newest key, whose id is given back; who reads the
        one before reads on. Raises StorageFailed, and whatever the content raises."""
        path, sealer = self._unfinished / secrets.token_hex(16), Sealer(cipher(), PURPOSE)
        try:
            async with _writing(path) as out:
                await out.write(sealer.header)
                async for data in content:
                    for frame in sealer.feed(data):
                        await out.write(frame)
                await out.write(sealer.end())
            await self.storage.put(address, path)
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return sealer.key_id

    def tidy(self) -> int:
        """Remove what was left unfinished by a process that died; gives how many."""
        found, before = 0, (clock.now() - UNFINISHED_FOR).timestamp()
        with suppress(FileNotFoundError):
            for path in self._unfinished.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before:
                        path.unlink()
                        found += 1
        return found


def clean_name(name: str | None) -> str:
    """The last part of a path, one line, in one form, without what changes the direction of writing."""
    last = re.split(r"[/\\]", name or "")[-1]
    plain = " ".join(_UNWANTED.sub("", unicodedata.normalize("NFC", last)).split()).strip(". ")
    if len(plain) <= LONGEST_NAME:
        return plain
    ending = ending_of(plain)[:20]
    return f"{plain[: LONGEST_NAME - len(ending) - 1]}.{ending}" if ending else plain[:LONGEST_NAME]


def _judged(inspector: Inspector, name: str, declared_type: str) -> FileType:
    try:
        return inspector.judge(name, declared_type)
    except WrongType as wrong:
        raise AttachmentType(wrong.code) from wrong


class _Writer:
    """Gathers small pieces; the disk is waited for in a thread."""

    def __init__(self, handle: int) -> None:
        self._handle, self._held = handle, bytearray()

    async def write(self, data: bytes) -> None:
        self._held += data
        if len(self._held) >= _WRITE:
            await self.flush()

    async def flush(self) -> None:
        data, self._held = self._held, bytearray()
        writing = asyncio.create_task(asyncio.to_thread(_write_all, self._handle, memoryview(data)))
        try:
            await asyncio.shield(writing)
        except OSError as error:
            raise StorageFailed(error.errno, error.strerror) from error
        finally:
            if not writing.done():  # who is broken off must not close the file under the thread's hands
                await asyncio.wait([writing])


def _write_all(handle: int, data: memoryview) -> None:
    while data:
        data = data[os.write(handle, data) :]


@asynccontextmanager
async def _writing(path: Path) -> AsyncIterator[_Writer]:
    """Raises StorageFailed, for a disk that is full among others."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise StorageFailed(error.errno, error.strerror) from error
    try:
        out = _Writer(handle)
        yield out
        await out.flush()
    finally:
        os.close(handle)

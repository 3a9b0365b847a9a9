"""Where sealed contents lie: the port, and its two implementations.

An object is whole under its address or not there at all. Putting the same address again replaces it by an
equal one and harms nobody who is reading.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.settings import Settings

PIECE = 262_144
# An upload to S3 goes in parts, so many at a time.
PART, PARTS_AT_ONCE = 5 * 1_048_576, 2


class NoObject(Exception):
    """Nothing lies under this address."""


class StorageFailed(OSError):
    """The storage is away, full, or refuses us."""


class Storage(Protocol):
    async def put(self, address: bytes, whole: Path) -> None:
        """Take the file at `whole` (which may be moved away) as the object; durable when this returns.
        Raises StorageFailed."""

    def read(self, address: bytes) -> AsyncIterator[bytes]:
        """Its bytes. Raises NoObject, StorageFailed."""

    async def remove(self, address: bytes) -> None:
        """Also when it is not there. Raises StorageFailed."""


def name_of(address: bytes) -> str:
    """In folders by the first two bytes, so that none holds very many."""
    text = address.hex()
    return f"{text[:2]}/{text[2:4]}/{text}"


class LocalStorage:
    """A folder. What is written is on the disk before its name is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, address: bytes, whole: Path) -> None:
        try:
            await asyncio.to_thread(self._place, whole, self._folder / name_of(address))
        except OSError as error:
            raise StorageFailed(error.errno, error.strerror) from error

    def _place(self, whole: Path, at: Path) -> None:
        at.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(whole)
        whole.replace(at)
        for folder in (at.parent, at.parent.parent, at.parent.parent.parent):
            _sync(folder)

    async def read(self, address: bytes) -> AsyncIterator[bytes]:
        try:
            with await asyncio.to_thread((self._folder / name_of(address)).open, "rb") as file:
                while data := await asyncio.to_thread(file.read, PIECE):
                    yield data
        except FileNotFoundError as error:
            raise NoObject from error
        except OSError as error:
            raise StorageFailed(error.errno, error.strerror) from error

    async def remove(self, address: bytes) -> None:
        with suppress(FileNotFoundError):
            await asyncio.to_thread((self._folder / name_of(address)).unlink)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class S3Storage:
    """A bucket of S3 or of what speaks like it. Credentials come from the environment (`AWS_…`)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        endpoint = asked.get("endpoint")
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            region=asked.get("region", "us-east-1"),
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config={"max_retries": 3},
            config={"endpoint": endpoint} if endpoint else None,
        )

    async def put(self, address: bytes, whole: Path) -> None:
        try:
            await obstore.put_async(
                self._store, name_of(address), whole, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
            )
        except (BaseError, OSError) as error:
            raise StorageFailed(type(error).__name__) from error

    async def read(self, address: bytes) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, name_of(address))
            async for data in found.stream(min_chunk_size=PIECE):
                yield bytes(data)
        except FileNotFoundError as error:
            raise NoObject from error
        except (BaseError, OSError) as error:
            raise StorageFailed(type(error).__name__) from error

    async def remove(self, address: bytes) -> None:
        try:
            await obstore.delete_async(self._store, name_of(address))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StorageFailed(type(error).__name__) from error


def storage_of(settings: Settings) -> Storage:
    """The storage that is configured."""
    return _storage(settings.attachments_url, settings.data_dir)


@lru_cache(maxsize=8)
def _storage(url: str, data_dir: Path) -> Storage:
    return S3Storage(url) if url else LocalStorage(data_dir / "attachments" / "objects")

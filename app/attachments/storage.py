"""Where sealed contents lie: the port, and a folder; a bucket is in `s3`.

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

from app.settings import Settings

PIECE = 262_144


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


def storage_of(settings: Settings) -> Storage:
    """The storage that is configured."""
    return _storage(settings.attachments_url, settings.data_dir)


@lru_cache(maxsize=8)
def _storage(url: str, data_dir: Path) -> Storage:
    if not url:
        return LocalStorage(data_dir / "attachments" / "objects")
    from app.attachments.s3 import S3Storage  # its library is for those who have a bucket

    return S3Storage(url)

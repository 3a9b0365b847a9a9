"""Sealed contents in a bucket of S3, or of what speaks like it."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.attachments.storage import PIECE, NoObject, StorageFailed, name_of

# An upload goes in parts, so many at a time.
PART, PARTS_AT_ONCE = 5 * 1_048_576, 2


class S3Storage:
    """Credentials come from the environment (`AWS_…`)."""

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

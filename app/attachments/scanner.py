"""The port to a virus scanner: clamd's protocol (`INSTREAM`), over TCP or a socket of this machine."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.attachments.models import State

DEFAULT_PORT = 3310
CONNECT_WITHIN = 5.0
_LONGEST_REPLY = 1_024
_FOUND = re.compile(r"stream: (.+) FOUND")


class ScanFailed(Exception):
    """The scanner did not say whether it is clean; `code`: unreachable, timeout, size_limit, refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verdict:
    """`detail`: what was found, as the scanner calls it."""

    state: State
    detail: str = ""


class Clamd:
    def __init__(self, url: str, within: float) -> None:
        """`url`: tcp://host:port or unix:///path. `within`: seconds that a file may take."""
        self._at, self._within = urlsplit(url), within

    async def scan(self, content: AsyncIterable[bytes]) -> Verdict:
        """Raises ScanFailed, and whatever `content` raises."""
        try:
            async with asyncio.timeout(self._within), self._connected() as (reader, writer):
                await _send(writer, content)
                return _verdict(await _reply(reader))
        except TimeoutError:
            raise ScanFailed("timeout") from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                reader, writer = await self._connect()
        except (OSError, TimeoutError):
            raise ScanFailed("unreachable") from None
        try:
            yield reader, writer
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._at.scheme == "unix":
            return await asyncio.open_unix_connection(self._at.path)
        return await asyncio.open_connection(self._at.hostname, self._at.port or DEFAULT_PORT)


async def _send(writer: asyncio.StreamWriter, content: AsyncIterable[bytes]) -> None:
    """Each piece with its length before it, and nothing at the end. A scanner that has heard enough closes
    its ear: then what it said is read."""
    writer.write(b"zINSTREAM\0")
    async for piece in content:
        try:
            if piece:
                writer.write(len(piece).to_bytes(4, "big") + piece)
                await writer.drain()
        except ConnectionError:
            return
    with contextlib.suppress(ConnectionError):
        writer.write(bytes(4))
        await writer.drain()


async def _reply(reader: asyncio.StreamReader) -> str:
    """Raises ScanFailed when it ends in the middle."""
    said = bytearray()
    try:
        while b"\0" not in said and len(said) < _LONGEST_REPLY:
            data = await reader.read(_LONGEST_REPLY)
            if not data:
                raise ScanFailed("unreachable")
            said += data
    except ConnectionError:
        raise ScanFailed("unreachable") from None
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(reply: str) -> Verdict:
    if reply == "stream: OK":
        return Verdict(State.CLEAN)
    if found := _FOUND.fullmatch(reply):
        return Verdict(State.INFECTED, re.sub(r"[^\w.:/-]", "_", found[1], flags=re.ASCII)[:100])
    raise ScanFailed("size_limit" if "size limit exceeded" in reply else "refused")

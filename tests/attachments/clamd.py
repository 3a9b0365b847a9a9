"""A scanner of the tests' own that speaks clamd's protocol, and can fail in every way that one does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

VIRUS = b"X5O!P%@AP-this-is-what-the-tests-call-a-virus"


@dataclass
class Scanner:
    """`manner`: well, late (never answers), dies (in the middle), odd (an answer that is none). `limit`: of
    a stream in bytes. `seen`: how long each stream was that was looked at."""

    manner: str = "well"
    limit: int = 25_000_000
    port: int = 0
    seen: list[int] = field(default_factory=list)
    largest: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        size, held, virus = 0, b"", False
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            self.largest = max(self.largest, length)
            piece = await reader.readexactly(length)
            size += length
            virus = virus or VIRUS in held + piece
            held = piece[-len(VIRUS) :]
            if self.manner == "dies":
                writer.transport.abort()
                return
            if size > self.limit:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                await writer.drain()
                return
        self.seen.append(size)
        if self.manner == "late":
            await asyncio.sleep(60)
        reply = (
            b"what?" if self.manner == "odd" else b"stream: Tests.Virus(1) FOUND" if virus else b"stream: OK"
        )
        writer.write(reply + b"\0")
        await writer.drain()


@asynccontextmanager
async def clamd(scanner: Scanner, at: Path | None = None) -> AsyncIterator[Scanner]:
    server = await (
        asyncio.start_unix_server(scanner.serve, at)
        if at
        else asyncio.start_server(scanner.serve, "127.0.0.1", 0)
    )
    if at is None:
        scanner.port = server.sockets[0].getsockname()[1]
    try:
        yield scanner
    finally:
        server.close()

"""A source's own server of files, which answers as the path says: well, or as servers fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.attachments.files import JPEG, ZIP


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    said = len(body) if length is None else length
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {said}", *headers))
    return f"{head}\r\n".encode() + body


ANSWERS = {
    "/photo.jpg": answer(JPEG, "Content-Type: image/jpeg"),
    "/download.php": answer(JPEG, "Content-Type: image/jpeg"),
    "/zip.jpg": answer(ZIP),
    "/moved.jpg": answer(b"", "Location: /photo.jpg", status="302 Found"),
    "/inside.jpg": answer(b"", "Location: http://127.0.0.1/photo.jpg", status="301 Moved"),
    "/gone.jpg": answer(b"no", status="404 Not Found"),
    "/busy.jpg": answer(b"later", status="503 Busy"),
    "/large.jpg": answer(JPEG, length=21_000_000),
    "/short.jpg": answer(JPEG, length=len(JPEG) + 1_000),
    "/long.jpg": answer(JPEG + b"<script>", length=len(JPEG)),
    "/odd.jpg": b"this is no HTTP\r\n\r\n",
}


@dataclass
class Source:
    port: int = 0
    asked: list[str] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            self.asked.append(path)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            try:
                await self._answer(path.partition("?")[0], writer)
            finally:
                self.under_way -= 1
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/endless.jpg":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + JPEG)
            while True:
                writer.write(bytes(262_144))
                await writer.drain()
        if path == "/slow.jpg":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + JPEG)
            while True:
                writer.write(b"\0")
                await writer.drain()
                await asyncio.sleep(0.05)
        if path == "/late.jpg":
            await asyncio.sleep(0.2)
        writer.write(ANSWERS.get(path, ANSWERS["/photo.jpg"]))
        await writer.drain()


@asynccontextmanager
async def source() -> AsyncIterator[Source]:
    found = Source()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()

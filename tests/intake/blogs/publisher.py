"""A platform that only publishes: a real HTTP server with one feed, and what a worker does with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from app.core import clock
from app.core.db import Database
from app.directory import snapshot

HEAD = '<?xml version="1.0" encoding="utf-8"?>'
ATOM = f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>Блог</title>{{entries}}</feed>'


def entry(id_: str = "1", text: str = "Көшеде жарық жоқ.", **more: str) -> str:
    """An Atom entry; what is empty is left out."""
    said = {"id": id_, "title": "Жарық", "published": clock.now().isoformat(), "content": text} | more
    author = said.pop("author", "Үлгібек Сынақбаев")
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in said.items() if value)
    return f"<entry>{inner}{f'<author><name>{author}</name></author>' if author else ''}</entry>"


def atom(*entries: str) -> bytes:
    return ATOM.format(entries="".join(entries)).encode()


@dataclass
class Publisher:
    """`says`: status, headers and body of the next answer. `drip`: after that, this for ever, a piece each
    hundredth of a second."""

    says: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    drip: bytes = b""
    slow: float = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = (line.partition(":") for line in head.split("\r\n")[1:] if line)
            self.asked.append({name.lower(): value.strip() for name, _, value in lines})
            await asyncio.sleep(self.slow)
            await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        status, headers, body = self.says
        length = {} if self.drip else {"content-length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (length | headers).items())
        writer.write(f"HTTP/1.1 {status} X\r\nconnection: close\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        while self.drip:
            writer.write(self.drip)
            self.sent += len(self.drip)
            await writer.drain()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def publisher() -> AsyncIterator[Publisher]:
    found = Publisher()
    server = await asyncio.start_server(found.handle, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.drip = b""
        server.close()


@dataclass
class Reader:
    """The database's side of a feed."""

    db: Database

    async def add(self, url: str, blog: str = "energy", every: int = 15) -> int:
        source = snapshot.current().source("blog-platform")
        return int(
            await self.value(
                "INSERT INTO feed (source_id, blog, url, every, next_at, created_at) "
                "VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
                source.id, blog, url, every, clock.now(),
            )
        )  # fmt: skip

    async def due(self) -> None:
        await self.value("UPDATE feed SET next_at = now() - interval '1 second', leased_until = NULL")

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.db.transaction() as connection:
            return await connection.fetchval(statement, *values)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.db.read() as connection:
            return [tuple(row) for row in await connection.fetch(statement)]

    async def came(self) -> tuple[str, int | None, int]:
        """What came of the last reading."""
        ((result, code, failures),) = await self.rows("SELECT result, code, failures FROM feed")
        return result, code, failures

    async def minutes(self) -> float:
        """Until the next one."""
        pause = await self.value("SELECT extract(epoch FROM next_at - read_at) / 60 FROM feed")
        return float(pause)

    async def posts(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT external_id FROM appeal ORDER BY external_id")]

    async def refusals(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT external_id, code, fields FROM refused_ticket ORDER BY id")

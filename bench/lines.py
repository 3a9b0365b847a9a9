"""Many kept connections to 127.0.0.1: a request on whichever is free, and streams that stay open.

Written by hand on asyncio, because what the client costs is taken from the same cores.
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple, cast

from bench.client import HOST, Reader

KEPT = 4.0
"""Seconds after which a connection is not used again: the server ends it after five."""

Told = Callable[[], None]


class Answer(NamedTuple):
    """`tag`: its ETag."""

    status: int
    body: bytes
    tag: bytes


class _Line(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._answer: asyncio.Future[Answer] | None = None
        self.closed = False
        self.free_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        status = self._reader.feed(data)
        if status is not None and self._answer and not self._answer.done():
            self.closed = self._reader.closes
            self._answer.set_result(Answer(status, self._reader.body, self._reader.tag))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed without an answer"))

    def close(self) -> None:
        self._transport.close()


class Lines:
    """As many connections as are needed at once, kept for the next request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[_Line] = []
        self.opened = 0

    async def ask(self, request: bytes) -> Answer:
        """Raises OSError when the connection breaks."""
        line = await self._taken()
        answer = await line.ask(request)
        if line.closed:
            line.close()
        else:
            line.free_since = time.monotonic()
            self._free.append(line)
        return answer

    async def _taken(self) -> _Line:
        while self._free:
            line = self._free.pop()
            if not line.closed and time.monotonic() - line.free_since < KEPT:
                return line
            line.close()
        self.opened += 1
        _, line = await asyncio.get_running_loop().create_connection(_Line, HOST, self._port)
        return line

    def close(self) -> None:
        for line in self._free:
            line.close()


def request(port: int, method: str, address: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    head = [f"{method} {address} HTTP/1.1", f"Host: {HOST}:{port}", "Accept-Language: en"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


class Stream(asyncio.Protocol):
    """A page that is open: `told` is called for each change that it is told of."""

    def __init__(self, asking: bytes, told: Told) -> None:
        self._asking, self._told = asking, told
        self.answered = False
        self.answered_at = 0.0
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._asking)

    def data_received(self, data: bytes) -> None:
        if not self.answered:
            self.answered = data.startswith(b"HTTP/1.1 200")
            self.answered_at = time.perf_counter()
        if b"event: changed" in data:
            self._told()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True

    def close(self) -> None:
        self._transport.close()


async def opened(port: int, asking: bytes, told: Told) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(lambda: Stream(asking, told), HOST, port)
    return stream

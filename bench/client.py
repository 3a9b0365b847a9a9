"""The load: connections that are kept, each sending its next appeal when the last one is answered.

Written by hand on asyncio, because what the client costs is taken from the same cores. It talks to
127.0.0.1 only and runs in a process of its own.
"""

import asyncio
import itertools
import json
import re
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Self, cast

import uvloop

from bench.appeals import appeals
from bench.figures import Sample

HOST = "127.0.0.1"
CREATED = 201
PATIENCE = 15.0
_SPREAD = 0.005
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_TAG = re.compile(rb"\r\netag: *([^\r]+)\r\n", re.IGNORECASE)
_CLOSES = b"\r\nconnection: close\r\n"
_WITHOUT_BODY = b"304"


@dataclass(slots=True)
class ClientRun:
    """`begun` is on the clock of the samples. `created`: every 201, sampled or not. `cpu` in seconds."""

    begun: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    created: int = 0
    errors: int = 0
    cpu: float = 0.0


class BadResponse(Exception):
    """What came back is not a response of ours."""


class Reader:
    """Puts responses together out of what arrives; `body`, `tag` (its ETag) and whether the server `closes`
    the connection are the last whole one's."""

    def __init__(self) -> None:
        self._held = b""
        self.body = self.tag = b""
        self.closes = False

    def feed(self, data: bytes) -> int | None:
        """The status, once the response is whole. One response at a time: nothing is pipelined."""
        self._held += data
        end = self._held.find(_HEAD_END)
        if end < 0:
            return None
        head = self._held[: end + 2]
        length, tag = _LENGTH.search(head), _TAG.search(head)
        without = head[9:12] == _WITHOUT_BODY
        if not head.startswith(b"HTTP/1.1 ") or not (length or without):
            raise BadResponse(head[:200])
        begins = end + len(_HEAD_END)
        if length and len(self._held) < begins + int(length[1]):
            return None
        self.body, self._held = self._held[begins:], b""
        self.tag = tag[1] if tag else b""
        self.closes = _CLOSES in head
        return int(head[9:12])


def requests(port: int) -> Iterator[bytes]:
    """Requests without end, each with a key of its own."""
    run, number = secrets.token_hex(6), itertools.count()
    parts = [_parts(port, json.dumps(appeal, ensure_ascii=False).encode()) for appeal in appeals()]
    for head, body in itertools.cycle(parts):
        yield b"%bbench-%b-%010d\r\n\r\n%b" % (head, run.encode(), next(number), body)


def _parts(port: int, body: bytes) -> tuple[bytes, bytes]:
    head = (
        f"POST /api/v1/appeals HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept-Language: kk\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    )
    return head.encode(), body


class _Connection(asyncio.Protocol):
    """One request after the other; where the server ends the connection, on a new one."""

    def __init__(self, run: ClientRun, sending: Iterator[bytes], port: int, end: float) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._run, self._sending, self._port, self._end = run, sending, port, end
        self._reader = Reader()
        self._sent = 0.0
        self._again: asyncio.Task[object] | None = None

    async def open(self) -> Self:
        await asyncio.get_running_loop().create_connection(lambda: self, HOST, self._port)
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is of no class of asyncio's
        self._next()

    def _next(self) -> None:
        self._sent = time.perf_counter()
        if self._sent < self._end:
            self._transport.write(next(self._sending))
        else:
            self._finish()

    def data_received(self, data: bytes) -> None:
        try:
            status = self._reader.feed(data)
        except BadResponse:
            self.give_up()
            return
        if status is None:
            return
        now = time.perf_counter()
        if status == CREATED:
            self._run.created += 1
            self._run.samples.append(Sample(now, now - self._sent))
        else:
            self._run.errors += 1
        if self._reader.closes:
            self._transport.close()
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._reader.closes:
            self._reader = Reader()
            self._again = asyncio.create_task(self.open())
        else:
            self.give_up()

    def give_up(self) -> None:
        """A request has no answer: an error, and the end of this connection."""
        if not self.closed.done():
            self._run.errors += 1
            self._finish()

    def _finish(self) -> None:
        self.closed.set_result(None)
        self._transport.close()


async def _load(port: int, connections: int, seconds: float) -> ClientRun:
    run, sending = ClientRun(begun=time.perf_counter()), requests(port)
    end = run.begun + seconds
    opened = []
    for _ in range(connections):
        opened.append(await _Connection(run, sending, port, end).open())
        await asyncio.sleep(_SPREAD)  # at once, they would all land on one of the processes
    await asyncio.wait([one.closed for one in opened], timeout=seconds + PATIENCE)
    for one in opened:
        one.give_up()
    return run


def _measured(port: int, connections: int, seconds: float) -> ClientRun:
    before = time.process_time()
    run = uvloop.run(_load(port, connections, seconds))
    run.cpu = time.process_time() - before
    return run


def load(port: int, *, connections: int, seconds: float) -> ClientRun:
    """Register appeals at 127.0.0.1 for so long, in a process of its own. OSError when nothing listens."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        return elsewhere.submit(_measured, port, connections, seconds).result()

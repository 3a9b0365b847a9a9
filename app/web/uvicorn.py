"""The web side's server: uvicorn, with bounds on what comes before there is a route.

uvicorn reads the head of a request for as long as it comes and however long it is; here it has its size and
its time, so that nobody fills the memory with headers or holds connections without asking for anything.
"""

import asyncio
import ipaddress
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core.sharing import shared_counts
from app.settings import Settings, get_settings

# Of a request's line and headers together; and their number, which is looked through for each one needed.
LONGEST_HEAD, MOST_HEADERS = 65_536, 100
HEAD_WITHIN = 20.0
"""Seconds: for the head of a request, from the connection on or from its first byte."""
KEPT_ALIVE = 5
"""Seconds between two requests on one connection."""
MOST_CONNECTIONS = 8_000
"""Of one process; more are closed as they come."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    _head_read = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is not None:
            self._head_read += len(data)
        super().data_received(data)
        # What came together with the end of the head is its body.
        if self._head_timer is not None and self._head_read > LONGEST_HEAD:
            self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise ValueError("too many headers")

    def on_headers_complete(self) -> None:
        self._forget_head()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_read = 0
        self._head_timer = self.loop.call_later(HEAD_WITHIN, self._refuse, _TOO_SLOW)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, answer: bytes) -> None:
        self._forget_head()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def believed(proxies: str) -> list[str]:
    """The addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; an IPv4 one
    also as a socket of both kinds sees it."""
    return [form for one in proxies.split(",") if one.strip() for form in _forms(one.strip())]


def _forms(proxy: str) -> Iterator[str]:
    yield proxy
    network = ipaddress.ip_network(proxy)
    if network.version == 4:
        yield f"::ffff:{network.network_address}/{96 + network.prefixlen}"


def serve(settings: Settings) -> None:
    uvicorn.run(
        "app.served:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http="app.web.uvicorn:Protocol",  # by its name: several processes are told of it
        ws="none",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=believed(settings.trusted_proxies),
        timeout_keep_alive=KEPT_ALIVE,
        timeout_graceful_shutdown=15,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """uvicorn gives a signal on once it has ended, and what is to be removed would not be."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    with shared_counts():
        serve(get_settings())

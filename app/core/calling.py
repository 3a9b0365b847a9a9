"""Calls to addresses that others gave us, and to the very address that was checked (`core/outbound.py`).

One of the addresses that were looked at is connected to. No redirect is ever followed, no proxy of the
environment is used, and of the answer no more than a little is read.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore

from app.core.outbound import AddressRefused, Allowed, check_url, resolve

LARGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to nothing but what `resolve` gave for this very connection."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the base's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        try:
            addresses = await resolve(host, port, self._allowed)
        except OSError as error:
            raise httpcore.ConnectError("the name has no address") from error
        for address in addresses[:2]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (the base's)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("private_address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def call(
    url: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str],
    content: bytes = b"",
    allowed: Allowed,
    within: float,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    """One call on a connection of its own, over in `within` seconds. The body is cut at `largest` bytes.

    Raises AddressRefused, TimeoutError, or httpcore's errors.
    """
    check_url(url, allowed)
    async with (
        asyncio.timeout(within),
        httpcore.AsyncConnectionPool(network_backend=_CheckedNetwork(allowed)) as pool,
        pool.stream(method, url, headers=list(headers.items()), content=content) as answer,
    ):
        body = bytearray()
        async for piece in answer.aiter_stream():
            body += piece
            if len(body) >= largest:
                break
        return Answer(answer.status, _headers(answer), bytes(body[:largest]))


@asynccontextmanager
async def fetching(
    url: str, *, headers: Mapping[str, str], allowed: Allowed, within: float
) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
    """A GET whose body comes as it is read: the answer's head, and the pieces. All of it, what is done with
    the pieces included, is over in `within` seconds.

    Raises AddressRefused, TimeoutError, or httpcore's errors, also while the pieces are read.
    """
    check_url(url, allowed, plain=True)
    async with (
        asyncio.timeout(within),
        httpcore.AsyncConnectionPool(network_backend=_CheckedNetwork(allowed)) as pool,
        pool.stream("GET", url, headers=list(headers.items())) as answer,
    ):
        yield Answer(answer.status, _headers(answer), b""), aiter(answer.aiter_stream())


def _headers(answer: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}

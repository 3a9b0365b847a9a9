"""Calls to addresses that others gave us: only to public ones, and to the very address that was checked.

A name is resolved once; if any of its addresses is not public, nothing is connected to, else one of those
that were looked at. No redirect is ever followed, no proxy of the environment is used, and of the answer no
more than a little is read. `LS_OUTBOUND_ALLOW` (`host` or `host:port`, separated by commas) names what lies
inside and is meant.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import SplitResult, urlsplit

import httpcore

LONGEST_URL = 2000
LARGEST_ANSWER = 65_536
RESOLVE_WITHIN = 5.0
# IPv6 prefixes that carry an IPv4 address, which is what would be reached.
_CARRIERS = tuple(
    ipaddress.IPv6Network(prefix) for prefix in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_DEFAULT_PORTS = {"https": 443, "http": 80}
# Name servers that do not answer hold up these threads and nothing else.
_resolver = ThreadPoolExecutor(32, thread_name_prefix="resolve")


class AddressRefused(Exception):
    """Nothing is connected to there. `code`: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts that lie inside and may be called all the same, each with a port or with None for any."""

    entries: frozenset[tuple[str, int | None]]

    @classmethod
    def of(cls, setting: str) -> Self:
        """Raises ValueError for what is neither `host` nor `host:port` (IPv6 in brackets)."""
        return cls(frozenset(_entry(text.strip()) for text in setting.split(",") if text.strip()))

    def has(self, host: str, port: int) -> bool:
        host = host.lower().rstrip(".")
        return (host, port) in self.entries or (host, None) in self.entries


NOTHING_INSIDE = Allowed(frozenset())


def _entry(text: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{text}: a host, or host:port")
    return parts.hostname.rstrip("."), parts.port


def check_url(url: str, allowed: Allowed, *, plain: bool = False) -> SplitResult:
    """The URL taken apart. Raises AddressRefused for one that will not be called; asks no name server.
    `plain`: outside, http will do as well as https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("url") from None
    if len(url) > LONGEST_URL or not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise AddressRefused("url")
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise AddressRefused("url")
    if not _is_host(host) or parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("url")
    if allowed.has(host, port or _DEFAULT_PORTS[parts.scheme]):
        return parts
    if parts.scheme != "https" and not plain:
        raise AddressRefused("https")
    if _is_inside(host):
        raise AddressRefused("private_address")
    return parts


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.rstrip(".").split("."))
    return True


def _is_inside(host: str) -> bool:
    """Whether that can be told from the name alone."""
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith((".localhost", ".local", ".internal"))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.scope_id or any(address in carrier for carrier in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int, allowed: Allowed) -> list[str]:
    """The addresses that may be connected to. Raises AddressRefused, or OSError when there are none."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    async with asyncio.timeout(RESOLVE_WITHIN):
        try:
            found = await asyncio.get_running_loop().run_in_executor(_resolver, ask)
        except UnicodeError as error:
            raise OSError(str(error)) from error
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
    if not allowed.has(host, port) and not all(is_public(ipaddress.ip_address(it)) for it in addresses):
        raise AddressRefused("private_address")
    return addresses


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

"""Which addresses that others gave us may be called: only public ones (`core/calling.py` calls them).

A name is resolved once; if any of its addresses is not public, nothing is connected to.
`LS_OUTBOUND_ALLOW` (`host` or `host:port`, separated by commas) names what lies inside and is meant.
"""

import asyncio
import ipaddress
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import SplitResult, urlsplit

LONGEST_URL = 2000
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

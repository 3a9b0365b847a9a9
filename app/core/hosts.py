"""Connecting to a database that runs on several hosts, and noticing that one is gone.

The library has one time limit for a whole list of hosts: one that does not answer at all uses it up, and the
next is never asked. Here each has a second of its own, and the one that answered last is asked first.
"""

import re
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

ALONE_WITHIN = 10.0
EACH_WITHIN = 1.0
"""Seconds that a host has to answer: the only one, and each of several."""

# Of a host that is cut off the kernel says so after some ten seconds, and not after a quarter of an hour.
_LIVELY = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}

# Reasons to ask the next host: it is away, starts or stops, or is not the one that can be written to.
ELSEWHERE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_PLACES = re.compile("(?<=://)[^/?#]*")


def each_host(url: str, wanted: str = "") -> list[str]:
    """One address a host, of one that names them by commas, before the path or as `host=` and `port=`.

    `wanted`: which of them are meant (`target_session_attrs`), whatever the address says; left out, of
    several only one that can be written to is, unless the address says otherwise.
    """
    parts = urlsplit(_PLACES.sub("", url, count=1))  # several of them, one in brackets, it refuses
    query = dict(parse_qsl(parts.query))
    credentials, at, netloc = _PLACES.findall(url)[0].rpartition("@")
    hosts, ports = query.pop("host", ""), query.pop("port", "")
    places = _paired(hosts, ports) if hosts else _apart(netloc, ports)
    if wanted:
        query["target_session_attrs"] = wanted
    elif len(places) > 1:
        query.setdefault("target_session_attrs", "read-write")
    return [
        urlunsplit(
            parts._replace(
                netloc=f"{credentials}{at}",
                query=urlencode({"host": host, **({"port": port} if port else {}), **query}, quote_via=quote),
            )
        )
        if host
        else url
        for host, port in places
    ]


def _paired(hosts: str, ports: str) -> list[tuple[str, str]]:
    """Of `host=` and `port=`: a port a host, or one for all."""
    names = hosts.split(",")
    numbers = ports.split(",")
    return list(zip(names, numbers if len(numbers) == len(names) else numbers[:1] * len(names), strict=True))


def _apart(netloc: str, ports: str) -> list[tuple[str, str]]:
    found = []
    for place in netloc.split(","):
        host, colon, port = place.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = place, ""
        found.append((host.strip("[]"), port or ports))
    return found


class Hosts:
    """Gives connections, for a pool's `connect=` or by itself."""

    def __init__(self, url: str, *, within: float | None = None) -> None:
        """`within`: seconds that each has to answer, where that is not for their number to say."""
        self._urls = each_host(url)
        self._within = within

    async def connect(self, *_: Any, **options: Any) -> asyncpg.Connection:
        """Raises what the last host said when none will do; TimeoutError is an OSError."""
        within = self._within or (EACH_WITHIN if len(self._urls) > 1 else ALONE_WITHIN)
        problem: Exception = ConnectionError("the address names no host")
        for url in tuple(self._urls):
            try:
                connection: asyncpg.Connection = await asyncpg.connect(url, timeout=within, **options)
            except ELSEWHERE as error:
                problem = error
                continue
            self._urls.sort(key=lambda other: other != url)
            _look_after(connection)
            return connection
        raise problem


def _look_after(connection: asyncpg.Connection) -> None:
    """The library has no option for it; a socket of this machine, or another system, has no need."""
    opened = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
    if opened is None or opened.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _LIVELY.items():
        with suppress(AttributeError, OSError):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

"""The server before there is a route, over real sockets: heads have their size and time, proxies are believed
only where they are ours."""

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from app.core.edge import network_of
from app.web import uvicorn
from app.web.uvicorn import LONGEST_HEAD, MOST_HEADERS, believed
from tests.listening import listening

CLIENT, OTHER = "198.51.100.7", "203.0.113.9"
SOON = 20


def the_app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def who(request: Request) -> dict[str, str]:
        assert request.client
        return {"network": network_of(request.client.host), "scheme": request.url.scheme}

    return app


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with listening(the_app(), proxy_headers=False) as found:
        yield found


async def said(url: str, *pieces: bytes) -> bytes:
    """All that comes back until the server closes the line."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(SOON):
        found = await reader.read()
    writer.close()
    return found


HEAD = b"GET / HTTP/1.1\r\nHost: test\r\n"
LAST = b"Connection: close\r\n\r\n"


async def test_a_head_of_a_good_size(url: str) -> None:
    usual = b"".join(b"X-%d: a\r\n" % number for number in range(MOST_HEADERS - 5))
    assert (await said(url, HEAD + usual + LAST)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("pieces", [1, 40])
async def test_a_head_that_is_too_long(url: str, pieces: int) -> None:
    piece = b"X-Long: " + b"a" * (LONGEST_HEAD * 2 // pieces) + b"\r\n"
    try:
        answer = await said(url, HEAD, *[piece] * pieces)
    except ConnectionError:  # it was closed while we went on sending
        return
    assert answer.startswith(b"HTTP/1.1 431")


async def test_too_many_headers(url: str) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(MOST_HEADERS + 1))
    assert (await said(url, HEAD + many + LAST)).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("begun", [b"", HEAD])
async def test_a_head_that_does_not_come(url: str, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing at all, or a beginning and no end."""
    monkeypatch.setattr(uvicorn, "HEAD_WITHIN", 0.2)
    assert (await said(url, begun)).startswith(b"HTTP/1.1 408")


async def test_a_second_request_has_its_own_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn, "HEAD_WITHIN", 0.3)
    answer = await said(url, HEAD + b"\r\n", HEAD)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in answer


async def test_two_ways_of_telling_a_length_are_refused(url: str) -> None:
    """Who stands before us and who stands behind would read different requests (smuggling)."""
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    assert (await said(url, b"POST / HTTP/1.1\r\nHost: test\r\n" + both)).startswith(b"HTTP/1.1 400")


# Who asks, by what proxies say


async def seen(url: str, *forwarded: str, proto: str = "") -> dict[str, str]:
    headers = [("x-forwarded-for", one) for one in forwarded]
    headers += [("x-forwarded-proto", proto)] if proto else []
    async with httpx.AsyncClient() as client:
        found: dict[str, str] = (await client.get(url, headers=headers)).json()
        return found


async def test_without_a_setting_nobody_is_believed(url: str) -> None:
    assert await seen(url, CLIENT, proto="https") == {"network": "127.0.0.1", "scheme": "http"}


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ([], "127.0.0.1"),
        ([CLIENT], CLIENT),
        ([f"{CLIENT}:4711"], CLIENT),
        ([f"{OTHER}, {CLIENT}"], CLIENT),  # what the client itself said stands before what our proxy adds
        ([OTHER, CLIENT], CLIENT),
        ([f"{OTHER}, {CLIENT}, 10.1.2.3"], CLIENT),  # a second proxy of ours
        (["127.0.0.1, 10.1.2.3"], "127.0.0.1"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        (["[2001:db8:1:2::9]:443"], "2001:db8:1:2::/64"),
        ([f"::ffff:{CLIENT}"], CLIENT),
        ([f"{CLIENT}, unknown"], "unknown"),
        (["_hidden"], "unknown"),
        (["<script>"], "unknown"),
    ],
)
async def test_who_asks_through_our_proxies(forwarded: list[str], network: str) -> None:
    async with listening(the_app(), forwarded_allow_ips=believed("127.0.0.1, 10.0.0.0/8")) as url:
        assert (await seen(url, *forwarded, proto="https")) == {"network": network, "scheme": "https"}


async def test_another_proxy_is_not_believed() -> None:
    async with listening(the_app(), forwarded_allow_ips=believed("192.0.2.1")) as url:
        assert await seen(url, CLIENT, proto="https") == {"network": "127.0.0.1", "scheme": "http"}


async def test_a_socket_of_both_kinds() -> None:
    """There an IPv4 address comes as an IPv6 one: still the proxy, and still a network of its own."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine's sockets are of one kind each")
    both = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    async with listening(the_app(), both, forwarded_allow_ips=believed("127.0.0.1")) as url:
        four = url.replace("[::]", "127.0.0.1")
        assert await seen(four, CLIENT) == {"network": CLIENT, "scheme": "http"}


def test_an_address_of_version_four_is_one_network_however_it_is_written() -> None:
    assert network_of(f"::ffff:{CLIENT}") == network_of(CLIENT) == CLIENT
    assert network_of("fe80::1%eth0") == "fe80::/64"

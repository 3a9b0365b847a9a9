"""Nothing inside is reached through an address that somebody gave us."""

import ipaddress
import socket
from typing import Any

import pytest

from app.core.calling import call
from app.core.outbound import AddressRefused, Allowed, check_url, is_public, resolve
from app.settings import Settings
from tests.delivery.post import Post
from tests.delivery.receivers import Receiver

NOTHING = Allowed.of("")
INSIDE = [
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f.0.0.1/x",
    "https://0/x",
    "https://localhost/x",
    "https://LOCALHOST./x",
    "https://api.localhost/x",
    "https://postgres/x",
    "https://db.internal/x",
    "https://10.1.2.3/x",
    "https://172.16.0.1/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/x",
    "https://224.0.0.1/x",
    "https://255.255.255.255/x",
    "https://[::1]/x",
    "https://[::]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[ff02::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[2001:0:7f00:1::]/x",
]
STRANGE = [
    "http://hooks.example.kz/x",
    "ftp://hooks.example.kz/x",
    "file:///etc/passwd",
    "gopher://hooks.example.kz/x",
    "//hooks.example.kz/x",
    "hooks.example.kz/x",
    "https://",
    "https:///x",
    "https://user:password@hooks.example.kz/x",
    "https://hooks.example.kz@127.0.0.1/x",
    "https://hooks.example.kz\\@127.0.0.1/x",
    "https://hooks.example.kz/x#part",
    "https://hooks.example.kz:0/x",
    "https://hooks.example.kz:99999/x",
    "https://hooks.example.kz:port/x",
    "https://hooks example.kz/x",
    "https://hooks.example.kz/x\r\nHost: inside",
    "https://[::1/x",
    "https://қала.example.kz/x",
    "https://-/x",
]


async def test_no_subscription_to_the_inside(post: Post, post_settings: Settings) -> None:
    post_settings.outbound_allow = ""
    for url in INSIDE + STRANGE:
        answer = await post.post("/webhooks", {"url": url, "events": ["appeal.answered"]})
        assert answer.status_code == 422, url
        assert [error["field"] for error in answer.json()["errors"]] == ["url"], url
    assert await post.webhooks() == []


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2a00:1450:4010:c02::71", "::ffff:8.8.8.8", "93.184.215.14", "95.56.0.1"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server of the test's own."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def ask(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in known:
            return real(host, port, *args, **kwargs)
        return [
            (socket.AF_INET6 if ":" in it else socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, port))
            for it in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return known


async def test_a_name_that_leads_inside(names: dict[str, list[str]], hook: Receiver) -> None:
    for addresses in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["169.254.169.254"]):
        names["hooks.example.kz"] = addresses
        url = f"https://hooks.example.kz:{hook.port}/x"
        with pytest.raises(AddressRefused):
            await resolve("hooks.example.kz", hook.port, NOTHING)
        with pytest.raises(AddressRefused):
            await call(url, headers={}, allowed=NOTHING, within=2)
    assert not hook.requests


async def test_a_name_that_changes_between_check_and_call(
    names: dict[str, list[str]], hook: Receiver, post: Post
) -> None:
    """Good when it subscribes, inside when it is called: the address that is connected to is looked at."""
    names["hooks.example.kz"] = ["8.8.8.8"]
    await post.subscribe(f"https://hooks.example.kz:{hook.port}/x")
    names["hooks.example.kz"] = ["127.0.0.1"]
    await post.file()
    await post.deliver()
    assert not hook.requests
    ((result, detail),) = await post.ask(
        "SELECT a.result, a.detail FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id "
        "WHERE d.way = 'webhook'"
    )
    assert (result, detail) == ("address", "private_address")


async def test_a_name_is_asked_for_once(
    names: dict[str, list[str]], hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says another thing the second time is not asked a second time."""
    count = 0
    inner = socket.getaddrinfo

    def ask(host: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += host == "hooks.example.kz"
        return inner(host, *args, **kwargs)

    names["hooks.example.kz"] = ["127.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", ask)
    allowed = Allowed.of(f"hooks.example.kz:{hook.port}")
    await call(f"http://hooks.example.kz:{hook.port}/x", headers={}, allowed=allowed, within=2)
    assert count == 1
    assert len(hook.requests) == 1
    assert hook.requests[0].headers["host"] == f"hooks.example.kz:{hook.port}"


async def test_the_environments_proxy_is_not_asked(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    answer = await call(hook.url, headers={}, allowed=Allowed.of("127.0.0.1"), within=2)
    assert answer.status == 204


def test_what_is_allowed_is_exact() -> None:
    allowed = Allowed.of(" 127.0.0.1:9000, inside.example.kz ,[::1]:443,")
    assert check_url("http://127.0.0.1:9000/x", allowed)
    assert check_url("http://INSIDE.example.kz:1234/x", allowed)
    assert check_url("https://[::1]/x", allowed)
    for url in ("http://127.0.0.1:9001/x", "http://x.inside.example.kz/x", "http://[::1]/x"):
        with pytest.raises(AddressRefused):
            check_url(url, allowed)
    for wrong in ("http://inside", "a/b", "user@inside", "inside:port"):
        with pytest.raises(ValueError, match=r"host|[Pp]ort"):
            Allowed.of(wrong)

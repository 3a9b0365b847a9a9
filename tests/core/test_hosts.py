"""Several hosts in one address: each has a moment of its own, and the one that can be written to is meant."""

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import pytest

from app.core import hosts
from app.core.db import Database, DatabaseUrls
from app.core.hosts import Hosts, each_host


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://o@h:5432/d", ["postgresql://o@/d?host=h&port=5432"]),
        ("postgresql://o@/d?host=/tmp/a b", ["postgresql://o@/d?host=%2Ftmp%2Fa%20b"]),
        ("postgresql:///d", ["postgresql:///d"]),
        ("postgresql://o@sql/d", ["postgresql://o@/d?host=sql"]),
        ("postgresql://sql@sql/d", ["postgresql://sql@/d?host=sql"]),
        (
            "postgresql://o:p@a:5432,[::1]:5433/d?target_session_attrs=any",
            [
                "postgresql://o:p@/d?host=a&port=5432&target_session_attrs=any",
                "postgresql://o:p@/d?host=%3A%3A1&port=5433&target_session_attrs=any",
            ],
        ),
        (
            "postgresql://o@/d?host=a,b&port=7",
            [
                "postgresql://o@/d?host=a&port=7&target_session_attrs=read-write",
                "postgresql://o@/d?host=b&port=7&target_session_attrs=read-write",
            ],
        ),
    ],
)
def test_one_address_a_host(url: str, expected: list[str]) -> None:
    assert each_host(url) == expected


def test_of_each_host_what_is_wanted_whatever_the_address_says() -> None:
    assert each_host("postgresql://o@a,b/d?target_session_attrs=any", "standby") == [
        "postgresql://o@/d?host=a&target_session_attrs=standby",
        "postgresql://o@/d?host=b&target_session_attrs=standby",
    ]


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes a connection and never says a word, as a host that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def beside(worker_urls: DatabaseUrls, *others: int) -> str:
    """The test database's address with other places before it."""
    parts = urlsplit(worker_urls.owner)
    query = dict(parse_qsl(parts.query))
    places = [("127.0.0.1", str(other)) for other in others]
    places.append((query.get("host") or parts.hostname or "", query.get("port") or str(parts.port or 5432)))
    names, ports = (",".join(part) for part in zip(*places, strict=True))
    return f"postgresql://{parts.username}@{parts.path}?host={names}&port={ports}"


async def test_a_host_that_hangs_does_not_use_up_the_time_of_the_next(
    worker_urls: DatabaseUrls, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "EACH_WITHIN", 0.3)
    several = Hosts(beside(worker_urls, silent, 1))
    first = await several.connect()
    assert not await first.fetchval("SELECT pg_is_in_recovery()")
    await first.close()
    monkeypatch.setattr(hosts, "EACH_WITHIN", 3600)  # a second one would wait for the silent host for ever
    again = await asyncio.wait_for(several.connect(), 30)
    await again.close()


async def test_a_pool_over_several_hosts(
    worker_urls: DatabaseUrls, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "EACH_WITHIN", 0.3)
    url = beside(worker_urls, silent)
    db = await Database.open(DatabaseUrls(url), pool_size=2)
    async with db.transaction() as connection:
        assert await connection.fetchval("SELECT current_user") == "ls_worker"
    await db.close()


async def test_when_none_will_do_the_last_says_why(worker_urls: DatabaseUrls, silent: int) -> None:
    url = beside(worker_urls, 1).replace("/ls_", "/not_there_ls_")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await Hosts(url).connect()
    with pytest.raises(TimeoutError):
        await Hosts(f"postgresql://nobody@127.0.0.1:1,127.0.0.1:{silent}/nothing").connect()

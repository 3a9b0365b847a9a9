"""Feeds: read politely and within bounds, each entry once, whatever the other side sends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine

from app.appeals.repository import opened
from app.core import clock
from app.core.db import Database
from app.intake.blogs import feeds
from app.settings import Settings
from tests.intake.blogs.publisher import HEAD, Publisher, Reader, atom, entry, publisher
from tests.support import SECRET

HOURS = timedelta(hours=1)


@pytest.fixture
async def source() -> AsyncIterator[Publisher]:
    async with publisher() as found:
        yield found


@pytest.fixture
def settings_of_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        secret_key=SECRET, outbound_allow="127.0.0.1", public_url="https://appeals.example.kz"
    )
    monkeypatch.setattr(feeds, "get_settings", lambda: settings)


@pytest.fixture
async def reader(db: Database, settings_of_feeds: None) -> Reader:
    return Reader(db)


@pytest.fixture
async def workers(real_db: Database, settings_of_feeds: None) -> Reader:
    """With real commits, for what several do at once."""
    return Reader(real_db)


async def test_entries_are_posts(reader: Reader, source: Publisher) -> None:
    at = clock.now().replace(microsecond=0) - HOURS
    source.says = (200, {}, atom(entry("new"), entry("old", published=at.isoformat())))
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.posts() == ["new", "old"]
    rows = await reader.rows(
        "SELECT channel, listed, received_at, route ->> 'rule' FROM appeal ORDER BY received_at"
    )
    assert rows[0] == ("blog", False, at, "blog")
    assert await reader.came() == ("read", 200, 0)
    assert source.asked[0]["user-agent"] == "listening-state (+https://appeals.example.kz)"


async def test_rss_too(reader: Reader, source: Publisher) -> None:
    published = format_datetime(clock.now() - HOURS)
    source.says = (
        200,
        {},
        f"""{HEAD}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Блог</title>
        <item><guid isPermaLink="false">tag:blog,2026:7</guid><title>Жол</title><dc:creator>Әлия</dc:creator>
        <description>&lt;p&gt;Жол &lt;b&gt;бұзылған&lt;/b&gt;.&lt;/p&gt;</description>
        <pubDate>{published}</pubDate></item>
        <item><link>https://blog.example.kz/8</link><title>Сілтеме ғана</title></item>
        </channel></rss>""".encode(),
    )
    await reader.add(source.url)
    await feeds.poll(reader.db)
    ids = await reader.posts()
    assert len(ids) == 2
    assert all(id_.startswith("sha256:") or id_ == "https://blog.example.kz/8" for id_ in ids)
    assert await reader.refusals() == []


async def test_asked_conditionally(reader: Reader, source: Publisher) -> None:
    modified = "Mon, 23 Nov 2026 04:41:00 GMT"
    source.says = (200, {"etag": '"v1"', "last-modified": modified}, atom(entry()))
    await reader.add(source.url)
    await feeds.poll(reader.db)
    for status in (500, 304):
        source.says = (status, {}, b"")
        await reader.due()
        await feeds.poll(reader.db)
    assert "if-none-match" not in source.asked[0]
    for asked in source.asked[1:]:
        assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', modified)
    assert await reader.came() == ("unchanged", 304, 0)
    assert 15 <= await reader.minutes() <= 15 * 1.1 + 0.1


async def test_read_again_is_nothing_new(reader: Reader, source: Publisher) -> None:
    source.says = (200, {}, atom(entry("1"), entry("2")))
    await reader.add(source.url)
    for _ in range(3):
        await reader.due()
        await feeds.poll(reader.db)
    assert await reader.posts() == ["1", "2"]
    assert await reader.refusals() == []


async def test_an_entry_without_a_moment_again(reader: Reader, source: Publisher) -> None:
    source.says = (200, {}, atom(entry("1", published="")))
    await reader.add(source.url)
    for _ in range(2):
        await reader.due()
        await feeds.poll(reader.db)
    assert await reader.posts() == ["1"]
    assert await reader.refusals() == []


async def test_two_workers(workers: Reader, source: Publisher) -> None:
    """One reads; were it thought dead and both read, each entry is there once all the same."""
    source.says = (200, {}, atom(*(entry(str(n)) for n in range(30))))
    source.slow = 0.2
    await workers.add(source.url)
    await asyncio.gather(*(feeds.poll(workers.db) for _ in range(4)))
    assert len(source.asked) == 1
    assert len(await workers.posts()) == 30
    await workers.due()

    async def late() -> None:
        await asyncio.sleep(0.05)
        await workers.due()
        await feeds.poll(workers.db)

    await asyncio.gather(feeds.poll(workers.db), late())
    assert len(source.asked) == 3
    assert len(await workers.posts()) == 30
    assert await workers.refusals() == []


async def test_an_edited_entry_is_kept_as_refused(reader: Reader, source: Publisher) -> None:
    at = clock.now().isoformat()
    await reader.add(source.url)
    for text in ("Бірінші мәтін", "Басқа мәтін"):
        source.says = (200, {}, atom(entry("1", text, published=at)))
        await reader.due()
        await feeds.poll(reader.db)
    assert await reader.posts() == ["1"]
    assert await reader.refusals() == [("1", "key_reused", [])]


async def test_duplicate_ids_in_one_feed(reader: Reader, source: Publisher) -> None:
    """The newest come first: the one further down was there before."""
    at = clock.now().isoformat()
    source.says = (
        200,
        {},
        atom(entry("1", "Кейінгі", published=at), entry("1", "Бірінші", published=at)),
    )
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.posts() == ["1"]
    assert await reader.refusals() == [("1", "key_reused", [])]
    ((body,),) = await reader.rows("SELECT body FROM content")
    assert opened(body)["text"] == "Бірінші"


async def test_what_cannot_be_taken_is_kept_with_the_reason(reader: Reader, source: Publisher) -> None:
    entries = (
        entry("good"),
        entry(""),
        entry("future", published="2100-01-01T00:00:00Z"),
        entry("past", published="1900-01-01T00:00:00Z"),
        entry("late", published=(clock.now() - timedelta(days=4)).isoformat()),
        entry("strange", published="кеше"),
        entry("empty", "", title=""),
        entry("long", "x" * 64_001),
    )
    source.says = (200, {}, atom(*entries))
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.posts() == ["good"]
    assert sorted(await reader.refusals(), key=str) == sorted(
        [
            (None, "invalid", ["post_id:missing"]),
            ("future", "invalid", ["published_at:in_future"]),
            ("past", "invalid", ["published_at:out_of_range"]),
            ("late", "invalid", ["published_at:too_old"]),
            ("strange", "invalid", ["published_at:datetime_parsing"]),
            ("empty", "invalid", ["text:missing"]),
            ("long", "invalid", ["text:string_too_long"]),
        ],
        key=str,
    )


# What the other side may do


@pytest.mark.parametrize(
    ("says", "came"),
    [
        ((410, {}, b""), ("gone", 410, 1)),
        ((301, {"location": "http://127.0.0.1:1/"}, b""), ("redirect", 301, 1)),
        ((404, {}, b""), ("refused", 404, 1)),
        ((500, {}, b""), ("refused", 500, 1)),
        ((200, {}, b"<html><body>404</body></html>"), ("malformed", 200, 1)),
        ((200, {}, b""), ("malformed", 200, 1)),
        ((200, {}, b"\xff\xfe\x00"), ("malformed", 200, 1)),
        ((200, {}, f"{HEAD.replace('utf-8', 'klingon')}<feed/>".encode()), ("malformed", 200, 1)),
        ((200, {}, b"<a>" * 200_000), ("malformed", 200, 1)),
    ],
)
async def test_a_failure_is_told(
    reader: Reader, source: Publisher, says: tuple[int, dict[str, str], bytes], came: tuple[str, int, int]
) -> None:
    await reader.add(source.url)
    source.says = says
    await feeds.poll(reader.db)
    assert await reader.came() == came
    assert await reader.posts() == []


async def test_gone_is_not_asked_again(reader: Reader, source: Publisher) -> None:
    source.says = (410, {}, b"")
    await reader.add(source.url)
    for _ in range(2):
        await reader.due()
        await feeds.poll(reader.db)
    assert len(source.asked) == 1


async def test_nobody_there(reader: Reader) -> None:
    async with publisher() as gone:
        url = gone.url
    await reader.add(url)
    await feeds.poll(reader.db)
    assert await reader.came() == ("unreachable", None, 1)


async def test_an_address_inside(reader: Reader) -> None:
    await reader.add("https://10.0.0.1/feed")
    await feeds.poll(reader.db)
    assert await reader.came() == ("address", None, 1)


async def test_later_and_later(reader: Reader, source: Publisher) -> None:
    source.says = (500, {}, b"")
    await reader.add(source.url)
    for least in (30, 60, 120):
        await reader.due()
        await feeds.poll(reader.db)
        assert least <= await reader.minutes() <= least * 1.1 + 0.1
    source.says = (200, {}, atom())
    await reader.due()
    await feeds.poll(reader.db)
    assert 15 <= await reader.minutes() <= 15 * 1.1 + 0.1


def test_a_pause_has_a_longest() -> None:
    day = timedelta(days=1)
    assert day <= feeds.pause(timedelta(minutes=15), 100, None) <= day * 1.1
    assert feeds.pause(timedelta(minutes=15), 0, timedelta(days=99)) == 30 * day


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after(reader: Reader, source: Publisher, status: int) -> None:
    await reader.add(source.url)
    source.says = (status, {"retry-after": "7200"}, b"")
    await feeds.poll(reader.db)
    assert await reader.minutes() == pytest.approx(120, abs=0.5)
    source.says = (status, {"retry-after": format_datetime(clock.now() + 5 * HOURS, usegmt=True)}, b"")
    await reader.due()
    await feeds.poll(reader.db)
    assert await reader.minutes() == pytest.approx(300, abs=1)


@pytest.mark.parametrize("given", ["", "soon", "-5", "9" * 40, "Mon, 99 Nov 2026 00:00:00 GMT", "²"])
def test_a_strange_retry_after(given: str) -> None:
    assert feeds.asked({"retry-after": given}) is None


async def test_a_feed_that_never_ends(reader: Reader, source: Publisher) -> None:
    """What came before the bound is taken; no more is read than that."""
    source.says = (200, {}, atom(entry("1"), entry("2")).removesuffix(b"</feed>") + b"<!--")
    source.drip = b"x" * 65_536
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.came() == ("cut", 200, 0)
    assert await reader.posts() == ["1", "2"]
    assert source.sent < 8 * feeds.LARGEST


async def test_a_feed_that_drips(reader: Reader, source: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "WITHIN", 0.5)
    source.says, source.drip = (200, {}, atom(entry("1")).removesuffix(b"</feed>")), b" "
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.came() == ("timeout", None, 1)


async def test_more_entries_than_are_read_at_once(
    reader: Reader, source: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 5)
    source.says = (200, {"etag": '"all"'}, atom(*(entry(str(n)) for n in range(9))))
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert (await reader.came(), await reader.posts()) == (("cut", 200, 0), ["0", "1", "2", "3", "4"])


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE feed [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE feed SYSTEM "http://127.0.0.1:1/feed.dtd">',
    ],
)
async def test_an_xml_bomb(reader: Reader, source: Publisher, bomb: str) -> None:
    body = atom(entry("1", "&b;&file;")).decode().replace(HEAD, f"{HEAD}{bomb}")
    source.says = (200, {}, body.encode())
    await reader.add(source.url)
    await feeds.poll(reader.db)
    assert await reader.came() == ("malformed", 200, 1)
    assert await reader.posts() == []


async def test_one_that_hangs_holds_up_no_other(
    workers: Reader, source: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "WITHIN", 1.0)
    async with publisher() as slow:
        slow.slow = 30
        await workers.add(slow.url)
        source.says = (200, {}, atom(entry("1")))
        await workers.add(source.url)
        await feeds.poll(workers.db)
    assert await workers.posts() == ["1"]
    assert [row[0] for row in await workers.rows("SELECT result FROM feed ORDER BY id")] == [
        "timeout",
        "read",
    ]


async def test_a_worker_that_was_late_changes_nothing(workers: Reader, source: Publisher) -> None:
    """Its lease was over and another has the feed."""
    source.says, source.slow = (500, {}, b""), 0.3
    await workers.add(source.url)
    reading = asyncio.create_task(feeds.poll(workers.db))
    await asyncio.sleep(0.1)
    await workers.value("UPDATE feed SET leased_until = $1", clock.now() + HOURS)
    await reading
    assert await workers.rows("SELECT result, leased_until > now() FROM feed") == [(None, True)]


async def test_after_a_worker_died_another_reads(workers: Reader, source: Publisher) -> None:
    source.says = (200, {}, atom(entry("1")))
    await workers.add(source.url)
    assert await feeds._taken(workers.db)
    await feeds.poll(workers.db)
    assert not source.asked, "leased"
    with time_machine.travel(datetime.now(UTC) + feeds.LEASE + timedelta(seconds=1)):
        await feeds.poll(workers.db)
    assert await workers.posts() == ["1"]

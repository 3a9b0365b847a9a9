"""Files that a source keeps: fetched from the address that was looked at, within bounds, or told of."""

import json
import logging
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from app.attachments.fetching import PLACES_OF_A_HOST, TRIES, Fetcher
from app.attachments.keeping import Keeper
from app.core import clock
from app.core.db import Database
from app.settings import Settings
from tests.attachments.files import JPEG, PDF, sent
from tests.attachments.source import Source, source
from tests.attachments.test_attaching import opened, tracked
from tests.attachments.test_uploading import on_disk
from tests.casework.people import Office
from tests.intake.blogs.platform import open_platform, post
from tests.intake.tickets.centre import Centre, lines, open_centre, ticket
from tests.support import SECRET


@pytest.fixture
async def files() -> AsyncIterator[Source]:
    async with source() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, files: Source) -> Settings:
    return Settings(
        secret_key=SECRET,
        data_dir=tmp_path,
        unscanned="served",
        outbound_allow=f"127.0.0.1:{files.port}",
        fetch_timeout=2,
    )


@pytest.fixture
async def centre(db: Database, client: httpx.AsyncClient) -> Centre:
    return await open_centre(db, client)


@pytest.fixture
def fetcher(keeper: Keeper, settings: Settings) -> Fetcher:
    return Fetcher(keeper, settings)


async def fetched(db: Database, fetcher: Fetcher, after: timedelta = timedelta()) -> None:
    with time_machine.travel(clock.now() + after):
        await fetcher.round(db)
        await fetcher.finish()


async def stands(centre: Centre, external_id: str = "109-1") -> list[tuple[str | None, str, str | None]]:
    found = (await centre.state(external_id))["attachments"]
    return [(one["name"], one["state"], one["problem"]) for one in found]


async def test_from_a_ticket_to_a_download(
    centre: Centre, client: httpx.AsyncClient, db: Database, fetcher: Fetcher, files: Source, office: Office
) -> None:
    uploaded = await sent(client, PDF, "хат.pdf")
    attachments = [
        uploaded["id"],
        {"url": files.url("/photo.jpg?sig=secret")},
        {"url": files.url("/download.php?id=5"), "name": "екінші.jpg"},
        {"url": files.url("/download.php?id=6")},
    ]
    brought = await centre.brought(attachments=attachments)
    assert files.asked == []
    first = (await tracked(client, brought))["attachments"]
    assert (
        sorted(one["sentence"] for one in first[1:])
        == ["The file is being fetched from the address that was given."] * 3
    )
    await fetched(db, fetcher)
    shown = (await tracked(client, brought))["attachments"]
    assert [(one["name"], one["size"]) for one in shown] == [
        ("хат.pdf", len(PDF)),
        ("photo.jpg", len(JPEG)),
        ("екінші.jpg", len(JPEG)),
        ("file.jpg", len(JPEG)),
    ]
    for one, content in zip(shown, (PDF, JPEG, JPEG, JPEG), strict=True):
        assert (await opened(client, brought, one["url"])).content == content
    case = await office.case("controller@administration", brought["number"])
    assert [one["id"] for one in case["attachments"]] == [one["id"] for one in shown]
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM attachment_fetch") == 0


async def test_the_list_is_part_of_the_ticket(centre: Centre, files: Source) -> None:
    first = [{"url": files.url("/photo.jpg")}]
    await centre.brought(attachments=first)
    assert (await centre.bring(ticket(attachments=first))).status_code == 200
    for other in (
        [],
        [{"url": files.url("/other.jpg")}],
        [{"url": files.url("/photo.jpg"), "name": "a.jpg"}],
    ):
        assert (await centre.bring(ticket(attachments=other))).status_code == 409
    assert len(await stands(centre)) == 1


@pytest.mark.parametrize(
    ("path", "problem", "final"),
    [
        ("/zip.jpg", "type", True),
        ("/moved.jpg", "redirect", True),
        ("/inside.jpg", "redirect", True),
        ("/gone.jpg", "refused", True),
        ("/large.jpg", "too_large", True),
        ("/endless.jpg", "too_large", True),
        ("/busy.jpg", "refused", False),
        ("/short.jpg", "unreachable", False),
        ("/odd.jpg", "unreachable", False),
        ("/slow.jpg", "timeout", False),
    ],
)
async def test_what_fails(
    centre: Centre,
    client: httpx.AsyncClient,
    db: Database,
    keeper: Keeper,
    settings: Settings,
    files: Source,
    path: str,
    problem: str,
    final: bool,
) -> None:
    settings.fetch_timeout = 0.3 if path == "/slow.jpg" else 5
    fetcher = Fetcher(keeper, settings)
    brought = await centre.brought(attachments=[{"url": files.url(path), "name": "a.jpg"}])
    await fetched(db, fetcher)
    if not final:
        assert await stands(centre) == [("a.jpg", "waiting", None)]
        for attempt in range(2, TRIES + 1):
            await fetched(db, fetcher, timedelta(hours=8 * attempt))
        assert len(files.asked) == TRIES
    assert await stands(centre) == [("a.jpg", "failed", f"fetch_{problem}")]
    (shown,) = (await tracked(client, brought))["attachments"]
    assert (shown["state"], shown["problem"], shown["url"]) == ("failed", f"fetch_{problem}", None)
    assert "could not be fetched" in shown["sentence"]
    assert on_disk(settings) == []
    await fetched(db, fetcher, timedelta(days=30))
    assert len(files.asked) == (1 if final else TRIES)


async def test_a_length_that_lies_adds_nothing(
    centre: Centre, client: httpx.AsyncClient, db: Database, fetcher: Fetcher, files: Source
) -> None:
    brought = await centre.brought(attachments=[{"url": files.url("/long.jpg")}])
    await fetched(db, fetcher)
    (shown,) = (await tracked(client, brought))["attachments"]
    assert (await opened(client, brought, shown["url"])).content == JPEG


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.jpg",
        "http://10.0.0.1/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.jpg",
        "http://localhost/a.jpg",
        "ftp://files.example.kz/a.jpg",
        "file:///etc/passwd",
        "https://user:password@files.example.kz/a.jpg",
        "nonsense",
        "",
    ],
)
async def test_addresses_that_are_refused_at_once(centre: Centre, url: str) -> None:
    answer = await centre.bring(ticket(attachments=[{"url": url}]))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["attachments.0.url"]
    batch = (await centre.batch(lines([ticket(attachments=[{"url": url}]), ticket("109-2")]))).json()
    assert (batch["accepted"], batch["rejected"]) == (1, 1)


async def test_a_name_that_leads_inside_when_it_is_fetched(
    centre: Centre, db: Database, fetcher: Fetcher, files: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a name server said before: the address that is connected to is looked at."""
    real = socket.getaddrinfo

    def ask(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "files.example.kz":
            return real(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    await centre.brought(attachments=[{"url": f"http://files.example.kz:{files.port}/photo.jpg"}])
    for attempt in range(1, TRIES + 1):
        await fetched(db, fetcher, timedelta(hours=8 * attempt))
    assert files.asked == []
    assert await stands(centre) == [(None, "failed", "fetch_address")]


async def test_a_url_is_nobody_elses_to_read(
    centre: Centre, db: Database, fetcher: Fetcher, files: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "listening_state")
    await centre.brought(attachments=[{"url": files.url("/gone.jpg?iin=850615499937")}])
    await fetched(db, fetcher)
    assert "refused" in caplog.text
    async with db.read() as connection:
        stored = [dict(row) for row in await connection.fetch("SELECT * FROM attachment_fetch")]
        events = await connection.fetchval("SELECT json_agg(data)::text FROM event")
    assert stored
    for seen in (caplog.text, str(stored), json.dumps(events)):
        assert "850615499937" not in seen
        assert "gone.jpg" not in seen


async def test_few_at_a_time_from_a_host_and_one_that_died_is_followed(
    centre: Centre, db: Database, fetcher: Fetcher, keeper: Keeper, settings: Settings, files: Source
) -> None:
    urls = [{"url": files.url(f"/late.jpg?{n}")} for n in range(6)]
    await centre.brought(attachments=urls)
    dead = Fetcher(keeper, settings)
    assert len(await dead._leased(db, 8)) == PLACES_OF_A_HOST  # and it never comes back
    await fetched(db, fetcher)
    assert files.asked == []
    await fetched(db, fetcher, timedelta(minutes=5))
    assert len(files.asked) == 6
    assert files.most <= PLACES_OF_A_HOST
    assert {state for _, state, _ in await stands(centre)} == {"waiting"}
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM attachment WHERE address IS NULL") == 0


async def test_the_files_of_a_blog_post_are_fetched_too(
    db: Database, client: httpx.AsyncClient, files: Source, fetcher: Fetcher
) -> None:
    platform = await open_platform(db, client)
    filed = await platform.brought(attachments=[{"url": files.url("/photo.jpg"), "name": "photo.jpg"}])
    await fetched(db, fetcher)
    (file,) = (await tracked(client, filed))["attachments"]
    assert (file["name"], file["size"]) == ("photo.jpg", len(JPEG))
    assert (await opened(client, filed, file["url"])).content == JPEG


async def test_a_post_with_an_address_inside_is_refused_and_takes_no_id(
    db: Database, client: httpx.AsyncClient
) -> None:
    platform = await open_platform(db, client)
    inside = [{"url": "http://169.254.169.254/latest"}]
    refused = await platform.bring(post("4712", attachments=inside))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "attachments.0.url"
    await platform.brought("4712")

"""Files in: what is taken, what is refused and how, and that nothing is left of what was not."""

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from limits import RateLimitItemPerHour

from app.attachments import limits
from app.attachments.errors import LARGEST
from app.attachments.keeping import Keeper, clean_name
from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.settings import Settings
from tests.attachments.files import GOOD, JPEG, PDF, TXT, UPLOADS, ZIP, send, sent


def on_disk(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "attachments").rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", GOOD)
async def test_by_a_form(client: httpx.AsyncClient, name: str) -> None:
    content, media = GOOD[name]
    kept = await sent(client, content, name)
    assert kept == {"id": kept["id"], "name": name, "size": len(content), "type": media, "state": "waiting"}


async def test_by_a_raw_body(client: httpx.AsyncClient) -> None:
    async def post(disposition: str | None) -> httpx.Response:
        headers = [(b"content-type", b"image/jpeg")]
        if disposition is not None:
            headers.append((b"content-disposition", disposition.encode()))
        return await client.post(UPLOADS, content=JPEG, headers=headers)

    for disposition, name in {
        "attachment; filename*=UTF-8''%D1%84%D0%BE%D1%82%D0%BE.jpg": "фото.jpg",
        'attachment; filename="фото.jpg"': "фото.jpg",
        'attachment; filename="../../etc/photo.jpg"': "photo.jpg",
        "attachment; filename=photo.jpg": "photo.jpg",
        "attachment": "file.jpg",
        None: "file.jpg",
    }.items():
        answer = await post(disposition)
        assert answer.status_code == 201, answer.text
        assert answer.json()["name"] == name


async def test_a_form_of_a_page_has_other_fields_too(client: httpx.AsyncClient) -> None:
    answer = await client.post(UPLOADS, data={"text": "Сәлем" * 1_000}, files={"photo": ("a.jpg", JPEG)})
    assert answer.status_code == 201
    assert answer.json()["size"] == len(JPEG)


async def test_a_form_with_none_or_with_two(client: httpx.AsyncClient) -> None:
    none = await client.post(UPLOADS, files={"text": (None, b"nothing")})
    two = await client.post(UPLOADS, files=[("a", ("a.jpg", JPEG)), ("b", ("b.jpg", JPEG))])
    assert [answer.json()["errors"][0]["code"] for answer in (none, two)] == ["missing", "one_file"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"--y\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n',
    ],
)
async def test_a_form_that_breaks_off(client: httpx.AsyncClient, settings: Settings, body: bytes) -> None:
    answer = await client.post(
        UPLOADS, content=body + JPEG, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert on_disk(settings) == []


async def test_a_form_without_its_boundary(client: httpx.AsyncClient) -> None:
    answer = await client.post(UPLOADS, content=JPEG, headers={"content-type": "multipart/form-data"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.jpg", "empty"),
        (ZIP, "a.jpg", "type"),
        (b"<html>", "a.html", "type"),
        (JPEG, "a.exe", "extension"),
        (JPEG + ZIP, "a.jpg", "two_types"),
    ],
    ids=["empty", "type", "page", "extension", "two_types"],
)
async def test_a_refusal_names_what_is_allowed(
    client: httpx.AsyncClient, settings: Settings, lang: str, content: bytes, name: str, reason: str
) -> None:
    answer = await send(client, content, name, {"accept-language": lang})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["reason"]) == (415, "attachment_type", reason)
    assert "pdf, jpg, jpeg, png, heic" in problem["detail"]
    assert "docx" in problem["allowed"]
    assert on_disk(settings) == []


async def test_too_large(client: httpx.AsyncClient, settings: Settings) -> None:
    just = JPEG + b"\0" * (LARGEST - len(JPEG))
    assert (await send(client, just)).status_code == 201
    before = on_disk(settings)
    for answer in (await send(client, just + b"\0"), await send(client, just * 2)):
        assert (answer.status_code, answer.json()["code"][-9:]) == (413, "too_large")

    async def endless() -> AsyncIterator[bytes]:
        yield JPEG
        while True:
            yield b"\0" * 65_536

    answer = await client.post(UPLOADS, content=endless(), headers={"content-type": "image/jpeg"})
    assert (answer.status_code, answer.json()["code"]) == (413, "attachment_too_large")
    assert on_disk(settings) == before


async def test_a_line_that_breaks(keeper: Keeper, db: Database, settings: Settings) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield JPEG * 1_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await keeper.keep(db, broken(), name="a.jpg")
    assert on_disk(settings) == []


async def test_memory_is_bounded(keeper: Keeper, db: Database) -> None:
    async def large() -> AsyncIterator[bytes]:
        yield JPEG
        for _ in range(19):
            yield bytes(1_048_576)

    tracemalloc.start()
    try:
        await keeper.keep(db, large(), name="a.jpg")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 1_048_576


async def test_a_full_disk_is_no_500(client: httpx.AsyncClient, settings: Settings) -> None:
    (settings.data_dir / "attachments").write_text("not a folder")
    answer = await send(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


async def test_one_network_only_so_many_an_hour(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FILES", RateLimitItemPerHour(1, namespace="files"))
    assert (await send(client, TXT, "a.txt")).status_code == 201
    refused = await send(client, TXT, "a.txt")
    assert (refused.status_code, 0 < int(refused.headers["retry-after"]) <= 3600) == (429, True)


async def test_a_key_or_a_token_that_is_sent_must_be_good(client: httpx.AsyncClient) -> None:
    assert (await send(client, headers={"x-api-key": "nobody's key at all"})).status_code == 401
    assert (await send(client, headers={"authorization": "Bearer nothing"})).status_code == 401


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("C:\\Users\\Айгүл\\фото.jpg", "фото.jpg"),
        ("a/b/../c.pdf", "c.pdf"),
        ("..", ""),
        (None, ""),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ('a"b.pdf', "ab.pdf"),
        ("я" * 500 + ".pdf", "я" * 196 + ".pdf"),
        ("  a   b .pdf ", "a b .pdf"),
    ],
)
def test_names(given: str | None, clean: str) -> None:
    assert clean_name(given) == clean


async def test_what_lies_there_is_sealed_and_its_name_says_nothing(
    client: httpx.AsyncClient, settings: Settings, db: Database
) -> None:
    await sent(client, PDF, "хат.pdf")
    (path,) = on_disk(settings)
    assert b"%PDF" not in path.read_bytes()
    async with db.read() as connection:
        rows = await connection.fetch("SELECT * FROM attachment JOIN stored_object USING (address)")
    assert path.name == rows[0]["address"].hex()
    assert "хат".encode() not in rows[0]["name"]


async def test_the_same_content_lies_there_once(client: httpx.AsyncClient, settings: Settings) -> None:
    ids = {(await sent(client, PDF, name))["id"] for name in ("a.pdf", "b.pdf")}
    assert len(ids) == 2
    assert len(on_disk(settings)) == 1

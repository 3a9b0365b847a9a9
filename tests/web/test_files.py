"""Files on the citizen's forms, as browsers without scripts send them: kept, listed, refused with a reason,
removed, sent with the appeal, and given out to who may have them."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from limits import RateLimitItemPerHour

from app.attachments.errors import LARGEST, MOST
from app.attachments.keeping import VALID_FOR
from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from app.settings import Settings
from app.web.citizen import draft, files
from tests.attachments.files import JPEG, PDF, ZIP
from tests.support import SECRET
from tests.web.forms import begun, found, token

FILES = "/write/files"
TEXT = {"text": "Үйде үш күннен бері жылу жоқ.", "kind": "complaint"}


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, unscanned="served")


async def added(
    client: httpx.AsyncClient, *files: tuple[str, bytes], lang: Language = "kk", **fields: str
) -> httpx.Response:
    form = {"form": await begun(client, lang), "add": "1"} | fields
    sent = [("file", (name, content, "application/octet-stream")) for name, content in files]
    return await client.post(FILES, data=form, files=sent, follow_redirects=True)


def ids(page: httpx.Response) -> list[str]:
    return re.findall(r'name="remove" value="([0-9a-f-]{36})"', page.text)


async def kept_ids(db: Database) -> set[UUID]:
    async with db.read() as connection:
        rows = await connection.fetch("SELECT id FROM attachment WHERE expires_at > $1", clock.now())
    return {row["id"] for row in rows}


async def test_files_are_kept_listed_and_removed(client: httpx.AsyncClient) -> None:
    page = await added(client, ("хат.pdf", PDF), ("photo.jpg", JPEG))
    assert page.status_code == 200
    assert "хат.pdf" in page.text
    assert t("files.state.waiting", "kk") in page.text
    first, second = ids(page)
    form = {"form": token(page), "remove": first}
    page = await client.post(FILES, data=form, follow_redirects=True)
    assert ids(page) == [second]


async def test_what_a_bad_line_brought_twice_is_there_once(client: httpx.AsyncClient) -> None:
    await added(client, ("photo.jpg", JPEG))
    assert len(ids(await added(client, ("photo.jpg", JPEG)))) == 1
    assert len(ids(await added(client, ("photo.jpg", JPEG + b"\0")))) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_refused_file_says_why_and_the_others_are_kept(
    client: httpx.AsyncClient, lang: Language
) -> None:
    page = await added(
        client, ("a.zip", ZIP), ("photo.jpg", JPEG), ("film.mp4", b"\0" * (LARGEST + 1)), lang=lang
    )
    assert page.status_code == 422
    assert page.text.count('class="mistake"') == 2
    assert t("attachment.refused.type", lang) in page.text
    assert t("error.attachment_too_large", lang, megabytes=20) in page.text
    assert len(ids(page)) == 1


async def test_not_more_than_an_appeal_may_have(client: httpx.AsyncClient) -> None:
    page = await added(client, *((f"{n}.jpg", JPEG + bytes([n])) for n in range(MOST + 1)))
    assert page.status_code == 422
    assert t("error.too_many_attachments", "kk", most=MOST) in page.text
    assert len(ids(page)) == MOST


async def test_a_form_that_lost_its_cookie_keeps_its_files(client: httpx.AsyncClient) -> None:
    form = {"form": await begun(client)}
    client.cookies.clear()
    page = await client.post(FILES, data=form, files={"file": ("photo.jpg", JPEG, "image/jpeg")})
    assert page.status_code == 422
    assert t("form.expired", "kk") in page.text
    assert len(ids(page)) == 1
    again = await client.post(FILES, data={"form": token(page)})
    assert again.headers["location"] == "/write/topic"
    assert ids(await client.get(FILES)) == ids(page)


async def test_another_site_brings_nothing(client: httpx.AsyncClient, db: Database) -> None:
    sent = {"file": ("photo.jpg", JPEG, "image/jpeg")}
    page = await client.post(FILES, files=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403
    assert not await kept_ids(db)


async def test_a_form_that_breaks_off_keeps_the_files_before(client: httpx.AsyncClient) -> None:
    form = await begun(client)
    whole = httpx.Request(
        "POST",
        "http://test",
        data={"form": form},
        files=[("file", ("a.jpg", JPEG, "image/jpeg")), ("file", ("b.jpg", JPEG * 9, "image/jpeg"))],
    )
    body = whole.read()[:-900]
    page = await client.post(FILES, content=body, headers={"Content-Type": whole.headers["content-type"]})
    assert page.status_code == 400
    assert len(ids(await client.get(FILES))) == 1


async def test_files_wait_as_long_as_the_draft_and_go_with_it(
    client: httpx.AsyncClient, db: Database
) -> None:
    page = await added(client, ("photo.jpg", JPEG))
    async with db.read() as connection:
        until = await connection.fetchval("SELECT min(expires_at) FROM attachment")
    assert until > clock.now() + draft.KEPT > clock.now() + VALID_FOR
    assert await kept_ids(db) == {UUID(one) for one in ids(page)}
    await client.post("/write", data={"form": token(page)})
    assert not await kept_ids(db)


async def test_one_network_brings_no_more_than_by_the_call(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILES", RateLimitItemPerHour(1, namespace="files"))
    page = await added(client, ("a.jpg", JPEG), ("b.jpg", JPEG * 2))
    assert page.status_code == 422
    assert len(ids(page)) == 1


async def filed(client: httpx.AsyncClient, *files: tuple[str, bytes]) -> str:
    """The number."""
    form = {"form": await begun(client)}
    await client.post("/write/what", data=form | TEXT)
    await client.post("/write/topic", data=form | {"topic": "utilities"})
    await client.post("/write/you", data=form | {"applicant.name": "Үлгібек Сынақбаев"})
    await added(client, *files)
    checked = await client.get("/write/check")
    for name, _ in files:
        assert name in checked.text
    sent = await client.post("/write/check", data=form)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].split("/")[2]


async def test_files_go_with_the_appeal_and_are_given_out(client: httpx.AsyncClient) -> None:
    number = await filed(client, ("хат.pdf", PDF))
    page = await client.get(f"/appeals/{number}")
    assert t("files.sent", "kk") in page.text
    at = found(rf"(/appeals/{number}/files/[0-9a-f-]+)", page)
    given = await client.get(at)
    assert (given.status_code, given.content) == (200, PDF)
    link = found(r'data-link="[^"]*(/l/[^"]+)"', await client.get(f"/appeals/{number}/receipt"))
    client.cookies.clear()
    assert t("track.find.title", "kk") in (await client.get(at)).text
    await client.get(link)
    assert (await client.get(at)).status_code == 404
    assert t("files.sent", "kk") not in (await client.get(f"/appeals/{number}")).text


async def test_sending_twice_with_files_is_sending_once(client: httpx.AsyncClient, app: FastAPI) -> None:
    number = await filed(client, ("хат.pdf", PDF))
    again = await client.post("/write/check", data={"form": token(await client.get("/write"))})
    assert number in again.headers["location"]
    fresh = await added(client, ("photo.jpg", JPEG))
    assert len(ids(fresh)) == 1


async def test_adding_to_an_appeal_keeps_the_files_while_the_text_is_missing(
    client: httpx.AsyncClient,
) -> None:
    number = await filed(client)
    form = {"form": token(await client.get(f"/appeals/{number}")), "text": ""}
    to = f"/appeals/{number}/supplements"
    page = await client.post(to, data=form, files={"file": ("photo.jpg", JPEG, "image/jpeg")})
    assert page.status_code == 422
    kept = re.findall(r'name="kept" value="([0-9a-f-]{36})" checked', page.text)
    assert len(kept) == 1
    sent = {"file": ("хат.pdf", PDF, "application/pdf")}
    done = await client.post(to, data=form | {"text": "Кеше де жылу болмады.", "kept": kept[0]}, files=sent)
    assert done.headers["location"] == f"/appeals/{number}?done=supplement"
    page = await client.get(f"/appeals/{number}")
    assert page.text.count(f"/appeals/{number}/files/") == 2


async def test_what_is_no_form_is_refused_on_a_page(client: httpx.AsyncClient) -> None:
    for content in (b"", b"--x\r\n", b"\0" * 2000):
        page = await client.post(
            FILES, content=content, headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert page.status_code == 400
        assert page.headers["content-type"].startswith("text/html")
    many = [("kept", (None, "nothing"))] * 300
    assert (await client.post(FILES, files=many)).status_code == 400


async def test_what_was_typed_into_a_page_that_closed_meanwhile_can_be_copied(
    client: httpx.AsyncClient,
) -> None:
    number = await filed(client)
    for act, field in (("supplements", "text"), ("withdrawal", "reason"), ("complaint", "text")):
        client.cookies.delete("opened")
        said = {"form": await begun(client), field: "Кеше де жылу болмады."}
        page = await client.post(f"/appeals/{number}/{act}", data=said)
        assert t("track.unsent", "kk") in page.text
        assert "Кеше де жылу болмады.</textarea>" in page.text
        client.cookies.set("opened", "nothing")

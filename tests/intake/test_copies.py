"""A copy of everything that is held on an appeal, for its author and nobody else."""

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import httpx
import pytest

from app.appeals.lifecycle import Act
from app.core import clock
from app.core.zipped import Member, zipped
from app.settings import Settings
from tests.attachments.files import JPEG, sent
from tests.casework.people import ANSWER
from tests.intake.appellant import APPEAL, APPLICANT, Appellant
from tests.support import SECRET
from tests.web.forms import token

WORKER = "operator@energy"
NOTE, DRAFT, PURPOSE = "Қызметкердің жазбасы", "Жауаптың жобасы", "Телефонын тексеру"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, unscanned="served")


async def lived(appellant: Appellant) -> dict[str, Any]:
    client, office = appellant.client, appellant.office
    files = [(await sent(client, JPEG, "сурет.jpg"))["id"] for _ in range(2)]
    filed: dict[str, Any] = (
        await client.post("/api/v1/appeals", json=APPEAL | {"attachments": files})
    ).json()
    number, code = filed["number"], {"x-access-code": filed["access_code"]}
    path = f"/api/v1/appeals/{number}/supplements"
    assert (await client.post(path, json={"text": "Кеше де жылу болмады."}, headers=code)).status_code < 300
    await office.act(WORKER, number, Act.NOTE, text=NOTE)
    await office.act(WORKER, number, Act.CLAIM)
    await office.act(WORKER, number, Act.UNMASK, field="phone", purpose=PURPOSE)
    draft = await office.try_act(WORKER, number, "draft", None, **ANSWER | {"text": DRAFT}, version=0)
    assert draft.status_code < 500
    await office.act(WORKER, number, Act.ANSWER, **ANSWER)
    return filed


async def exported(
    client: httpx.AsyncClient, filed: dict[str, Any], lang: str = "kk"
) -> tuple[ZipFile, dict[str, Any], str]:
    headers = {"x-access-code": filed["access_code"], "accept-language": lang}
    answer = await client.get(f"/api/v1/appeals/{filed['number']}/export", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    archive = ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("copy.json")), archive.read("copy.txt").decode()


async def test_all_that_is_held_and_nothing_of_others(appellant: Appellant) -> None:
    filed = await lived(appellant)
    archive, copy, words = await exported(appellant.client, filed)
    assert copy["applicant"] == {"bin": None, "email": None, **APPLICANT}
    texts = [(one["event"], one["said"]["text"]) for one in copy["texts"]]
    assert texts == [
        ("registered", APPEAL["text"]),
        ("supplemented", "Кеше де жылу болмады."),
        ("answered", ANSWER["text"]),
    ]
    assert copy["appeal"]["looked"][0]["agency"]["code"] == "energy"
    assert [one["kind"] for one in copy["notices"]] == ["appeal.registered", "appeal.answered"]
    inside = ["files/01 сурет.jpg", "files/02 сурет.jpg"]
    assert [one["inside"] for one in copy["files"]] == inside
    assert archive.namelist() == ["copy.txt", "copy.json", *inside]
    assert [archive.read(name) for name in inside] == [JPEG, JPEG]
    person = (await appellant.office.person(WORKER)).name
    for held in (words, json.dumps(copy, ensure_ascii=False)):
        assert APPLICANT["iin"] in held
        assert ANSWER["text"] in held
        for others in (NOTE, DRAFT, PURPOSE, person, WORKER):
            assert others not in held


@pytest.mark.parametrize(
    ("lang", "said"), [("kk", "Не болды"), ("ru", "Что происходило"), ("en", "What happened")]
)
async def test_in_words_of_each_language(appellant: Appellant, lang: str, said: str) -> None:
    filed = (await appellant.client.post("/api/v1/appeals", json=APPEAL)).json()
    _, copy, words = await exported(appellant.client, filed, lang)
    assert f"== {said}" in words
    assert words.startswith(filed["number"] if lang == "en" else filed["number"].replace("JT", "ЖТ"))
    assert not re.search(r"\bcopy\.\w|\{\w+\}", words), "no key of a catalogue, no empty place"
    assert copy["appeal"]["timeline"][0]["sentence"] in words


async def test_for_nobody_else(appellant: Appellant) -> None:
    filed = (await appellant.client.post("/api/v1/appeals", json=APPEAL)).json()
    path = f"/api/v1/appeals/{filed['number']}/export"
    assert (await appellant.client.get(path)).status_code == 401
    wrong = await appellant.client.get(path, headers={"x-access-code": "AAAA-AAAA-AAAA-AAAA"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "appeal_not_found")
    page = await appellant.client.get(f"/appeals/{filed['number']}/copy.zip")
    assert page.headers["content-type"].startswith("text/html"), "the page asks for the code"


async def test_from_the_page(appellant: Appellant) -> None:
    filed = (await appellant.client.post("/api/v1/appeals", json=APPEAL)).json()
    client = appellant.client
    form = token(await client.get("/appeals"))
    said = {"number": filed["number"], "code": filed["access_code"], "form": form}
    opened = await client.post("/appeals", data=said, follow_redirects=True)
    assert f'href="/appeals/{filed["number"]}/copy.zip"' in opened.text
    got = await client.get(f"/appeals/{filed['number']}/copy.zip")
    assert ZipFile(io.BytesIO(got.content)).namelist() == ["copy.txt", "copy.json"]


async def test_an_archive_that_is_broken_off_is_none() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        raise OSError("the storage is away")

    given: list[bytes] = []
    with pytest.raises(OSError, match="away"):
        await gather(zipped([Member("a", clock.now(), broken())]), given)
    whole = b"".join(given)
    assert len(whole) >= 100_000
    with pytest.raises(BadZipFile):
        ZipFile(io.BytesIO(whole))


async def gather(pieces: AsyncIterator[bytes], given: list[bytes]) -> None:
    async for piece in pieces:
        given.append(piece)

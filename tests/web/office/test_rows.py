"""The rows of a queue's page that is open: asked for again, they are sent only when they differ, and they are
never those of a moment before or of somebody else."""

import asyncio
import re
from html import unescape

import httpx
import pytest

from app.core import clock
from app.staff.permissions import Role
from app.web.office import queue, rows
from app.web.office.rows import Rows
from tests.casework.people import Office
from tests.web.office.conftest import entered

WORDS = "Үйде үш күннен бері жылу жоқ"


def numbers(answer: httpx.Response) -> list[str]:
    return re.findall(r'href="/office/cases/([^"]+)"', answer.text)


def said(page: httpx.Response) -> tuple[str, str]:
    """Where an open page asks again, and its tag."""
    found = {name: unescape(value) for name, value in re.findall(r'data-(self|tag)="([^"]+)"', page.text)}
    return found["self"], found["tag"]


async def again(office: Office, address: str, tag: str) -> httpx.Response:
    return await office.client.get(address, headers={"If-None-Match": tag})


async def test_what_an_open_page_has_already_is_not_sent(office: Office) -> None:
    await entered(office, "operator@energy", Role.OPERATOR)
    first = (await office.file()).number
    for query in ("", "?view=all&topic=utilities&lang=ru", "?view=all&q=жылу&lang=kk"):
        page = await office.client.get(f"/office{query}")
        address, tag = said(page)
        nothing = await again(office, address, tag)
        assert (nothing.status_code, nothing.content, nothing.headers["etag"]) == (304, b"", tag)
        whole = await again(office, address, '"another"')
        assert whole.headers["cache-control"] == "no-store"
        assert whole.headers["etag"] == tag
        assert whole.text.strip() in page.text
        assert numbers(whole) == [first]
    newer = (await office.file()).number
    differs = await again(office, address, tag)
    assert numbers(differs) == [first, newer]
    assert differs.headers["etag"] != tag


async def test_a_row_says_what_holds_now(office: Office) -> None:
    await entered(office, "operator@energy", Role.OPERATOR)
    filed = await office.file()
    address, tag = said(await office.client.get("/office?view=all"))
    await office.act("asel@energy", filed.number, "claim")
    taken = await again(office, address, tag)
    assert (await office.person("asel@energy")).name in taken.text
    await office.act("asel@energy", filed.number, "release")
    assert (await office.person("asel@energy")).name not in (await again(office, address, tag)).text
    await office.act("asel@energy", filed.number, "claim")
    answer = {"outcome": "satisfied", "text": "Қосылды.", "language": "kk", "legal_basis": "ӘРПК 76-бап"}
    await office.act("asel@energy", filed.number, "answer", **answer)
    assert numbers(await again(office, address, tag)) == []


async def test_a_row_is_in_the_language_and_of_the_day_of_its_reader(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await entered(office, "operator@energy", Role.OPERATOR)
    await office.file()
    shown = [(await office.client.get(f"/office/rows?lang={lang}")).text for lang in ("kk", "ru", "en", "kk")]
    assert shown[0] == shown[3]
    assert len(set(shown)) == 3
    assert "late" not in shown[0]
    later = clock.today() + clock.days(60)
    monkeypatch.setattr(clock, "today", lambda: later)
    assert 'class="late"' in (await office.client.get("/office/rows?lang=kk")).text


async def test_what_was_written_is_forgotten(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Rows()
    monkeypatch.setattr(queue, "_rows", written)
    await entered(office, "operator@energy", Role.OPERATOR)
    await office.file()
    await office.client.get("/office/rows")
    assert len(written) == 1
    written.forget()
    monkeypatch.setattr(rows, "FORGOTTEN_AFTER_SECONDS", 0)
    assert numbers(await office.client.get("/office/rows"))
    await asyncio.sleep(0.01)
    assert not written
    monkeypatch.setattr(rows, "MOST", 2)
    for _ in range(3):
        await office.file()
    assert len(numbers(await office.client.get("/office/rows"))) == 4
    assert len(written) <= 2


async def test_what_one_body_was_shown_another_is_not(office: Office) -> None:
    await entered(office, "operator@energy", Role.OPERATOR)
    number = (await office.file()).number
    assert numbers(await office.client.get("/office/rows?view=all")) == [number]
    await entered(office, "operator@health", Role.OPERATOR)
    foreign = await office.client.get("/office/rows?view=all")
    assert numbers(foreign) == []
    assert WORDS not in foreign.text


async def test_who_is_not_in_is_shown_the_door_and_bad_places_are_refused(office: Office) -> None:
    out = await office.client.get("/office/rows?view=all")
    assert (out.status_code, out.headers["location"].split("?")[0]) == (303, "/office/sign-in")
    await entered(office, "operator@energy", Role.OPERATOR)
    for query in ("cursor=x", "topic=nothing-of-ours", "channel=%00"):
        assert (await office.client.get(f"/office/rows?{query}")).status_code == 422

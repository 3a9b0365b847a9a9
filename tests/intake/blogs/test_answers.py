"""Public questions and answers: where the author allowed it, once and while a moderator releases both."""

from typing import Any

import asyncpg
import httpx
import pytest

from app.core.db import Database, DatabaseUrls
from tests.casework.people import ANSWER, Office
from tests.intake.blogs.platform import Platform, open_platform
from tests.intake.tickets.centre import good, refused

BOTH = ["description", "answer"]
REPLY = {**ANSWER, "text": "Құрметті Үлгібек Сынақбаев! Жарық 3 желтоқсанда қосылады, тел. +7 701 000 00 01."}


@pytest.fixture
def office(platform: Platform) -> Office:
    return Office(platform.centre.db, platform.centre.client)


async def listed(platform: Platform, **asked: Any) -> list[dict[str, Any]]:
    answer = await platform.centre.client.get(
        "/api/v1/blog/answers", params=asked, headers={"accept-language": "en"}
    )
    items: list[dict[str, Any]] = good(answer)["items"]
    return items


async def released(
    office: Office, number: str, fields: list[str] = BOTH, login: str = "operator@energy", **texts: str
) -> httpx.Response:
    person = await office.person(login)
    body: dict[str, Any] = {"fields": fields, "reason": "Жеке деректер жоқ."}
    if texts:
        body["texts"] = texts
    return await office.client.post(f"/api/v1/open311/{number}/release", json=body, headers=person.headers)


async def answered(platform: Platform, office: Office, post_id: str = "4711", **changes: Any) -> str:
    number: str = (await platform.brought(post_id, **changes))["number"]
    await office.act("head@energy", number, "answer", **REPLY)
    return number


async def published(platform: Platform, office: Office, post_id: str = "4711", **changes: Any) -> str:
    number = await answered(platform, office, post_id, **changes)
    good(await released(office, number))
    return number


async def test_what_was_released_and_nothing_personal(platform: Platform, office: Office) -> None:
    text = "Мен, Үлгібек Сынақбаев, тел. 8 701 000 00 01: көшемізде жарық жоқ."
    number = await answered(platform, office, text=text)
    assert await listed(platform) == []
    good(await released(office, number, ["description"]))
    assert await listed(platform) == [], "the answer is not released"
    good(await released(office, number))
    (entry,) = await listed(platform)
    assert entry == {
        "id": entry["id"],
        "blog": {"code": "energy", "name": "Blog of the Minister of Energy"},
        "agency": {"code": "energy", "name": "Ministry of Energy"},
        "title": "Көшедегі жарық",
        "question": "Мен, …, тел. …: көшемізде жарық жоқ.",
        "answer": "Құрметті …! Жарық 3 желтоқсанда қосылады, тел. ….",
        "language": "kk",
        "answered_on": entry["answered_on"],
    }
    one = await platform.centre.client.get(
        f"/api/v1/blog/answers/{entry['id']}", headers={"accept-language": "en"}
    )
    assert good(one) == entry
    assert number not in one.text


async def test_stored_as_nobody_can_read_it(platform: Platform, office: Office) -> None:
    await published(platform, office)
    (row,) = await platform.centre.rows("SELECT question, answer, title FROM public_answer")
    assert "жарық".encode() not in b"".join(row.values())


async def test_a_moderators_own_words(platform: Platform, office: Office) -> None:
    """They are shown as they are, but for addresses and long numbers."""
    number = await answered(platform, office)
    question = "Көшеде жарық жоқ (Үлгібек С., u@example.kz)."
    good(await released(office, number, title="Жарық", question=question))
    (entry,) = await listed(platform)
    assert (entry["title"], entry["question"]) == ("Жарық", "Көшеде жарық жоқ (Үлгібек С., …).")
    good(await released(office, number, question="Көшеде жарық жоқ."))
    (again,) = await listed(platform)
    assert (again["id"], again["question"]) == (entry["id"], "Көшеде жарық жоқ.")


async def test_taken_back(platform: Platform, office: Office) -> None:
    number = await published(platform, office)
    (entry,) = await listed(platform)
    good(await released(office, number, []))
    assert await listed(platform) == []
    gone = await platform.centre.client.get(f"/api/v1/blog/answers/{entry['id']}")
    refused(gone, 404, "answer_not_found")
    assert await platform.centre.value("SELECT count(*) FROM public_answer") == 0


async def test_an_author_who_did_not_allow_it(platform: Platform, office: Office) -> None:
    for post_id, changes in (("1", {"public": False}), ("2", {"may_publish": False})):
        number = await answered(platform, office, post_id, **changes)
        refused(await released(office, number), 409, "not_listed")
    assert await listed(platform) == []


async def test_before_there_is_an_answer(platform: Platform, office: Office) -> None:
    number = (await platform.brought())["number"]
    refused(await released(office, number), 409, "nothing_to_publish")
    assert await platform.centre.value("SELECT count(*) FROM publication") == 0


async def test_an_answer_that_is_no_longer_the_answer(platform: Platform, office: Office) -> None:
    number = await published(platform, office)
    (entry,) = await listed(platform)
    await office.act("head@energy", number, "reopen", reason="Жаңа мән-жайлар.")
    assert await listed(platform) == []
    refused(await released(office, number), 409, "nothing_to_publish")
    await office.act("head@energy", number, "answer", **{**ANSWER, "text": "Жарық қосылды."})
    assert await listed(platform) == [], "nobody has looked at the new one yet"
    good(await released(office, number))
    (again,) = await listed(platform)
    assert (again["id"], again["answer"]) == (entry["id"], "Жарық қосылды.")


async def test_an_answer_goes_with_its_question(platform: Platform, office: Office) -> None:
    number = await answered(platform, office)
    assert refused(await released(office, number, ["answer"]), 422, "invalid") == {
        "fields": "answer_with_its_post"
    }


async def test_who_releases(platform: Platform, office: Office) -> None:
    number = await answered(platform, office)
    refused(await released(office, number, login="operator@health"), 404, "case_not_found")
    good(await released(office, number, login="head@energy"))


async def test_words_of_any_form_and_keyboard(platform: Platform, office: Office) -> None:
    await published(platform, office, "1", text="Мектептің коммуналдық қызметі туралы")
    await published(platform, office, "2", text="Дорога к школе разбита", title=None)
    for words, found in (
        ("коммуналдык", 1),
        ("дороги", 1),
        ("школа дорога", 1),
        ("школа коммуналдык", 0),
        ("жарықтың", 2),
        ("желтоксан", 2),
        ("сынақбаев", 0),
        ("!!", 0),
    ):
        assert len(await listed(platform, q=words)) == found, words


async def test_pages_and_filters(platform: Platform, office: Office) -> None:
    for n in range(5):
        await published(platform, office, f"e{n}", text=f"{n}-сұрақ")
    client, seen, cursor = platform.centre.client, [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        found = good(await client.get("/api/v1/blog/answers", params=params))
        seen += [item["question"] for item in found["items"]]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"{n}-сұрақ" for n in reversed(range(5))]
    assert len(await listed(platform, blog="energy", agency="energy")) == 5
    assert await listed(platform, blog="health") == []
    assert await listed(platform, agency="health") == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"blog": "enrgy"}, "blog"),
        ({"agency": "enrgy"}, "agency"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "9" * 40}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"q": "x" * 301}, "q"),
    ],
)
async def test_bad_input(client: httpx.AsyncClient, asked: dict[str, str], field: str) -> None:
    answer = await client.get("/api/v1/blog/answers", params=asked)
    assert set(refused(answer, 422, "invalid")) == {field}


async def test_parts_of_a_split_post(platform: Platform, office: Office) -> None:
    number = (await platform.brought(text="Жарық жоқ. Дәрігер де жоқ."))["number"]
    parts = [{"to": "health", "text": "Дәрігер жоқ."}]
    await office.act("operator@energy", number, "split", parts=parts)
    await office.act("head@health", f"{number}.1", "answer", **{**ANSWER, "text": "Дәрігер келеді."})
    await office.act("head@energy", number, "answer", **{**ANSWER, "text": "Жарық қосылады."})
    good(await released(office, number))
    found = {(it["agency"]["code"], it["question"], it["answer"]) for it in await listed(platform)}
    assert found == {
        ("energy", "Жарық жоқ. Дәрігер де жоқ.", "Жарық қосылады."),
        ("health", "Дәрігер жоқ.", "Дәрігер келеді."),
    }
    answer = await released(office, number, question="Екеуі туралы")
    assert refused(answer, 422, "invalid") == {"texts": "texts_of_parts"}


async def test_an_erased_text_is_erased_here_too(
    real_db: Database, real_urls: DatabaseUrls, real_client: httpx.AsyncClient
) -> None:
    """By whoever may erase: the app itself may not."""
    platform = await open_platform(real_db, real_client)
    await published(platform, Office(real_db, real_client))
    owner = await asyncpg.connect(real_urls.owner)
    try:
        await owner.execute("DELETE FROM content WHERE kind = 'appeal'")
    finally:
        await owner.close()
    assert await listed(platform) == []
    assert await platform.centre.value("SELECT count(*) FROM public_answer") == 0

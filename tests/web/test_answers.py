"""Questions and answers on the pages: searched with and without Kazakh letters, read one by one, voted for;
heads' blogs, and writing to a head."""

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from tests.casework.people import Office
from tests.intake.blogs.platform import open_platform
from tests.intake.blogs.test_answers import published
from tests.questions.faq import AIRPORT, HEATING, Faq
from tests.web.forms import begun, found, token


@pytest.fixture
def faq(db: Database, client: httpx.AsyncClient) -> Faq:
    return Faq(client, Office(db, client))


@pytest.mark.parametrize(
    ("lang", "words"), [("kk", "әуежайда"), ("kk", "ауежай"), ("ru", "аэропорт"), ("en", "baggage lost")]
)
async def test_a_search_finds_the_answer(faq: Faq, lang: Language, words: str) -> None:
    await faq.written(HEATING)
    entry = await faq.written(AIRPORT)
    page = await faq.client.get("/questions", params={"q": words, "lang": lang})
    assert page.status_code == 200
    assert f'href="/questions/{entry["id"]}"' in page.text
    assert t("public.found", lang, number=1) in page.text
    one = await faq.client.get(f"/questions/{entry['id']}")
    assert AIRPORT[lang]["answer"] in one.text


async def test_what_is_not_found_leads_to_writing(faq: Faq) -> None:
    page = await faq.client.get("/questions?q=жұлдыз&lang=kk")
    assert t("public.questions.none", "kk") in page.text
    assert 'href="/write"' in page.text
    wrong = await faq.client.get("/questions?topic=nothing&lang=kk")
    assert wrong.status_code == 422
    assert wrong.headers["content-type"].startswith("text/html")
    assert (await faq.client.get("/questions/999999")).status_code == 404


async def test_whether_it_helped_is_counted_once_asked_by_our_own_page(faq: Faq) -> None:
    entry = await faq.written(HEATING)
    at = f"/questions/{entry['id']}"
    form = token(await faq.client.get(at))
    for given, said in (("", "yes"), (form, "nothing"), (form, "yes"), (form, "no"), (form, "no")):
        done = await faq.client.post(f"{at}/helped", data={"form": given, "helped": said})
        assert done.status_code == 303
    counts = "SELECT sum(helped) * 10 + sum(not_helped) FROM faq_help WHERE entry_id = $1"
    assert await faq.value(counts, entry["id"]) == 12
    assert t("public.helped.yes", "en") in (await faq.client.get(f"{at}?said=yes&lang=en")).text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_released_answers_of_blogs(db: Database, client: httpx.AsyncClient, lang: Language) -> None:
    platform = await open_platform(db, client)
    await published(platform, Office(db, client))
    page = await client.get(f"/blog?blog=energy&q=жарық&lang={lang}")
    one = await client.get(found(r'href="(/blog/\d+)"', page))
    assert one.status_code == 200
    assert "Құрметті …!" in one.text
    assert t("public.blog.none", lang) in (await client.get(f"/blog?q=жұлдыз&lang={lang}")).text
    assert (await client.get("/blog?blog=nobody")).status_code == 422
    assert (await client.get("/blog?cursor=%00")).status_code == 422
    assert (await client.get("/blog/999999")).status_code == 404


async def test_writing_to_a_head_keeps_what_was_written(client: httpx.AsyncClient) -> None:
    form = {"form": await begun(client)}
    await client.post("/write/what", data=form | {"text": "Жарық жоқ.", "kind": "complaint"})
    gone_on = await client.post("/blog/write", data=form | {"blog": "energy"})
    assert gone_on.headers["location"] == "/write/what"
    assert "Жарық жоқ." in (await client.get("/write/what")).text
    addressee = await client.get("/write/addressee")
    assert '<option value="energy" selected>' in addressee.text
    assert (await client.post("/blog/write", data=form | {"blog": "nobody"})).status_code == 404

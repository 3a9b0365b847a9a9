"""The front door: the figures of the statistics call as a table, in three languages, without a script."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, NoReturn

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.i18n import LANGUAGES, Language, t
from app.web import front as door
from app.web.figures import share
from app.web.front import PUBLISHED

APPEAL = {"kind": "complaint", "language": "kk", "text": "Үйімізде жылу жоқ.", "addressee": "energy"}


class Page(HTMLParser):
    """What a page is made of: tags with their attributes, the cells of its table, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.words = ""
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


async def front(client: httpx.AsyncClient, query: str = "", **headers: str) -> Page:
    answer = await client.get(f"/{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


async def file(client: httpx.AsyncClient, **changed: Any) -> None:
    assert (await client.post("/api/v1/appeals", json=APPEAL | changed)).status_code == 201


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_in_each_language(client: httpx.AsyncClient, lang: Language) -> None:
    for answer in (
        await client.get("/", headers={"Accept-Language": lang}),
        await client.get(f"/?lang={lang}", headers={"Accept-Language": "de"}),
    ):
        assert answer.headers["content-language"] == lang
        assert answer.headers["vary"] == "Accept-Language, Cookie"
        page = Page(answer.text)
        assert page.all("html") == [{"lang": lang}]
        assert t("web.front.heading", lang) in page.words
        links = {link["lang"]: link for link in page.all("a") if "lang" in link}
        assert set(links) == set(LANGUAGES)
        assert [code for code, link in links.items() if link.get("aria-current")] == [lang]


async def test_without_figures_it_says_so(client: httpx.AsyncClient) -> None:
    page = await front(client)
    assert t("web.figures.empty", "en") in page.words
    assert t("web.figures.empty_now", "en") in page.words
    assert not page.all("table")
    past = await front(client, "?from=2021-01-01&to=2021-06-30")
    assert t("web.figures.empty", "en") in past.words
    assert t("web.figures.empty_now", "en") not in past.words


async def test_what_is_filed_is_there_at_once(client: httpx.AsyncClient) -> None:
    for addressee in ("energy", "energy", "health"):
        await file(client, addressee=addressee)
    page = await front(client)
    assert page.rows[1:] == [
        ["Ministry of Energy", "2", "0", "0", "0", "2", "0", "—"],
        ["Ministry of Health", "1", "0", "0", "0", "1", "0", "—"],
        ["Total", "3", "0", "0", "0", "3", "0", "—"],
    ]
    assert "3 received, 0 answered, 3 pending, 0 of them overdue." in page.words


async def test_the_figures_are_those_of_the_call(client: httpx.AsyncClient) -> None:
    await file(client)
    page = await front(client, "?lang=en")
    (url,) = [
        str(link["href"]) for link in page.all("a") if str(link["href"]).startswith("/api/v1/statistics")
    ]
    figures = (await client.get(url)).json()
    assert figures["from"] == f"{clock.today().year}-01-01"
    assert [row["agency"]["name"] for row in figures["rows"]] == [row[0] for row in page.rows[1:-1]]
    assert str(figures["total"]["received"]) == page.rows[-1][1]


async def test_of_many_bodies_the_first_are_shown_and_the_others_a_press_away(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "FIRST", 1)
    for addressee in ("energy", "energy", "health"):
        await file(client, addressee=addressee)
    page = await front(client)
    assert [row[0] for row in page.rows[1:]] == ["Ministry of Energy", "Total"]
    assert page.rows[-1][1] == "3"
    (more,) = [str(link["href"]) for link in page.all("a") if "bodies=all" in str(link["href"])]
    assert t("web.figures.all", "en", number=2) in page.words
    whole = await front(client, more.removeprefix("/").partition("#")[0])
    assert [row[0] for row in whole.rows[1:]] == ["Ministry of Energy", "Ministry of Health", "Total"]
    assert t("web.figures.all", "en", number=2) not in whole.words


async def test_a_browser_at_an_address_that_is_none_gets_a_page_and_a_program_a_problem(
    client: httpx.AsyncClient,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "kk"}
    page = await client.get("/nothing", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert t("error.not_found.title", "kk") in Page(page.text).words
    assert 'href="/write"' in page.text
    for path, headers in (("/api/v1/nothing", browser), ("/nothing", {"Accept": "*/*"})):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_overdue_is_called_late_in_words(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = datetime(2026, 1, 12, 6, tzinfo=UTC)
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: long_ago)
        await file(client)
    page = await front(client, "?from=2026-01-01&to=2026-12-31")
    assert page.rows[1][6] == "late 1"


async def test_the_table_can_be_heard(client: httpx.AsyncClient) -> None:
    await file(client)
    page = await front(client)
    heads = page.all("th")
    assert all(head["scope"] in {"col", "row"} for head in heads)
    assert page.all("caption")
    assert all(cell["data-head"] for cell in page.all("td"))
    assert len([head for head in heads if head["scope"] == "col"]) == len(page.rows[1])


async def test_another_period(client: httpx.AsyncClient) -> None:
    page = await front(client)
    published = [str(link["href"]) for link in page.all("a") if "as_of=" in str(link["href"])]
    assert published == ["/?from=2021-01-01&to=2021-06-30&as_of=2021-06-30&lang=en#figures"]
    chosen = await front(client, published[0].removeprefix("/").partition("#")[0])
    current = [
        link["href"] for link in chosen.all("a") if link.get("aria-current") == "true" and "lang" not in link
    ]
    assert current == published
    typed = {field["name"]: field.get("value") for field in chosen.all("input")}
    assert typed == {"lang": "en", "from": PUBLISHED["from"], "to": PUBLISHED["to"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday&to=2026-06-30", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-06-30&to=2026-01-01", "to"),
        ("from=1800-01-01&to=1800-12-31", "from"),
        ("to=%00", "to"),
        ("to=" + "9" * 10_000, "to"),
        ("from=2021-01-01&to=2021-06-30&as_of=1", "as_of"),
    ],
    ids=lambda value: value[:30],
)
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_wrong_day_is_said_beside_its_field(
    client: httpx.AsyncClient, query: str, field: str, lang: Language
) -> None:
    answer = await client.get(f"/?{query}&lang={lang}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    page = Page(answer.text)
    assert [found for found in page.all("p") if found.get("class") == "mistake"]
    wrong = [found["name"] for found in page.all("input") if found.get("aria-invalid")]
    assert field == "as_of" or field in wrong


async def test_what_was_typed_is_kept_and_cannot_break_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", params={"from": '"><script>alert(1)</script>', "to": "2026-06-30"})
    page = Page(answer.text)
    assert {"value": '"><script>alert(1)</script>'}.items() <= page.all("input")[1].items()
    assert not page.all("script")


async def test_when_the_database_is_away(app: FastAPI, client: httpx.AsyncClient) -> None:
    class Away:
        @asynccontextmanager
        async def read(self) -> AsyncIterator[NoReturn]:
            raise asyncpg.InterfaceError("gone")
            yield

    there, app.state.figures = app.state.figures, Away()
    try:
        answer = await client.get("/")
    finally:
        app.state.figures = there
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert t("web.figures.failed", "en") in Page(answer.text).words


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/invalid"])
async def test_nothing_from_elsewhere_and_nothing_inline(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    page = Page(answer.text)
    for tag, attributes in page.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "script" or (path == "/docs" and attributes["src"])
        address = attributes.get("src") or attributes.get("href") or "/"
        assert re.match(r"[/?#](?!/)", address), address


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/invalid"])
async def test_every_link_leads_somewhere(client: httpx.AsyncClient, path: str) -> None:
    page = Page((await client.get(path)).text)
    for _, attributes in page.tags:
        for address in filter(None, (attributes.get("href"), attributes.get("src"))):
            there = address.partition("#")[0]
            answer = await client.get(f"{path}{there}" if there.startswith("?") else there or path)
            assert answer.status_code == 200, address


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "—"), (1.0, "100.0%"), (0.9999, "99.9%"), (0.5, "50.0%"), (0.0, "0.0%"), (0.8571, "85.7%")],
)
def test_a_share_is_never_rounded_up(value: float | None, shown: str) -> None:
    assert share(value, "en") == shown


def test_a_share_as_each_language_writes_it() -> None:
    assert [share(0.99, lang) for lang in LANGUAGES] == ["99,0%", "99,0\xa0%", "99.0%"]


# The files beside the pages


async def test_a_file_is_kept_under_the_address_of_its_content(client: httpx.AsyncClient) -> None:
    page = await front(client)
    (address,) = [str(link["href"]) for link in page.all("link") if link["rel"] == "stylesheet"]
    kept = await client.get(address)
    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in kept.headers["cache-control"]
    other = await client.get("/assets/site.css?v=0123")
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")

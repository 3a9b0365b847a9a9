"""Public statistics on a page: each chart has its table, and what the call hides is hidden in both."""

import html
import re
from datetime import date

import httpx
import pytest
import time_machine

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from app.oversight.detail import published_to
from app.web import figures
from tests.oversight.desk import Desk, civil
from tests.oversight.exports.reading import csv_rows

YEAR = "from=2025-01-01&to=2025-12-31"


@pytest.fixture
async def filled(db: Database, client: httpx.AsyncClient) -> Desk:
    """Energy has nine, two of them of land; justice three."""
    desk = Desk(db, client)
    await desk.file_many("2025-10-08 10:00", 7, topic="utilities")
    await desk.file_many("2025-11-12 10:00", 2, topic="land")
    await desk.file_many("2025-11-12 10:00", 3, "justice", topic="land")
    return desk


def rows(page: httpx.Response, of: str) -> dict[str, list[str]]:
    """The cells of a table by the names of its rows."""
    section = page.text.partition(f'id="by-{of}"')[2].partition("</section>")[0]
    assert ("<svg" in section) == ("<figure" in section)
    return {
        re.findall(r"<th[^>]*>([^<]*)<", row)[0]: re.findall(r"<td[^>]*>([^<]*)<", row)
        for row in re.findall(r"<tr role=\"row\".*?</tr>", section.partition("<tbody")[2], re.DOTALL)
    }


def apart(page: httpx.Response, lang: Language) -> str:
    """The sentence that names the bodies of which nothing can be shown."""
    said = t("statistics.not_shown", lang, names="|").partition("|")[0]
    return page.text.partition(said)[2].partition("<")[0]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_by_body_channel_and_month(filled: Desk, lang: Language) -> None:
    page = await filled.client.get(f"/statistics?{YEAR}&lang={lang}")
    assert page.status_code == 200
    assert page.text.count('<svg class="chart"') == 3
    bodies = rows(page, "body")
    assert [cells[0] for cells in bodies.values()] == ["9", "3", "12"]
    assert [cells[0] for cells in rows(page, "channel").values()] == ["12"]
    received = [cells[0] for cells in rows(page, "month").values()]
    assert (len(received), received[:3]) == (12, ["0", "5", "7"]), "the newest first"
    assert t("statistics.guarded", lang)[:40] not in page.text


async def test_a_topic_is_told_as_the_call_tells_it(filled: Desk) -> None:
    page = await filled.client.get(f"/statistics?{YEAR}&topic=land&lang=en")
    assert t("statistics.guarded", "en", last=published_to(None, clock.today())) in page.text
    assert 'id="by-month"' not in page.text
    called = (await filled.client.get(f"/api/v1/statistics/agencies?{YEAR}&topic=land&lang=en")).json()
    assert any(row["received"] is None for row in called["rows"])
    shown, hidden = rows(page, "body"), apart(page, "en")
    for row in called["rows"]:
        name = row["agency"]["name"]
        if name in hidden:
            assert (row["suppressed"], row["received"], row["pending"] or 0) == (True, None, 0), name
            assert name not in shown
        else:
            assert shown[name][0] == ("—" if row["received"] is None else str(row["received"]))
    assert hidden
    section = page.text.partition("<figure")[2].partition("</figure>")[0]
    assert not any(row["agency"]["name"] in section for row in called["rows"] if row["received"] is None)


async def test_of_this_year_a_topic_is_told_as_far_as_it_is_published(filled: Desk) -> None:
    with time_machine.travel(civil("2025-12-03 10:00"), tick=False):
        page = await filled.client.get("/statistics?topic=utilities&lang=ru")
        assert rows(page, "body")["Министерство энергетики"][0] == "7"
        assert figures.days(date(2025, 1, 1), date(2025, 10, 31), "ru") in page.text
    with time_machine.travel(civil("2025-11-20 10:00"), tick=False):
        page = await filled.client.get("/statistics?topic=utilities&lang=ru")
        assert "Министерство энергетики" in apart(page, "ru"), "not published yet, and not nothing"
        assert t("web.figures.empty", "ru") not in page.text
        assert t("detail.not_yet", "ru", last=date(2025, 9, 30)) in page.text
    both = await filled.client.get(f"/statistics?{YEAR}&topic=land&channel=blog&lang=kk")
    assert t("detail.alone", "kk") not in both.text, "there is nothing by that channel at all"
    both = await filled.client.get(f"/statistics?{YEAR}&topic=land&channel=reception_room&lang=kk")
    assert t("detail.alone", "kk") in both.text


async def test_nothing_and_wrong(filled: Desk) -> None:
    client = filled.client
    empty = await client.get("/statistics?from=2024-01-01&to=2024-12-31&lang=ru")
    assert t("web.figures.empty", "ru") in empty.text
    for query in ("from=x", "agency=nobody", f"{YEAR}&topic=nobody", "from=2025-01-02&topic=land", "to=%00"):
        page = await client.get(f"/statistics?{query}")
        assert page.status_code == 422
        assert 'class="summary"' in page.text
    usual = await client.get("/statistics?lang=en")
    assert f"{clock.today().year}-01-01" in usual.text
    long = await client.get("/statistics?from=2010-01-01&to=2025-12-31")
    assert long.status_code == 422


async def test_each_table_is_a_file_too(filled: Desk) -> None:
    """Hidden where the table hides, and in the page's language."""
    page = await filled.client.get(f"/statistics?{YEAR}&topic=land&lang=ru")
    links = re.findall(r'href="(/api/v1/statistics/[^"]*[.]csv[^"]*)"', page.text)
    (link,) = links
    there = csv_rows((await filled.client.get(html.unescape(link))).content)
    shown = {name: cells[0] for name, cells in rows(page, "body").items()}
    hidden = {row["agency_name"] for row in there if row["agency_name"] in apart(page, "ru")}
    every = {row["agency_name"]: row["received"] or "—" for row in there}
    assert every.pop(t("web.figures.total", "ru")) == "—"
    assert every == shown | dict.fromkeys(hidden, "—")
    assert hidden
    whole = await filled.client.get(f"/statistics?{YEAR}")
    for link in re.findall(r'href="(/api/v1/statistics/[^"]*[.](?:csv|xlsx)[^"]*)"', whole.text):
        assert (await filled.client.get(html.unescape(link))).status_code == 200

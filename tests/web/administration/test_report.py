"""The quarterly report: the calls' figures beside two other quarters, for the country or for one's own."""

import re
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.staff.permissions import Role
from app.web.administration.table import written
from tests.casework.people import make_person
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import everything, get
from tests.web.administration.room import entered

PAGE = "/office/administration/report"
QUARTER: dict[str, str] = {"from": "2025-10-01", "to": "2025-12-31", "compare": "both"}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(html: str, section: str) -> list[list[str]]:
    """The cells of a section's table, as words."""
    table = html.split(f'aria-labelledby="{section}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [
        [words(cell) for cell in re.split(r"<t[hd][ >]", f"<{row}")[1:]] for row in table.split("<tr")[1:]
    ]


def first(cell: str) -> str:
    return cell.split(">", 1)[-1].split()[0]


async def seeded(desk: Desk) -> None:
    await everything(desk)
    await desk.file_many("2025-08-05 10:00", 2, "health")
    await desk.file("2024-11-05 10:00", "health")


async def test_the_figures_are_those_of_the_calls(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await seeded(desk)
    controller = await make_person(db, "one@administration", Role.CONTROLLER, "Бақылаушы")
    answer: Any = await get(client, controller, "agencies", **QUARTER)
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{PAGE}?quarter=2025-4&lang=en")
    total = answer["total"]
    facts = {first(row[0]): row for row in rows(page, "facts")}
    for name, code in (("Received", "received"), ("Pending", "pending"), ("Overdue", "overdue")):
        row = facts[name]
        wanted = [total, total["before"], total["year"]]
        assert [first(row[place]) for place in (1, 2, 4)] == [
            str(side["figures"][code]["value"]) for side in wanted
        ], name
    came = total["figures"]["received"]["value"]
    assert f"Cases received: {came}" in words(page)
    step = came - total["before"]["figures"]["received"]["value"]
    assert first(facts["Received"][3]) == f"+{step}"
    bodies = {row[0]: row for row in rows(page, "bodies")}
    assert any("Total" in name for name in bodies)
    assert "<title>" in page.split('class="chart"')[1]
    for code, title in (("topics", "by-topic"), ("regions", "by-region")):
        parts: Any = await get(client, controller, code, **QUARTER)
        assert [first(row[1]) for row in rows(page, title)] == [
            str(row["all"]["figures"]["received"]["value"]) for row in parts["rows"]
        ]


async def test_a_figure_opens_its_cases_and_small_ones_are_marked(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await seeded(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    links = await browser.links(f"{PAGE}?quarter=2025-4&lang=en")
    cases = [(said, url) for said, url in links if "/cases?" in url and "figure=received" in url]
    assert len(cases) > 5
    for said, url in cases[:4]:
        listed = await browser.get(url)
        assert listed.count('<th scope="row"') == int(said)
    page = await browser.get(f"{PAGE}?quarter=2025-4")
    share = next(row for row in rows(page, "facts") if "%" in row[1])
    assert "*" in share[1]


async def test_a_head_has_the_own_bodies(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await seeded(desk)
    browser = await entered(client, db, Role.HEAD, "akimat-turkistan")
    page = await browser.get(f"{PAGE}?quarter=2025-Q4&lang=en")
    names = [words(row[0]) for row in rows(page, "bodies")]
    assert len(names) == 2, "the body, and the department under it"
    assert "The whole country" not in page
    await browser.get(f"{PAGE}?quarter=2025-4&agency=energy", 404)
    await browser.get(f"{PAGE}?quarter=2025-4&agency=turkistan-health-department")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_of_a_quarter_without_anything(db: Database, client: httpx.AsyncClient, lang: Language) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{PAGE}?quarter=2008-1&lang={lang}")
    assert 'class="state"' in page
    assert "<table" not in page
    assert 'aria-current="true"' in await browser.get(PAGE), "the last quarter that is over"


def test_an_average_has_one_decimal_in_each_language() -> None:
    said = {
        lang: (written("rating_average", 13 / 3, lang), written("rating_average", 4, lang))
        for lang in LANGUAGES
    }
    assert said == {"kk": ("4,3", "4,0"), "ru": ("4,3", "4,0"), "en": ("4.3", "4.0")}


async def test_what_was_not_counted_is_no_zero(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await desk.file_many("2025-10-01 10:00", 3)
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{PAGE}?quarter=2025-4&lang=en")
    received = next(row for row in rows(page, "facts") if first(row[0]) == "Received")
    assert [first(cell) for cell in received[1:]] == ["3", "—", "—", "—", "—"]


@pytest.mark.parametrize("bad", ["quarter=2025", "quarter=2025-5", "quarter=9999-1", "agency=nobody"])
async def test_what_is_wrong_is_said(db: Database, client: httpx.AsyncClient, bad: str) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    assert 'class="summary"' in await browser.get(f"{PAGE}?{bad}", 422)
    ahead = f"quarter={clock.today().year + 1}-4"
    assert 'class="summary"' in await browser.get(f"{PAGE}?{ahead}", 422)

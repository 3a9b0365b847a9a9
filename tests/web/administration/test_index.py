"""The page of the index: what it shows is what the call says, and each figure leads to its cases."""

import re

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.oversight.index.closing import close_now
from app.staff.permissions import Role
from tests.oversight.desk import Desk
from tests.oversight.index.quarter import PERIOD, lived
from tests.oversight.index.test_closing import later
from tests.web.administration.room import Browser, entered

ROOM = "/office/administration"
PAGE = f"{ROOM}/index"
TAGS = re.compile(r"<[^>]+>")


def lines(html: str) -> list[str]:
    """The rows of its tables, as one reads them."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [" ".join(TAGS.sub(" ", row).split()) for row in rows]


async def test_the_controller_sees_who_stands_where(
    desk: Desk, db: Database, client: httpx.AsyncClient
) -> None:
    await lived(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    assert f'href="{PAGE}"' in await browser.get(f"{ROOM}?lang=en")
    page = await browser.get(f"{PAGE}?period={PERIOD}&lang=en")
    assert "Quarter 1 of 2026: first is Ministry of" in page
    assert "(100 of 100), last Ministry of Energy (65.7), of 3 bodies with 30 to 299 cases." in page
    assert "The period is over and is closed as soon as" in page
    shown = lines(page)
    (energy,) = [row for row in shown if row.startswith("Ministry of Energy")]
    assert energy == "Ministry of Energy 3 of 3 65.7 40 16.7 100 100 100 100 100 —"
    assert "Ministry of Justice 5" in shown
    assert "Too few cases for a rank" in page
    (first,) = [row for row in shown if row.startswith("Answered in time How many")]
    assert first.endswith("35.0% 70.0% 100.0%")


async def test_a_body_with_its_components_and_their_cases(
    desk: Desk, db: Database, client: httpx.AsyncClient
) -> None:
    await lived(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    page = f"{PAGE}/energy?period={PERIOD}&lang=en"
    assert "Quarter 1 of 2026: rank 3 of 3, 65.7 of 100." in await browser.get(page)
    found = dict(await browser.links(page))
    for words, count in (("Answered: 36", 36), ("− Answered late: 6", 6), ("Overdue: 4", 4)):
        cases = await browser.get(found[words])
        assert len(re.findall(r'href="/office/cases/[A-Z]', cases)) == count
    (row,) = [row for row in lines(await browser.get(page)) if "75.0%" in row]
    assert row.endswith("75.0% 16.7 41.1% instead of 35.0% 6.9")
    assert "Left out: only 0, at least 30 are needed" in await browser.get(page)
    assert "Overdue: 4" in found
    assert "Reopened: 0" not in found, "there is nothing to open"
    justice = await browser.get(f"{PAGE}/justice?period={PERIOD}&lang=en")
    assert "5 cases came in the period; with fewer than 30 there is no rank." in justice
    await browser.get(f"{PAGE}/nobody?period={PERIOD}", 404)


async def test_a_closed_period_and_what_today_would_give(
    desk: Desk, db: Database, client: httpx.AsyncClient
) -> None:
    await lived(desk)
    await close_now(db, PERIOD)
    await later(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{PAGE}?period={PERIOD}&lang=en")
    assert "kept as it was then" in page
    assert "Would be now" not in page
    beside = dict(await browser.links(f"{PAGE}?period={PERIOD}&lang=en"))["Compare with today's figures"]
    (row,) = [row for row in lines(await browser.get(beside)) if row.startswith("Ministry of Energy")]
    assert re.search(r"^Ministry of Energy 3 of 3 65\.7 6\d\.\d −\d", row)
    one = lines(await browser.get(f"{PAGE}/energy?period={PERIOD}&beside=now&lang=en"))
    assert "Received 40 48 8" in one


async def test_a_head_sees_the_own_rank(desk: Desk, db: Database, client: httpx.AsyncClient) -> None:
    await lived(desk)
    browser = await entered(client, db, Role.HEAD, "ecology")
    page = await browser.get(f"{PAGE}?period={PERIOD}&lang=en")
    assert "rank 1 of 3, 100 of 100" in page
    assert "Ministry of Energy" not in page
    await browser.get(f"{PAGE}/energy?period={PERIOD}", 404)


async def test_who_does_not_come_in(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.ADMIN)
    await browser.get(PAGE, 403)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_form_of_it_in_each_language(
    desk: Desk, db: Database, client: httpx.AsyncClient, lang: Language
) -> None:
    await lived(desk)
    await close_now(db, PERIOD)
    browser: Browser = await entered(client, db, Role.CONTROLLER)
    for asked in (f"period={PERIOD}", f"period={PERIOD}&beside=now", "period=2026-04", "period=2025-Q1", ""):
        shown = await browser.get(f"{PAGE}?{asked}&lang={lang}")
        assert f'<html lang="{lang}">' in shown
        assert "administration." not in TAGS.sub(" ", shown)
    await browser.get(f"{PAGE}/energy?from=2026-01-01&to=2026-02-28&lang={lang}")
    refused = await browser.get(f"{PAGE}?period=soon&lang={lang}", 422)
    assert "2026-Q3" in refused

"""Weeks, topics and regions: every number opens exactly its cases."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.core.db import Database
from app.staff.permissions import Role
from tests.casework.people import make_person
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import everything, get
from tests.web.administration.room import Asked, entered
from tests.web.administration.test_overview import QUARTER, rows

PAGE = "/office/administration/trends"


async def test_every_number_opens_its_cases(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    for asked in (QUARTER, f"{QUARTER}&topic=health"):
        links = [(words, url) for words, url in await browser.links(f"{PAGE}?{asked}") if "/cases?" in url]
        assert len({parse_qs(urlsplit(url).query)["from"][0] for _, url in links}) > 4
        for words, url in links:
            if words.isdigit():
                assert len(rows(await browser.get(url))) == int(words), url


async def test_in_a_few_queries(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    asked = Asked(db)
    await browser.get(f"{PAGE}?{QUARTER}")
    # Who asks, the weeks, and for topics and for regions counts and days to answer.
    assert len(await asked.since()) == 6


async def test_regions_add_up(db: Database, desk: Desk) -> None:
    await everything(desk)
    controller = await make_person(db, "controller@administration", Role.CONTROLLER, "Бақылаушы")
    period = {"from": "2025-10-01", "to": "2025-12-31", "compare": "before"}
    regions = await get(desk.client, controller, "regions", **period)
    whole = await get(desk.client, controller, "agencies", **period)
    for code in ("received", "answered", "overdue"):
        told = sum(row["all"]["figures"][code]["value"] for row in regions["rows"])
        assert told == whole["total"]["figures"][code]["value"]
    assert None in [row["region"] for row in regions["rows"]]


@pytest.mark.parametrize("bad", ["from=x", "to=1999-01-01", "region=KZ-99", "channel=pigeon"])
async def test_what_is_wrong_is_said(db: Database, client: httpx.AsyncClient, bad: str) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    assert 'class="summary"' in await browser.get(f"{PAGE}?{bad}", status=422)

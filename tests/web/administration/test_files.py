"""The files of each page of the room: by a plain link, with the room's cookie, of what the page shows."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.staff.permissions import Role
from tests.oversight.desk import Desk
from tests.oversight.exports.reading import csv_rows, workbook
from tests.oversight.test_compliance import everything
from tests.web.administration.room import Browser, entered
from tests.web.administration.test_overview import QUARTER, rows

ROOM = "/office/administration"


async def files(browser: Browser, page: str) -> dict[str, bytes]:
    """The content of each file that the page links to, by the last step of its address."""
    found = {}
    for words, url in await browser.links(page):
        if url.startswith(f"{ROOM}/files/"):
            answer = await browser.client.get(url)
            assert answer.status_code == 200, (url, answer.text)
            name = urlsplit(url).path.rsplit("/", 1)[1]
            assert words.startswith(name.rsplit(".", 1)[1].upper())
            assert answer.headers["content-disposition"].endswith(f'.{name.rsplit(".", 1)[1]}"')
            found[name] = answer.content
    return found


async def test_each_page_has_what_it_shows_as_files(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await everything(desk)
    await desk.file_many(f"{clock.today()} 08:00", 3, "energy")
    browser = await entered(client, db, Role.CONTROLLER)
    pages = {
        f"{ROOM}?{QUARTER}&sort=name&open=all": {"agencies"},
        f"{ROOM}/trends?{QUARTER}&topic=health": {"weeks", "topics", "regions"},
        f"{ROOM}/cases?figure=received&from=2025-10-01&to=2025-12-31": {"cases"},
        f"{ROOM}/signs?{QUARTER}": {"signs"},
        f"{ROOM}/forecast": {"forecast"},
        f"{ROOM}/forecast?agency=energy": {"forecast", "forecast-cases"},
    }
    for page, names in pages.items():
        found = await files(browser, page)
        assert found.keys() == {f"{name}.{form}" for name in names for form in ("csv", "xlsx")}, page
        for name, content in found.items():
            if name.endswith("csv"):
                csv_rows(content)
            else:
                assert len(workbook(content).sheetnames) == 2


async def test_a_file_has_exactly_what_the_page_shows(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    page = f"{ROOM}/cases?figure=received&from=2025-10-01&to=2025-12-31&agency=health&limit=1000"
    there = csv_rows((await files(browser, page))["cases.csv"])
    assert len(there) == len(rows(await browser.get(page))) > 5
    agencies = csv_rows((await files(browser, f"{ROOM}?{QUARTER}&topic=health"))["agencies.csv"])
    (total,) = [row for row in agencies if row["scope"] == "total"]
    links = await browser.links(f"{ROOM}?{QUARTER}&topic=health")
    received = [
        words
        for words, url in links
        if "/cases?" in url
        and parse_qs(urlsplit(url).query).get("figure") == ["received"]
        and "agency" not in parse_qs(urlsplit(url).query)
    ]
    assert received == [total["received"]]
    assert total["received_before"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("files/nothing.csv", 404),
        ("files/agencies.pdf", 404),
        ("files/agencies.csv?from=x", 422),
        ("files/cases.xlsx?figure=rating_average", 422),
        ("files/control.csv", 403),
        ("files/agencies.csv?agency=energy", 404),
    ],
)
async def test_what_is_wrong_is_a_page(
    db: Database, client: httpx.AsyncClient, address: str, status: int
) -> None:
    browser = await entered(client, db, Role.HEAD, "health")
    assert "<h1" in await browser.get(f"{ROOM}/{address}", status)


async def test_who_is_not_signed_in_comes_to_the_door(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{ROOM}/files/agencies.csv?from=2025-10-01")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/office/sign-in?next=")

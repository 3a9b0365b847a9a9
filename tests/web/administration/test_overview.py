"""The table of bodies: the call's own figures, each a link to its cases, in a few queries for all rows."""

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.directory import snapshot
from app.staff.permissions import Role
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import everything
from tests.web.administration.room import Asked, entered

ROOM = "/office/administration"
QUARTER = "from=2025-10-01&to=2025-12-31"


def rows(html: str) -> list[str]:
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("<tr")[1:]]


async def test_where_one_lands_follows_the_role(db: Database, client: httpx.AsyncClient) -> None:
    await entered(client, db, Role.CONTROLLER)
    answer = await client.get("/office/sign-in?lang=en")
    token = answer.text.split('name="form" value="')[1].split('"')[0]
    sign_in = {"form": token, "login": "controller@administration", "password": "a long password for tests"}
    assert (await client.post("/office/sign-in", data=sign_in)).headers["location"] == ROOM
    wanted = {**sign_in, "next": "/office/cases/JT-2026-00000001"}
    there = (await client.post("/office/sign-in", data=wanted)).headers["location"]
    assert there == "/office/cases/JT-2026-00000001"


async def test_every_figure_opens_as_many_cases_as_it_says(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    links = await browser.links(f"{ROOM}?{QUARTER}&open=all")
    figures = [(words, url) for words, url in links if url.startswith(f"{ROOM}/cases?")]
    assert len(figures) > 20
    for words, url in figures:
        figure = parse_qs(urlsplit(url).query)["figure"][0]
        if figure in {"judged", "answered"} and not words.isdigit():
            continue
        cases = await browser.get(url)
        if figure in {"received", "pending", "overdue", "complaints_upheld"}:
            assert len(rows(cases)) == int(words), url
            assert f"Cases: {words}<" in cases


async def test_sorted_filtered_and_opened_by_address(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    closed = rows(await browser.get(f"{ROOM}?{QUARTER}&sort=name"))
    names = [row.partition(" Bodies under it")[0] for row in closed]
    assert names == sorted(names)
    assert not any("Health Department" in row for row in closed)
    opened = rows(await browser.get(f"{ROOM}?{QUARTER}&sort=name&open=akimat-turkistan"))
    assert any("ealth" in row and "epartment" in row for row in opened)
    assert any(row.startswith('class="depth-1 own"> The body itself') for row in opened)
    falling = await browser.get(f"{ROOM}?{QUARTER}&sort=-received")
    assert 'aria-sort="descending"' in falling
    one = rows(await browser.get(f"{ROOM}?{QUARTER}&agency=akimat-turkistan"))
    assert len(one) >= 3
    assert "akimat" in one[0].lower() or "Turkistan" in one[0]
    none = await browser.get(f"{ROOM}?{QUARTER}&topic=tax&channel=blog")
    assert "Nothing is counted" in none


async def test_in_a_few_queries_however_many_bodies(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    await desk.file("2025-10-01 10:00", "health")
    asked = Asked(db)
    await browser.get(f"{ROOM}?{QUARTER}&open=all")
    with_one = await asked.since()
    for agency in snapshot.current().agencies(date(2025, 10, 1))[:60]:
        await desk.file("2025-10-01 10:00", agency.code)
    await asked.since()
    assert len(rows(await browser.get(f"{ROOM}?{QUARTER}&open=all"))) > 50
    # Who asks; counts, and days to answer, of the period and the one before together; the weeks.
    assert len(await asked.since()) == len(with_one) == 4


async def test_a_head_sees_the_own_bodies(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.HEAD, "health")
    shown = rows(await browser.get(f"{ROOM}?{QUARTER}"))
    assert len(shown) == 1
    await browser.get(f"{ROOM}/cases?figure=received&agency=energy", status=404)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_others_have_no_business_here(db: Database, client: httpx.AsyncClient, role: Role) -> None:
    browser = await entered(client, db, role, "health")
    for page in ("", "/cases?figure=received"):
        await browser.get(f"{ROOM}{page}", status=403)


async def test_who_is_not_signed_in_comes_to_the_door(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{ROOM}?{QUARTER}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/office/sign-in?next=/office/administration")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "bad",
    [
        "from=yesterday",
        "from=2026-01-02&to=2026-01-01",
        "topic=cats",
        "agency=nobody",
        "region=%00",
        "from=2025-01-01&from=2025-01-02",
        "by=planet",
    ],
    ids=ascii,
)
async def test_what_is_wrong_is_said_on_the_page(
    db: Database, client: httpx.AsyncClient, bad: str, lang: Language
) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{ROOM}?{bad}&lang={lang}", status=422)
    assert 'class="summary"' in page
    await browser.get(f"{ROOM}/cases?{bad}", status=422)


async def test_a_page_of_cases_leads_to_the_next(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await desk.file_many("2025-10-01 10:00", 60, "health")
    browser = await entered(client, db, Role.CONTROLLER)
    first = await browser.links(f"{ROOM}/cases?figure=received&{QUARTER}&agency=health")
    (more,) = [url for words, url in first if words == "More"]
    last = await browser.get(more)
    assert len(rows(last)) == 10
    assert 'rel="next"' not in last


async def test_what_grows_week_after_week_is_told_first(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    for day in ("2025-10-01", "2025-10-08", "2025-10-15"):
        await desk.file(f"{day} 10:00", "health")
    browser = await entered(client, db, Role.CONTROLLER)
    page = await browser.get(f"{ROOM}?from=2025-10-01&to=2025-11-08")
    assert "growing: 3 wk" in page
    assert "more overdue every week, for 3 weeks" in page
    assert "few cases" in page
    assert "There are too few cases in this period to compare bodies." in page

"""Control, quality, forecast, signs, rises and issues: what the pages do is what the calls then say."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.staff.permissions import Role
from tests.casework.people import make_person
from tests.oversight.desk import Desk
from tests.oversight.exports.reading import csv_rows
from tests.oversight.test_compliance import everything
from tests.web.administration.room import Browser, Links, entered

ROOM = "/office/administration"
PAGES = ("trends", "forecast", "rises", "issues", "signs", "signs/ratings", "control", "quality")


async def said(client: httpx.AsyncClient, db: Database, path: str) -> Any:
    person = await make_person(db, "another@administration", Role.CONTROLLER, "Бақылаушы")
    answer = await client.get(f"/api/v1/{path}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_in_each_language(
    db: Database, desk: Desk, client: httpx.AsyncClient, lang: Language
) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    for page in PAGES:
        shown = await browser.get(f"{ROOM}/{page}?lang={lang}")
        assert f'<html lang="{lang}">' in shown
    for page in PAGES[:-1]:  # the last one asks for nothing
        refused = await browser.get(f"{ROOM}/{page}?from=x&to=y&cursor=%ff&agency=nobody&open=maybe", 422)
        assert "summary" in refused or "error" in refused


@pytest.mark.parametrize("page", ["control", "quality"])
async def test_what_is_the_controllers_alone(db: Database, client: httpx.AsyncClient, page: str) -> None:
    browser = await entered(client, db, Role.HEAD, "health")
    assert f"{ROOM}/{page}" not in await browser.get(ROOM)
    await browser.get(f"{ROOM}/{page}", 403)
    await browser.get(f"{ROOM}/forecast")


async def test_an_order_of_control_is_given_and_ended(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    today = clock.today()
    order = {
        "topic": "utilities",
        "region": "KZ-61",
        "from": today.isoformat(),
        "until": (today + timedelta(days=30)).isoformat(),
        "reason": "Жылу маусымы.",
    }
    await browser.get(f"{ROOM}/control")
    wrong = await browser.post(f"{ROOM}/control/orders", 422, **(order | {"reason": " ", "topic": "cats"}))
    assert 'href="#order-topic"' in wrong.text or 'href="#order-reason"' in wrong.text
    assert "<details" in wrong.text
    assert f'value="{order["until"]}"' in wrong.text, "what was typed is kept"
    assert (await said(client, db, "control/orders"))["items"] == []
    await browser.post(f"{ROOM}/control/orders", **order)
    (given,) = (await said(client, db, "control/orders"))["items"]
    assert (given["topic"], given["region"], given["reason"]) == ("utilities", "KZ-61", "Жылу маусымы.")
    assert given["given_by"]["login"] == "controller@administration"
    assert "Жылу маусымы." in await browser.get(f"{ROOM}/control?done=order")
    await browser.post(f"{ROOM}/control/orders/{given['id']}/end")
    (ended,) = (await said(client, db, "control/orders"))["items"]
    assert ended["ended_by"]["login"] == "controller@administration"
    await browser.post(f"{ROOM}/control/orders/999999/end", 404)


async def test_a_form_without_its_token_changes_nothing(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.CONTROLLER)
    browser.token = "0" * 40
    order = {"topic": "land", "from": clock.today().isoformat(), "reason": "Себебі."}
    await browser.post(f"{ROOM}/control/orders", 422, **order)
    await browser.post(f"{ROOM}/quality", 422)
    await browser.post(f"{ROOM}/issues", 422)
    assert (await said(client, db, "control/orders"))["items"] == []


async def test_one_case_under_control(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    appeal = await desk.file("2025-10-01 10:00", "health")
    browser = await entered(client, db, Role.CONTROLLER)
    listed = await browser.links(f"{ROOM}/cases?figure=received&from=2025-10-01&to=2025-10-31")
    (case,) = [url for words, url in listed if url.startswith("/office/cases/")]
    page = await browser.get(case)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    await browser.post(f"{case}/control", 303, version=version[1], on="yes", reason="Парламентте сұралды.")
    (watched,) = (await said(client, db, "control/cases"))["items"]
    assert watched["control"]["reason"] == "Парламентте сұралды."
    assert str(appeal)[-4:] in watched["number"].replace("-", "")
    assert "Парламентте сұралды." in await browser.get(f"{ROOM}/control")


async def test_a_sample_is_drawn_and_judged_by_two(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    one, two = await desk.file_many("2025-10-01 10:00", 2, "health")
    await desk.answer("2025-10-10 10:00", one, two)
    browser = await entered(client, db, Role.CONTROLLER)
    await browser.get(f"{ROOM}/quality")
    asked = {"from": "2025-10-01", "to": "2025-10-31", "per_agency": "5", "seed": "лото 7 13 21"}
    bad = await browser.post(f"{ROOM}/quality", 422, **(asked | {"per_agency": "many"}))
    assert 'id="draw-per_agency-wrong"' in bad.text
    sample = (await browser.post(f"{ROOM}/quality", **asked)).headers["location"]
    lots = [url for _, url in await browser.links(sample) if "/answers/" in url]
    assert len(lots) == 2
    page = await browser.get(lots[0])
    criteria = sorted(set(re.findall(r'name="(marks\.[a-z_]+)"', page)))
    assert len(criteria) > 3
    part = await browser.post(lots[0], 422, **{criteria[0]: "yes"})
    assert "checked" in part.text, "what was marked is kept"
    await judged(browser, lots[0], criteria, "yes")
    assert '<form class="form"' not in await browser.get(lots[0])
    client.cookies.clear()
    second = await entered_as(client, db, "second.judge@administration")
    await judged(second, lots[0], criteria, "no")
    agreed = await second.get(sample)
    assert "Judged by both: 1 of 2." in agreed
    (csv,) = [url for words, url in Links(agreed).found if words.startswith("CSV")]
    lines = csv_rows((await client.get(csv)).content)
    assert {line["criterion"] for line in lines} == {name.removeprefix("marks.") for name in criteria}
    assert {(line["pairs"], line["agreed"], line["met"]) for line in lines} == {("1", "0", "0.5")}
    assert (await client.get(csv.replace("id=", "id=9"))).status_code == 404
    both = await second.get(lots[0])
    assert both.count("Verdict of") == 2


async def judged(browser: Browser, lot: str, criteria: list[str], mark: str) -> None:
    await browser.get(lot)
    await browser.post(lot, **dict.fromkeys(criteria, mark), note="Көрдім.")


async def entered_as(client: httpx.AsyncClient, db: Database, login: str) -> Browser:
    return await entered(client, db, Role.CONTROLLER, login=login)


async def test_an_issue_is_opened_seen_to_and_closed(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await desk.file_many("2025-10-01 10:00", 3, "health", topic="health", region="KZ-61")
    await make_person(db, "owner@health", Role.OPERATOR, "Маман")
    browser = await entered(client, db, Role.CONTROLLER)
    await browser.get(f"{ROOM}/issues")
    due = (clock.today() + timedelta(days=20)).isoformat()
    issue = {"topic": "health", "owner": "owner@health", "instruction": "Кезекті қысқарту.", "due_on": due}
    wrong = await browser.post(f"{ROOM}/issues", 422, **(issue | {"owner": "nobody@health"}))
    assert "Кезекті қысқарту." in wrong.text
    assert 'id="issue-owner-wrong"' in wrong.text
    there = (await browser.post(f"{ROOM}/issues", **issue)).headers["location"].partition("?")[0]
    page = await browser.get(there)
    assert "Кезекті қысқарту." in page
    assert 'class="chart"' in page
    await browser.post(f"{there}/done", 422, word=" ")
    await browser.post(f"{there}/done", word="Екі дәрігер қосылды.")
    assert "Екі дәрігер қосылды." in await browser.get(there)
    await browser.post(f"{there}/send-back", word="Тағы қараңыз.")
    await browser.post(f"{there}/close", word="Жетеді.")
    id_ = there.rpartition("/")[2]
    assert (await said(client, db, f"oversight/issues/{id_}"))["state"] == "closed"
    again = await browser.post(f"{there}/done", 422, word="Кеш.")
    assert "summary" in again.text
    assert "Кеш." in again.text, "the form is gone, what was typed is not"
    await browser.get(f"{there}/cases?from=2025-10-01&to=2025-10-02")
    await browser.get(f"{ROOM}/issues/424242", 404)


async def test_an_operator_sees_to_an_issue_that_is_theirs(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    await desk.file_many("2025-10-01 10:00", 2, "health", topic="health", region="KZ-61")
    owner = await entered(client, db, Role.OPERATOR, "health")
    kept = dict(client.cookies.items())
    client.cookies.clear()
    controller = await entered(client, db, Role.CONTROLLER)
    await controller.get(f"{ROOM}/issues")
    due = (clock.today() + timedelta(days=20)).isoformat()
    issue = {"topic": "health", "owner": "operator@health", "instruction": "Кезекті қысқарту."}
    there = (
        (await controller.post(f"{ROOM}/issues", **issue, due_on=due)).headers["location"].partition("?")[0]
    )
    other = issue | {"topic": "tax", "owner": "controller@administration"}
    others = (
        (await controller.post(f"{ROOM}/issues", **other, due_on=due)).headers["location"].partition("?")[0]
    )
    client.cookies.clear()
    client.cookies.update(kept)
    links = dict(await owner.links("/office?lang=en"))
    page = await owner.get(links["My systemic issues"])
    assert f'href="{there}"' in page
    assert f'href="{others}"' not in page
    assert "<form" not in page.partition("<main")[2], "nothing to open, nothing to export"
    await owner.get(others, 404)
    assert "ЖТ-" in await owner.get(f"{there}/cases?from=2025-10-01&to=2025-10-02")
    await owner.get(there)
    await owner.post(f"{there}/done", word="Екі дәрігер қосылды.")
    await owner.get(ROOM, 403)


async def test_who_will_be_late_is_named(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    at = (clock.now() - timedelta(days=4)).astimezone(clock.ZONE).strftime("%Y-%m-%d 10:00")
    await desk.file_many(at, 3, "health")
    browser = await entered(client, db, Role.CONTROLLER)
    links = await browser.links(f"{ROOM}/forecast")
    (body,) = [url for _, url in links if "agency=health" in url]
    cases = [url for _, url in await browser.links(body) if url.startswith("/office/cases/")]
    assert len(cases) == 3, "nothing was ever closed: at this pace never"


async def test_a_sign_opens_its_list(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    await everything(desk)
    browser = await entered(client, db, Role.CONTROLLER)
    quarter = "from=2025-10-01&to=2025-12-31"
    links = await browser.links(f"{ROOM}/signs?{quarter}")
    lists = [(words, url) for words, url in links if "/signs/" in url]
    assert lists
    for words, url in lists:
        cases = [there for _, there in await browser.links(url) if there.startswith("/office/cases/")]
        assert len(cases) == int(words)
    await browser.get(f"{ROOM}/signs/nonsense", 404)

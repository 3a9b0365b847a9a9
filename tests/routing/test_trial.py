"""A dry run of who answers: the last days' appeals, routed with the change and without, nothing written."""

from datetime import timedelta

import httpx

from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.staff.permissions import Role
from tests.web.administration.room import Browser, entered, version
from tests.web.administration.test_reference_data import PAGE


async def filed(client: httpx.AsyncClient, **said: str) -> str:
    body = {"kind": "statement", "language": "kk", "text": "Су жоқ."} | said
    answer = await client.post("/api/v1/appeals", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def row(browser: Browser, page: str, **said: str) -> str:
    return (await browser.post(page, 200, **said)).text


async def test_only_what_goes_by_the_changed_rule_would_move(db: Database, client: httpx.AsyncClient) -> None:
    here = await filed(client, topic="utilities", region="KZ-61")
    await filed(client, topic="utilities", region="KZ-47")
    await filed(client, topic="utilities", region="KZ-61", addressee="health")
    await filed(client, topic="tax", region="KZ-61")
    number = here.replace("JT", "ЖТ").replace("ZT", "ЗТ")
    browser = await entered(client, db, Role.ADMIN)
    day = clock.today() + timedelta(days=3)
    topic = f"{PAGE}/topic/utilities"
    said = {"region": "KZ-61", "agency": "energy", "from": day.isoformat()}
    said["version"] = version(await browser.get(f"{topic}?lang=en"))
    before = snapshot.current().version
    page = await row(browser, f"{topic}/competence/preview", **said)
    assert "(3), 1 would have gone" in page
    assert number in page
    assert page.count("→ Ministry of Energy") == 1
    assert snapshot.current().version == before
    assert 'value="energy" selected' in page, "what was typed stays, to be saved"
    assert '<details class="act" open>' in page
    bad = await browser.post(f"{topic}/competence/preview", 422, **(said | {"agency": "sandbox"}))
    assert 'id="competence-agency-wrong"' in bad.text
    await browser.post(f"{topic}/competence/preview", 422, **(said | {"version": "older"}))


async def test_a_body_that_ends_hands_on_what_names_it_too(db: Database, client: httpx.AsyncClient) -> None:
    await filed(client, addressee="energy")
    await filed(client, topic="health")
    browser = await entered(client, db, Role.ADMIN)
    page = f"{PAGE}/agency/energy"
    said = {"last_day": (clock.today() + timedelta(days=9)).isoformat(), "successor": "digital"}
    said["version"] = version(await browser.get(f"{page}?lang=en"))
    shown = await row(browser, f"{page}/end/preview", **said)
    assert "(2), 1 would have gone" in shown
    assert "Ministry of Energy →" in shown

"""Reference data on the administrator's pages: changed by a form, somebody quicker, taken back."""

from datetime import timedelta

import httpx

from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.staff.permissions import Role
from tests.web.administration.room import Browser, entered, version

PAGE = "/office/administration/reference"
HEALTH = {"kk": "Саулық министрлігі", "ru": "Министерство здоровья", "en": "Ministry of Wellbeing"}


async def changed(browser: Browser) -> int:
    """How often "Health Ministry" and its like stand in what was changed."""
    return (await browser.get("/office/administration/audit?lang=en")).count("Ministry of Wellbeing")


async def test_a_body_on_its_page(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.ADMIN)
    assert f'href="{PAGE}/agency/health"' in await browser.get(f"{PAGE}?lang=en")
    seen = version(await browser.get(f"{PAGE}/agency/health?lang=en"))
    day = (clock.today() + timedelta(days=40)).isoformat()
    named = HEALTH | {"from": day, "version": seen}
    wrong = await browser.post(
        f"{PAGE}/agency/health/names", 422, **(named | {"ru": " ", "from": "1999-01-01"})
    )
    assert 'id="names-ru-wrong"' in wrong.text
    assert HEALTH["kk"] in wrong.text
    await browser.post(f"{PAGE}/agency/health/names", **named)
    assert snapshot.current().agency("health").name("kk", clock.today() + timedelta(days=40)) == HEALTH["kk"]
    assert await changed(browser) == 1
    hours = {"opens": "08:30", "closes": "17:30", "week": "6", "warn_operator": "4"}
    quicker = await browser.post(f"{PAGE}/agency/health/settings", 422, **hours, version=seen)
    assert "Somebody changed this" in quicker.text
    assert 'value="08:30"' in quicker.text, "what was typed stays"
    await browser.post(f"{PAGE}/agency/health/settings", **hours, version=version(quicker.text))
    health = snapshot.current().agency("health")
    assert (health.hours.week, health.warn_operator, health.parent_id) == (6, 4, None)
    end = {"last_day": day, "successor": "digital"}
    refused = await browser.post(
        f"{PAGE}/agency/health/end", 422, **(end | {"last_day": "2020-01-01"}), version="old"
    )
    assert "Somebody changed this" in refused.text
    links = await browser.links(f"{PAGE}/changes?lang=en")
    assert ("Name of a body", f"{PAGE}/agency/health") in links


async def test_how_a_body_is_reached(db: Database, client: httpx.AsyncClient) -> None:
    """Said on its form, and told wherever a citizen sees who answers; of a part of it too."""
    admin = await entered(client, db, Role.ADMIN)
    page = f"{PAGE}/agency/health"
    seen = version(await admin.get(f"{page}?lang=en"))
    said = {"phone": "+7 (7172) 74-32-40", "email": "ask@health.example", "address_kk": "Астана, Мысал к., 1"}
    half = await admin.post(f"{page}/contact", 422, **said, version=seen)
    assert 'id="contact-address_ru-wrong"' in half.text
    said |= {"address_ru": "Астана, ул. Мысал, 1", "address_en": "1 Mysal Street, Astana"}
    wrong = await admin.post(f"{page}/contact", 422, **(said | {"phone": "call us"}), version=seen)
    assert 'id="contact-phone-wrong"' in wrong.text
    await admin.post(f"{page}/contact", **said, version=seen)
    assert "Telephone: +7 (7172) 74-32-40" in await admin.get(f"{PAGE}/changes")
    told = (await client.get("/api/v1/directory/agencies?lang=ru")).json()["items"]
    assert next(one["contact"] for one in told if one["code"] == "health") == {
        "phone": said["phone"],
        "email": said["email"],
        "address": said["address_ru"],
        "opens": "09:00:00",
        "closes": "18:30:00",
        "week": 5,
    }
    part = next(one for one in snapshot.current().agencies() if one.parent_id == health_id())
    for addressee in ("health", part.code):
        appeal = {"kind": "statement", "language": "kk", "text": "Дәрігер жоқ.", "addressee": addressee}
        filed = (await client.post("/api/v1/appeals", json=appeal)).json()
        await admin.get("/appeals")
        await admin.post("/appeals", number=filed["number"], code=filed["access_code"])
        for shown in (f"/appeals/{filed['number']}?lang=en", f"/appeals/{filed['number']}/receipt"):
            text = await admin.get(shown)
            assert 'href="tel:+77172743240"' in text, shown
            assert "1 Mysal Street, Astana" in text
            assert "Monday to Friday, 09:00–18:30" in text
    assert "ask@health.example" in await admin.get("/receptions?agency=health")


def health_id() -> int:
    return snapshot.current().agency("health").id


async def test_a_body_is_made_and_a_change_taken_back(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.ADMIN)
    await browser.get(f"{PAGE}?lang=en")
    new = HEALTH | {"code": "health-dept-test", "kind": "territorial_department", "parent": "health"}
    new |= {"region": "KZ-61", "from": clock.today().isoformat()}
    bad = await browser.post(PAGE, 422, **(new | {"code": "Not A Code"}))
    assert 'id="new-code-wrong"' in bad.text
    await browser.post(PAGE, **new)
    made = snapshot.current().agency("health-dept-test")
    assert snapshot.current().parent(made) == snapshot.current().agency("health")
    for kind, code in (("topic", "tax"), ("channel", "letter"), ("source", "109-turkistan")):
        seen = version(await browser.get(f"{PAGE}/{kind}/{code}"))
        await browser.post(f"{PAGE}/{kind}/{code}/names", **HEALTH, version=seen)
    assert snapshot.current().topic("tax").name("ru") == HEALTH["ru"]
    seen = version(await browser.get(f"{PAGE}/topic/tax"))
    answer = {"agency": "health", "region": "KZ-61", "from": clock.today().isoformat(), "version": seen}
    await browser.post(f"{PAGE}/topic/tax/competence", **answer)
    answers = snapshot.current().competent("tax", "KZ-61", clock.today())
    assert answers
    assert answers.code == "health"
    page = await browser.get(f"{PAGE}/changes?lang=kk")
    last = page.split(f"{PAGE}/changes/")[1].split("/")[0]
    await browser.post(f"{PAGE}/changes/{last}/take-back")
    await browser.post(f"{PAGE}/changes/{last}/take-back", 422)
    answers = snapshot.current().competent("tax", "KZ-61", clock.today())
    assert answers
    assert answers.code != "health"
    for nothing in ("agency/nobody", "agency/sandbox", "planet/mars"):
        assert (await client.get(f"{PAGE}/{nothing}")).status_code in {404, 422}

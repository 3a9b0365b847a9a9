"""What a citizen reads and books beside their appeal, in a browser: questions and answers, receptions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from app.core.db import Database, DatabaseUrls
from app.core.i18n import Language, t
from app.directory import snapshot
from tests.casework.people import Office
from tests.ops.served import Served
from tests.questions.faq import AIRPORT, Faq
from tests.reception.desk import DEPUTY, Desk, reception, working_day
from tests.web.browser.conftest import EACH_LANGUAGE_ONCE, NARROW, Visit

Looked = Callable[[Page, str], Awaitable[None]]


@pytest.fixture(scope="session")
async def published(site_urls: DatabaseUrls, site: Served) -> AsyncIterator[Faq]:
    """A schedule and an answer, by the calls for staff."""
    db = await Database.open(site_urls, pool_size=2)
    await snapshot.refresh(db)
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        office = Office(db, client)
        long: dict[str, Any] = {"ends": "12:00", "slot_minutes": 10, "capacity": 4, "group_max": 4}
        await Desk(office).publish(reception(**long), reception(working_day(14), leader=DEPUTY))
        await filed(client)
        faq = Faq(client, office)
        await faq.written(AIRPORT)
        yield faq
    await db.close()


async def filed(client: httpx.AsyncClient) -> None:
    """So that there is something to draw."""
    said = {"kind": "statement", "language": "kk", "text": "Көшеде жарық жоқ.", "addressee": "energy"}
    assert (await client.post("/api/v1/appeals", json=said)).status_code == 201


async def booked(page: Page, lang: Language) -> None:
    """From the list of bodies to the confirmation."""
    await page.goto(f"/receptions?lang={lang}")
    await page.locator('.entries a[href*="labour"]').click()
    await page.locator(".entries a").first.click()
    await page.locator(".hours a").first.click()
    await page.get_by_label(t("booking.field.persons.0.name", lang), exact=True).fill("Үлгібек Сынақбаев")
    await page.get_by_label(t("booking.field.subject", lang)).fill("Жер учаскесі туралы")
    await page.get_by_label(t("booking.field.others", lang)).fill("Айгүл Мысалова")


@EACH_LANGUAGE_ONCE
async def test_every_page_in_each_language(
    visit: Visit, looked_at: Looked, published: Faq, lang: Language, size: tuple[int, int]
) -> None:
    name = f"public-{lang}-{size[0]}"
    async with visit(size, color_scheme="dark" if size == NARROW else "light") as page:
        await page.goto(f"/?lang={lang}")
        await looked_at(page, f"{name}-home")
        await page.goto("/questions?q=аэропорт")
        await looked_at(page, f"{name}-questions")
        await page.locator(".entries a").first.click()
        await looked_at(page, f"{name}-question")
        for path in ("blog", "receptions", "receptions?agency=labour", "bookings"):
            await page.goto(f"/{path}")
            await looked_at(page, f"{name}-{path.replace('?', '-')}")
        await page.goto("/statistics")
        await looked_at(page, f"{name}-statistics")
        await booked(page, lang)
        await page.locator("main form button").click()  # without a contact
        await expect(page.locator(".summary")).to_contain_text(t("booking.field.contact.phone", lang))
        await looked_at(page, f"{name}-booking-form")
        await page.get_by_label(t("booking.field.contact.email", lang)).fill(f"{name}@post.example")
        await page.locator("main form button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("booking.made", lang))
        await looked_at(page, f"{name}-booking")
        await page.get_by_role("link", name=t("booking.change", lang)).click()
        await looked_at(page, f"{name}-booking-change")


async def test_booking_changing_and_cancelling_without_a_script(visit: Visit, published: Faq) -> None:
    async with visit(java_script_enabled=False) as page:
        await booked(page, "kk")
        await page.get_by_label(t("booking.field.contact.phone", "kk")).fill("+7 700 000 00 77")
        await page.get_by_role("button", name=t("booking.do", "kk")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("booking.made", "kk"))
        printed = await page.locator(".facts").inner_text()
        await page.get_by_role("link", name=t("booking.change", "kk")).click()
        await page.locator(".hours input").last.check()
        await page.get_by_role("button", name=t("booking.change.do", "kk")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("booking.made", "kk"))
        assert await page.locator(".facts").inner_text() != printed
        await page.locator(".act summary").click()
        await page.get_by_role("button", name=t("booking.cancel.do", "kk")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("booking.state.cancelled", "kk"))


async def test_a_narrow_screen_has_its_menu_at_the_foot(visit: Visit, published: Faq) -> None:
    async with visit(NARROW, java_script_enabled=False, locale="kk") as page:
        await page.goto("/")
        await page.get_by_role("link", name=t("public.menu", "kk")).click()
        await page.locator("#menu").get_by_role("link", name=t("public.nav.questions", "kk")).click()
        await page.get_by_label(t("public.search.words", "kk")).fill("ауежай")
        await page.get_by_role("button", name=t("public.search.do", "kk")).click()
        await page.get_by_role("link", name=AIRPORT["kk"]["question"]).click()
        await page.get_by_role("button", name=t("form.yes", "kk")).click()
        await expect(page.get_by_role("status")).to_have_text(t("public.helped.yes", "kk"))

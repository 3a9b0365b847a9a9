"""Ten minutes before a meeting: the controller's pages in a real browser, from a figure down to a case."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.core.i18n import Language, t
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.ops.served import Served
from tests.oversight.exports.reading import csv_rows
from tests.web.browser.conftest import EACH_LANGUAGE_ONCE, NARROW, WIDE, Visit

Looked = Callable[[Page, str], Awaitable[None]]
PASSWORD = "a long password for tests"
LOGIN = "gulnar@administration"
KEEPER = "serik@administration"
ROOM = "/office/administration"
BODY, PART = "ecology", "ecology-dept-turkistan"
# What is filed on a day off is counted on the next working day.
SOON = (clock.today() + timedelta(days=12)).isoformat()


@pytest.fixture(scope="session")
async def controller(site_urls: DatabaseUrls, site: Served) -> None:
    db = await Database.open(site_urls, pool_size=2)
    try:
        await snapshot.refresh(db)
        body = snapshot.current().agency("administration").id
        await service.create_account(db, LOGIN, "Гүлнар Сынақбаева", Role.CONTROLLER, body, PASSWORD)
        await service.create_account(db, KEEPER, "Серік Сынақбаев", Role.ADMIN, body, PASSWORD)
    finally:
        await db.close()
    async with httpx.AsyncClient(base_url=site.url) as client:
        for addressee in (BODY, BODY, PART):
            said = {"kind": "statement", "language": "kk", "text": "Ауа лас.", "addressee": addressee}
            assert (await client.post("/api/v1/appeals", json=said)).status_code == 201


async def entered(page: Page, lang: Language = "kk") -> None:
    await page.goto(f"/office/sign-in?lang={lang}")
    await page.get_by_label(t("office.login", lang)).fill(LOGIN)
    await page.get_by_label(t("office.password", lang)).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(t("administration.heading", lang))


@EACH_LANGUAGE_ONCE
async def test_every_page_in_each_language(
    visit: Visit, looked_at: Looked, controller: None, lang: Language, size: tuple[int, int]
) -> None:
    name = f"administration-{lang}-{size[0]}"
    async with visit(size, color_scheme="dark" if size == NARROW else "light") as page:
        await entered(page, lang)
        await page.goto(f"{ROOM}?to={SOON}&open=all")
        await looked_at(page, f"{name}-overview")
        await page.goto(f"{ROOM}/trends?to={SOON}")
        await looked_at(page, f"{name}-trends")
        await page.goto(f"{ROOM}/report?quarter={clock.today().year}-{(clock.today().month + 2) // 3}")
        await looked_at(page, f"{name}-report")
        for part in ("forecast", "rises", "issues", "signs", "control", "quality"):
            await page.goto(f"{ROOM}/{part}")
            for fold in await page.locator("main summary").all():
                await fold.click()
            await looked_at(page, f"{name}-{part}")
        await page.goto(f"{ROOM}/cases?figure=received&to={SOON}&agency={BODY}")
        await looked_at(page, f"{name}-cases")


async def test_an_administrator_tries_an_order_and_makes_an_account(
    visit: Visit, looked_at: Looked, controller: None
) -> None:
    async with visit(java_script_enabled=False) as page:
        await page.goto("/office/sign-in?lang=kk")
        await page.get_by_label(t("office.login", "kk")).fill(KEEPER)
        await page.get_by_label(t("office.password", "kk")).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("administration.page.people", "kk"))
        await page.locator("main summary").click()
        await page.locator("#person-login").fill("aliya@ecology")
        await page.locator("#person-name").fill("Әлия Сынақбаева")
        await page.locator("#person-role").select_option("operator")
        await page.locator("#person-agency").select_option(BODY)
        await page.locator("#person-password").fill("a first password")
        await page.get_by_role("button", name=t("administration.people.create", "kk"), exact=True).click()
        await expect(page.get_by_role("status")).to_have_text(t("administration.done.account", "kk"))
        await page.get_by_role("link", name=t("administration.page.calendar", "kk")).click()
        await page.locator('[id="order-act"]').fill("Қаулы № 7")
        off = clock.today() + timedelta(days=40)
        while not snapshot.current().calendar.is_working_day(off):
            off += timedelta(days=1)
        await page.locator('[id="order-days.0.day"]').fill(off.isoformat())
        await page.locator('[id="order-days.0.working"]').select_option("no")
        await page.get_by_role("button", name=t("administration.calendar.preview", "kk")).click()
        await expect(page.get_by_text(t("administration.calendar.tried", "kk"))).to_be_visible()
        await page.get_by_role("link", name=t("administration.page.audit", "kk")).click()
        await expect(page.locator("tbody tr")).to_have_count(1)
    async with visit(NARROW, color_scheme="dark") as page:
        await page.goto("/office/sign-in?lang=ru")
        await page.get_by_label(t("office.login", "ru")).fill(KEEPER)
        await page.get_by_label(t("office.password", "ru")).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(t("administration.page.people", "ru"))
        parts = ("people", "clients", "calendar", "rules", "reference", "audit")
        for part in (*parts, f"reference/agency/{BODY}", "reference/topic/utilities"):
            await page.goto(f"{ROOM}/{part}")
            for fold in await page.locator("main summary").all():
                await fold.click()
            await looked_at(page, f"administration-keeping-{part.replace('/', '-')}")


async def test_on_a_telephone_the_menu_is_a_fold(visit: Visit, controller: None) -> None:
    """Without a script, by keyboard: it opens, its links are reached in turn, and one sees where one is."""
    async with visit(NARROW, java_script_enabled=False) as page:
        await entered(page)
        fold, line = page.locator(".folded"), page.locator(".top .rooms")
        forecast = fold.get_by_role("link", name=t("administration.page.forecast", "kk"), exact=True)
        await expect(line).to_be_hidden()
        await expect(forecast).to_be_hidden()
        await fold.locator("summary").press("Enter")
        await expect(forecast).to_be_visible()
        for _ in range(5):
            await page.keyboard.press("Tab")
        await expect(forecast).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(fold.locator("summary")).to_contain_text(t("administration.page.forecast", "kk"))
        await expect(forecast).to_be_hidden()
        await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        await expect(line).to_be_visible()
        await expect(fold).to_be_hidden()


async def test_from_a_figure_down_to_a_case_without_a_script(visit: Visit, controller: None) -> None:
    async with visit(java_script_enabled=False) as page:
        await entered(page)
        await page.locator("main summary").first.click()
        await page.get_by_label(t("web.form.to", "kk")).fill(SOON)
        await page.get_by_role("button", name=t("office.show", "kk")).click()
        body = snapshot.current().agency(BODY).name("kk", clock.today())
        row = page.get_by_role("row").filter(has_text=body)
        await row.locator(".toggle").click()
        await page.get_by_role("link", name=t("administration.column.received", "kk"), exact=True).click()
        await expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
        row = page.get_by_role("row").filter(has_text=body).first
        count = int(await row.locator("td a[href*='figure=received']").inner_text())
        await row.locator("td a[href*='figure=received']").click()
        await expect(page.locator("tbody tr")).to_have_count(count)
        async with page.expect_download() as loading:
            await page.get_by_role("link", name="CSV").click()
        there = csv_rows((await (await loading.value).path()).read_bytes())
        assert len(there) == count
        number = await page.locator("tbody th a").first.inner_text()
        await page.locator("tbody th a").first.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(number)

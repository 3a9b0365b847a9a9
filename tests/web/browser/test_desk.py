"""The desk, by keyboard alone, while somebody is on the line."""

import re

import pytest
from playwright.async_api import expect

from app.core.i18n import LANGUAGES, Language, t
from tests.web.browser.conftest import NARROW, WIDE, Visit
from tests.web.browser.room import Looked, entered

PHONE = "+7 700 000 00 47"


@pytest.mark.parametrize(("lang", "size"), list(zip(LANGUAGES, (WIDE, NARROW, WIDE), strict=True)))
async def test_a_caller_is_served_by_keyboard_alone(
    visit: Visit, looked_at: Looked, people: None, lang: Language, size: tuple[int, int]
) -> None:
    async with visit(size, locale=lang, color_scheme="dark" if size == NARROW else "light") as page:
        await entered(page, "aigerim", lang)
        await page.keyboard.press("d")
        await expect(page.locator("h1")).to_have_text(t("desk.page", lang))
        await page.locator("#sought").focus()
        await page.keyboard.type(PHONE)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator('aside [role="status"]')).to_be_attached()
        # What was asked by stands in the form now.
        await expect(page.locator('[name="applicant.phone"]')).to_have_value(PHONE)
        await page.locator("#text").focus()
        await page.keyboard.type("Кезек күтіп отыр, анықтама бермейді.")
        await looked_at(page, f"desk-{lang}-{size[0]}-form")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("h1")).to_have_text(t("desk.page.done", lang))
        said = await page.locator(".aloud").first.inner_text()
        number = re.search(r"[ЖJ][ТT]-[0-9]{4}-[0-9]{8}", said)
        assert number
        await looked_at(page, f"desk-{lang}-{size[0]}-done")
        # Sent again, it is the same appeal.
        await page.reload()
        await expect(page.locator(".aloud").first).to_contain_text(number[0])
        await page.keyboard.press("n")
        await page.locator("#sought").fill(PHONE)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("aside .points li").first).to_be_visible()


async def test_another_way_keeps_what_was_typed_and_a_mistake_stands_beside_its_field(
    visit: Visit, looked_at: Looked, people: None
) -> None:
    async with visit(locale="ru") as page:
        await entered(page, "aigerim", "ru")
        await page.goto("/office/desk")
        await page.locator("#text").fill("Письмо о справке.")
        await page.locator('[name="way"][value="letter"]').click()
        await expect(page.locator("#text")).to_have_value("Письмо о справке.")
        await page.locator('[name="how.sheets"]').fill("две")
        await page.locator('[name="applicant.iin"]').fill("123")
        await page.get_by_role("button", name=t("desk.page.register", "ru")).click()
        await expect(page.locator('[id="applicant.iin-wrong"]')).to_be_visible()
        await expect(page.locator('[id="how.sheets-wrong"]')).to_be_visible()
        await looked_at(page, "desk-ru-wrong")
        await page.locator('[name="how.sheets"]').fill("2")
        await page.locator('[name="applicant.iin"]').fill("")
        await page.get_by_role("button", name=t("desk.page.register", "ru")).click()
        await expect(page.locator("h1")).to_have_text(t("desk.page.done", "ru"))

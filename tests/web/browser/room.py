"""The operators' room as the tests enter it."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from app.core.i18n import Language, t
from app.staff.permissions import Role

Looked = Callable[[Page, str], Awaitable[None]]
PASSWORD = "a long password for tests"
# Its operators' answers wait for the head.
BODY = "justice"
PEOPLE = {"aigerim": Role.OPERATOR, "berik": Role.OPERATOR, "dana": Role.HEAD}


async def entered(page: Page, name: str, lang: Language = "kk") -> None:
    await page.goto(f"/office/sign-in?lang={lang}")
    await page.get_by_label(t("office.login", lang)).fill(f"{name}@{BODY}")
    await page.get_by_label(t("office.password", lang)).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".views")).to_be_visible()
    await page.wait_for_load_state()  # the keys are there

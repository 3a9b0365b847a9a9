"""Every page of the three rooms, on the demo, in a browser: three languages, wide and narrow, light and dark.

The pages are the app's own routes, so that a new one is looked at from its first day. On each: axe finds
nothing serious, nothing is wider than the screen, there is one first heading and a title. A page is loaded
once and looked at in each size and scheme as it stands. `LS_SCREENSHOTS` names a folder in which the pictures
are kept. 640 pixels are a screen of 1280 at 200 %.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page

from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.core.i18n import LANGUAGES, Language
from app.demo.load import load_demo
from app.settings import Settings
from tests.ops.served import Served
from tests.repository.test_routes import ROUTES
from tests.support import SECRET, cloned
from tests.web.browser.conftest import AXE, KEPT_IN, SERIOUS, browser  # noqa: F401

PASSWORD = "a long password for tests"
# What axe looks for there: everything wide and narrow, between them what is not the same as before.
SCREENS: tuple[tuple[int, Literal["light", "dark"], dict[str, Any]], ...] = (
    (1280, "light", AXE),
    (1280, "dark", {"runOnly": ["color-contrast", "link-in-text-block"]}),
    (640, "light", {"runOnly": ["target-size", "scrollable-region-focusable"]}),
    (390, "dark", AXE),
)
ROOM = "/office/administration"
OPERATOR, HEAD = "operator@akimat-turkistan", "head@akimat-turkistan"
CONTROLLER, ADMIN = "controller@administration", "admin@administration"
# What each of them walks: by the beginning of a path, the first that fits.
WALKERS = {
    f"{ROOM}/people": ADMIN,
    f"{ROOM}/clients": ADMIN,
    f"{ROOM}/calendar": ADMIN,
    f"{ROOM}/rules": ADMIN,
    f"{ROOM}/reference": ADMIN,
    f"{ROOM}/audit": ADMIN,
    f"{ROOM}/readings": ADMIN,
    ROOM: CONTROLLER,
    "/office/templates": HEAD,
    "/office/sign-in": "",
    "/office": OPERATOR,
    "/": "",
}
# No pages, or such as say no more than a page that is walked.
LEFT_OUT = re.compile(
    r"/(api|open311|assets|metrics|healthz|readyz|openapi)|/files/|\.json|/live|/office/rows|/sign-in/provider|/l/"
)
# An appeal, a question and the like are opened from the list that has them: its address, and what to follow.
FROM_LISTS: Mapping[str, tuple[str, str]] = {
    "/blog/{id_}": ("/blog", ".entries a"),
    "/questions/{entry}": ("/questions", ".entries a"),
    "/problems/{code}": ("/problems", "main a[href^='/problems/']"),
    "/receptions/slots/{slot}": ("/receptions?agency=labour", ".entries a >> .hours a"),
    "/office/cases/{number}": ("/office?view=all", ".queue a"),
    "/office/cases/{number}/similar": ("/office?view=all", ".queue a >> a[href$='/similar#similar']"),
    f"{ROOM}/index/{{agency}}": (f"{ROOM}/index?period=2021-Q2", f"main a[href*='{ROOM}/index/']"),
    f"{ROOM}/signs/{{sign}}": (f"{ROOM}/signs", f"main td a[href*='{ROOM}/signs/']"),
    f"{ROOM}/people/{{id}}": (f"{ROOM}/people", f"main a[href*='{ROOM}/people/']"),
    f"{ROOM}/reference/{{kind}}/{{code}}": (f"{ROOM}/reference", f"main a[href*='{ROOM}/reference/agency/']"),
}
TODAY = clock.today()
# With something in it to look at.
ASKED = {
    "/questions": ("?q=жер", "?q=zzzz"),
    "/receptions": ("", "?agency=labour"),
    "/statistics": ("", "?region=KZ-61&from=2021-01-01&to=2021-06-30"),
    "/office": ("?view=all", "?view=overdue", "?q=zzzz"),
    ROOM: ("?open=all",),
    f"{ROOM}/appeals": (f"?from={TODAY - timedelta(days=27)}&to={TODAY}",),
    f"{ROOM}/index": ("?period=2021-Q2",),
    f"{ROOM}/report": ("?quarter=2021-2",),
    f"{ROOM}/cases": ("?figure=received&agency=justice",),
}
STEPS = ("what", "where", "files", "topic", "addressee", "you", "check")


@pytest.fixture(scope="session")
async def urls(worker_id: str) -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_every_page_{worker_id}_test") as found:
        yield found


@pytest.fixture(scope="session")
async def demo(urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    db = await Database.open(urls, pool_size=2)
    await load_demo(db, Settings(secret_key=SECRET, demo_password=PASSWORD), lambda done, all_: None)
    await db.close()
    server = Served(urls, tmp_path_factory.mktemp("demo"), LS_RATE_LIMITS="off")
    server.start()
    yield server
    server.kill()


@dataclass
class Looking:
    """One page at a time, as it is in each size and each scheme; `wrong` is what was found."""

    page: Page
    lang: Language
    wrong: list[str]

    async def at(self, name: str) -> None:
        await self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        if not await self.page.title() or await self.page.locator("h1").count() != 1:
            self.wrong.append(f"{name}: no title, or not one first heading")
        await self.page.evaluate(AXE_SCRIPT)
        for width, scheme, options in SCREENS:
            await self.page.set_viewport_size({"width": width, "height": 800})
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.wait_for_timeout(60)  # until it is drawn so
            await self._one(name, width, scheme, options)

    async def _one(self, name: str, width: int, scheme: str, options: dict[str, Any]) -> None:
        wider = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wider > 0:
            self.wrong.append(f"{name} at {width}: {wider} pixels wider than the screen")
        if KEPT_IN:
            file = re.sub(r"\W+", "-", name).strip("-") or "home"
            path = f"{KEPT_IN}/{file}-{self.lang}-{width}-{scheme}.png"
            await self.page.screenshot(path=path, full_page=True)
        found = (await self.page.evaluate("options => axe.run(options)", options))["violations"]
        self.wrong += [
            f"{name} at {width}, {scheme}: {one['id']} {one['nodes'][0]['html'][:150]}"
            for one in found
            if one["impact"] in SERIOUS
        ]


def walked() -> Iterator[tuple[str, str]]:
    """The app's pages, and who walks them."""
    for path in sorted({str(route.path) for route in ROUTES if "GET" in (route.methods or ())}):
        if not LEFT_OUT.search(path):
            yield path, next(who for start, who in WALKERS.items() if path.startswith(start))


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page(browser: Browser, demo: Served, lang: Language) -> None:  # noqa: F811
    wrong: list[str] = []
    reached = 0
    for who in dict.fromkeys(WALKERS.values()):
        async with entered(browser, demo, who, lang) as page:
            looking = Looking(page, lang, wrong)
            for path in (path for path, walker in walked() if walker == who):
                reached += await looked_at(looking, path)
            if not who:
                reached += await written(looking)
    assert not wrong, "\n".join(wrong)
    assert reached > 40, reached


@asynccontextmanager
async def entered(browser: Browser, demo: Served, who: str, lang: Language) -> AsyncIterator[Page]:  # noqa: F811
    context = await browser.new_context(base_url=demo.url)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    await page.goto(f"/office/sign-in?lang={lang}")
    if who:
        await page.locator("#login").fill(who)
        await page.locator("#password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    await context.close()


async def looked_at(looking: Looking, path: str) -> int:
    """How many pages it was; none where the demo has nothing of the kind."""
    if path in FROM_LISTS:
        start, ways = FROM_LISTS[path]
        await looking.page.goto(start)
        for way in ways.split(" >> "):
            link = looking.page.locator(way).first
            if not await link.count():
                return 0
            await looking.page.goto(await link.get_attribute("href") or "")
        await looking.at(path)
        return 1
    if "{" in path:
        return 0
    for query in ASKED.get(path, ("",)):
        answer = await looking.page.goto(f"{path}{query}")
        if answer is None or answer.status != 200:
            looking.wrong.append(f"{path}{query}: {answer and answer.status}")
        if path == "/docs":  # its script is still at it, and what fades in is pale for a moment
            await looking.page.locator(".opblock").last.wait_for()
            await looking.page.wait_for_timeout(2000)
        await looking.at(f"{path}{query}")
    return len(ASKED.get(path, ("",)))


async def written(looking: Looking) -> int:
    """An appeal, step by step, with its mistakes first; then its receipt and its own page."""
    page = looking.page
    await page.goto("/write")
    await page.locator("main form button").first.click()
    for step in STEPS:
        await page.goto(f"/write/{step}")
        if step == "what":
            async with page.expect_event("load"):
                await page.locator("main form button").first.click()
            await looking.at("/write/what, wrong")
            await page.locator("#text").fill("Үйімізде үш күннен бері жылу жоқ, батарея суық.")
            await page.locator("#kind").check()
        if step == "where":
            await page.locator("#region").select_option("KZ-61")
        if step == "you":
            await page.locator('[id="applicant.name"]').fill("Үлгібек Сынақбаев")
            await page.locator('[id="applicant.address"]').fill("Кентау қ., Мысал көшесі, 5")
        await looking.at(f"/write/{step}")
        async with page.expect_event("load"):
            await page.locator("main form button").last.click()
    await page.wait_for_url("**/receipt*")
    await looking.at("/appeals/receipt")
    await page.goto(page.url.partition("/receipt")[0])
    await looking.at("/appeals/number")
    return len(STEPS) + 3

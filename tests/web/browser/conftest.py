"""A real Chromium on a real server with real commits. Where no Chromium is found these tests say so and are
skipped; `LS_SCREENSHOTS` names a folder in which the pages that were seen are kept as pictures: by CI in the
first language in which each is seen, else in each."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff import service
from tests.ops.served import Served
from tests.support import WITHOUT_TLS, cloned
from tests.web.browser.room import BODY, PASSWORD, PEOPLE

# The one without a window takes a third of the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# Nothing of the browser's own goes out, and none of it is asked for.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = (1280, 900), (360, 740)
# The longer ones where there is least room; each of them in every size is soaked.
EACH_LANGUAGE_ONCE = pytest.mark.parametrize(
    ("lang", "size"),
    [("kk", NARROW), ("ru", NARROW), ("en", WIDE)],
    ids=["kk-narrow", "ru-narrow", "en-wide"],
)
KEPT_IN = os.environ.get("LS_SCREENSHOTS")
IN_EACH_LANGUAGE = bool(KEPT_IN) and not os.environ.get("CI")
LANGUAGE = re.compile(r"\b(kk|ru|en)\b")
SERIOUS = {"serious", "critical"}
# All of its rules, and that of WCAG 2.2 which it leaves out unless it is asked for.
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}

# Patient: other tests run at the same time.
expect.set_options(timeout=30_000)

Visit = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture(scope="session")
async def site_urls(worker_id: str) -> AsyncIterator[DatabaseUrls]:
    async with cloned(f"ls_pages_{worker_id}_test") as urls:
        yield urls


@pytest.fixture(scope="session")
async def site(site_urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    server = Served(site_urls, tmp_path_factory.mktemp("site"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is found here: the pages are not looked at in a browser")
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        await found.close()


@pytest.fixture
def visit(browser: Browser, site: Served) -> Visit:
    """A page of a browser that knows nothing of the others, at the site's address."""

    @asynccontextmanager
    async def open_page(size: tuple[int, int] = WIDE, **options: Any) -> AsyncIterator[Page]:
        context = await browser.new_context(
            base_url=site.url, viewport={"width": size[0], "height": size[1]}, **{"locale": "en-US"} | options
        )
        asked: set[str] = set()
        context.on("request", lambda request: asked.add(request.url))
        page = await context.new_page()
        page.set_default_timeout(30_000)
        yield page
        await context.close()
        assert not {url for url in asked if not url.startswith((site.url, "data:", "about:"))}

    return open_page


@pytest.fixture(scope="session")
def examined() -> set[str]:
    """Pages, whatever their language, on which axe has found nothing serious."""
    return set()


@pytest.fixture
def looked_at(examined: set[str]) -> Callable[[Page, str], Awaitable[None]]:
    """Keep the page as a picture, where pictures are asked for, and let axe find nothing serious on it: in
    the first language in which it is seen, for it is the same page, and in each where each is kept."""

    async def look(page: Page, name: str) -> None:
        shown = LANGUAGE.sub("", name)
        wanted = IN_EACH_LANGUAGE or shown not in examined
        if KEPT_IN and wanted:
            await page.screenshot(path=f"{KEPT_IN}/{name}.png", full_page=True)
        await page.wait_for_load_state()  # a press may still be on its way to another page
        if wanted:
            found = (await Axe().run(page, options=AXE)).response["violations"]
            bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
            assert not bad, f"{name}: {bad}"
            examined.add(shown)
        wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{name}: {wider} pixels wider than the screen"

    return look


@pytest.fixture(scope="session")
async def people(site_urls: DatabaseUrls, site: Served) -> None:
    db = await Database.open(site_urls, pool_size=2)
    try:
        await snapshot.refresh(db)
        body = snapshot.current().agency(BODY).id
        for name, role in PEOPLE.items():
            await service.create_account(db, f"{name}@{BODY}", name.title(), role, body, PASSWORD)
    finally:
        await db.close()


@pytest.fixture
async def filed(site: Served) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    async with httpx.AsyncClient(base_url=site.url, verify=WITHOUT_TLS) as client:

        async def file(text: str) -> str:
            said = {"kind": "statement", "language": "kk", "text": text, "addressee": BODY}
            return str((await client.post("/api/v1/appeals", json=said)).json()["number"])

        yield file

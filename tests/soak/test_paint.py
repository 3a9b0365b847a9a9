"""When a citizen's pages are painted on a slow telephone line: measured and told, never asserted.

The line is Chromium's: 1.6 Mbit/s down, 0.75 up, 150 ms there and back; the processor four times as slow.
Each page is asked for by a browser that has nothing of it yet; `./run soak -k painted -s` shows.
"""

import sys
from typing import Any

import pytest
from playwright.async_api import Page

from tests.ops.served import Served
from tests.web.browser.conftest import NARROW, Visit, browser, site, site_urls, visit  # noqa: F401

LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
SLOWER = 4
PAGES = ("/", "/write", "/write/what", "/appeals", "/questions", "/receptions", "/statistics")
TRIES = 5
PAINTED = """() => new Promise(done => new PerformanceObserver((list, it) => {
    const found = list.getEntries().find(one => one.name === "first-contentful-paint");
    if (found) { it.disconnect(); done(found.startTime); }
}).observe({type: "paint", buffered: true}))"""


@pytest.mark.timeout(600)
async def test_when_a_page_is_painted(visit: Visit, site: Served) -> None:  # noqa: F811
    for path in PAGES:
        times = sorted([await painted(visit, path) for _ in range(TRIES)])
        sys.stdout.write(f"{path:14} median {times[TRIES // 2]:5.0f} ms, worst {times[-1]:5.0f} ms\n")
        assert times[0] > 0


async def painted(visit: Visit, path: str) -> float:  # noqa: F811
    """Milliseconds from the asking to the first words on the screen."""
    async with visit(NARROW) as page:
        await slowed(page)
        await page.goto(f"{path}?lang=kk")
        found: float = await page.evaluate(PAINTED)
        return found


async def slowed(page: Page) -> None:
    line: Any = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", LINE)
    await line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

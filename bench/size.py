"""`python -m bench size`: how long a second start takes, what a web process takes, and whether it grows."""

import asyncio
import json
from collections import deque
from itertools import count
from random import Random

import click
import uvloop

from bench import service
from bench.appeals import appeals
from bench.figures import table
from bench.lines import Lines, request
from bench.made.cli import say
from bench.service import Web

AT_ONCE, PARTS = 8, 10
BAR_START, BAR_MEMORY = 3.0, 150
JSON = {"Content-Type": "application/json"}
PAGES = ("/", "/write", "/appeals", "/statistics", "/questions", "/healthz")


class Failed(Exception):
    """An answer was neither what was asked for nor a page that has moved."""


@click.command("size")
@click.option("--requests", type=click.IntRange(1000), default=1_000_000, show_default=True)
def size(requests: int) -> None:
    """The memory of one web process after each tenth of many requests: appeals, tracking and pages.

    The bar is 150 MB and no growth; that of the second start 3 s until it is ready. A million take an hour.
    """
    with service.own_folder() as folder, service.database(folder, say=say) as (_, urls):
        with service.web(urls, folder, processes=1):
            pass  # the first start of all compiles
        with service.web(urls, folder, processes=1) as web, service.worker(urls, folder):  # which folds
            taken = [_memory(web)]
            uvloop.run(_many(web, requests, taken))
    click.echo(report(requests, web.ready_after, taken))


def _memory(web: Web) -> float:
    """MB, with all below it."""
    processes = [web.process, *web.process.children(recursive=True)]
    return float(sum(process.memory_info().rss for process in processes)) / 2**20


async def _many(web: Web, requests: int, taken: list[float]) -> None:
    asking = Asking(web)
    for part in range(PARTS):
        number = requests // PARTS
        await asyncio.gather(*(asking.some(number // AT_ONCE) for _ in range(AT_ONCE)))
        taken.append(_memory(web))
        say(f"bench: {(part + 1) * number:,} requests: {taken[-1]:.0f} MB")
    asking.lines.close()


class Asking:
    """One appeal in twenty requests, tracking and pages the rest."""

    def __init__(self, web: Web) -> None:
        self.port, self.lines = web.port, Lines(web.port)
        self.random, self.serial = Random(3), count()
        self.said = [json.dumps(body).encode() for body in appeals()]
        self.filed: deque[tuple[str, str]] = deque(maxlen=500)

    async def some(self, number: int) -> None:
        for _ in range(number):
            serial = next(self.serial)
            if serial % 20 == 0 or not self.filed:
                body = self.said[serial % len(self.said)]
                answer = json.loads(await self._ask("POST", "/api/v1/appeals", JSON, body))
                self.filed.append((answer["number"], answer["access_code"]))
            elif serial % 2:
                number_, code = self.random.choice(self.filed)
                await self._ask("GET", f"/api/v1/appeals/{number_}", {"X-Access-Code": code})
            else:
                await self._ask("GET", self.random.choice(PAGES), {})

    async def _ask(self, method: str, address: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        status, answer, _ = await self.lines.ask(request(self.port, method, address, headers, body))
        if status >= 400:
            raise Failed(f"{method} {address}: {status} {answer[:200]!r}")
        return answer


def report(requests: int, ready_after: float, taken: list[float]) -> str:
    rows = [(f"{part * requests // PARTS:,}", f"{memory:.0f}") for part, memory in enumerate(taken)]
    growth = taken[-1] - taken[1]
    return "\n".join(
        [
            table(("requests", "MB"), rows),
            "",
            f"A second start was ready in {ready_after:.1f} s (bar {BAR_START:.0f} s).",
            f"From the first tenth to the last {growth:+.0f} MB; the bar is {BAR_MEMORY} MB, and flat.",
        ]
    )

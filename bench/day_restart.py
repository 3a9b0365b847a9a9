"""All pages lose the server and come back in the same moment, to one that has answered nothing yet."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.day_load import REFRESH, Load, OpenPage, Ran, Setting
from bench.figures import percentile, table
from bench.lines import Stream

LASTS = 30.0

Left = tuple[OpenPage, str]
"""A page with the place up to which it had been told."""


@dataclass(frozen=True, slots=True)
class Herd:
    """Seconds from when all came: until the last had its stream, and until the last had its rows. `ran`: the
    people at work beside; `failed`: of the pages."""

    pages: int
    rate: int
    streams: float
    rows: float
    ran: Ran
    failed: int


async def left(setting: Setting, pages: int) -> list[Left]:
    """Pages as they were before, and then a change in every queue, so that each has missed something."""
    load = Load(setting, Ran(0), 0)
    found = [await load.page(setting.operators[number % len(setting.operators)]) for number in range(pages)]
    for body in setting.bodies:
        await load.appeal_to(body)
    load.lines.close()
    return found


async def come_back(setting: Setting, pages: Sequence[Left], rate: int) -> Herd:
    """All at once, and the mix of a working day at this rate from the same moment on."""
    ran = Ran(LASTS)
    load = Load(setting, ran, 0)
    tasks: set[asyncio.Task[None]] = set()
    asked: dict[int, float] = {}
    begun = time.perf_counter()

    async def rows(page: OpenPage) -> None:
        await load.again(page)
        asked.setdefault(id(page), time.perf_counter() - begun)

    def told(page: OpenPage) -> None:
        task = asyncio.create_task(load.due(REFRESH, time.perf_counter(), partial(rows, page)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    working = asyncio.create_task(load.mixed(rate, LASTS, tasks))
    following = (load.followed(page, place, partial(told, page)) for page, place in pages)
    found: list[Stream] = await asyncio.gather(*following)
    await working
    await asyncio.gather(*tasks)
    failed = sum(one.ended or not one.answered for one in found)
    failed += sum(one.kind == REFRESH for one in ran.errors)
    for one in found:
        one.close()
    load.lines.close()
    last = max((one.answered_at - begun for one in found if one.answered), default=0.0)
    return Herd(len(pages), rate, last, max(asked.values(), default=0.0), ran, failed)


def report(herd: Herd) -> str:
    others = [one for kind, took in herd.ran.took.items() if kind != REFRESH for one in took]
    refused = sum(one.kind != REFRESH for one in herd.ran.errors)
    lines = [
        ("all have their stream again after, s", f"{herd.streams:.1f}"),
        ("all have asked for their rows after, s", f"{herd.rows:.1f}"),
        ("pages that were refused either", str(herd.failed)),
        ("p99 of their asking, ms", _ms(herd.ran.took.get(REFRESH, []))),
        ("p99 of the others meanwhile, ms", _ms(others)),
        ("errors of the others", str(refused)),
    ]
    head = (f"{herd.pages} pages at once after a restart", f"{herd.rate} a second beside")
    return table(head, lines)


def _ms(took: Sequence[float]) -> str:
    return f"{1000 * percentile(took, 0.99):.0f}" if took else "-"

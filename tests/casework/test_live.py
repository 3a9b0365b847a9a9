"""In what turns open pages are told, and that nobody who ends waits for them."""

import asyncio

import pytest

from app.casework import live as module
from app.casework.changes import Place
from app.casework.live import Live, Watcher
from app.core.db import Database


async def test_pages_are_told_one_after_the_other(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    live, waits = Live(db), []

    async def noted(_: Live, seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(Live, "rest", noted)
    for _ in range(50):
        await live.turn()
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert 1 < waits[-1] <= 49 / module.MOST_TOLD_A_SECOND
    many = [Watcher(1, frozenset(), None, Place(0, 0)) for _ in range(5000)]
    monkeypatch.setattr(live, "_watchers", set(many))
    monkeypatch.setattr(live, "_next_turn", 0.0)
    for _ in many:
        await live.turn()
    assert waits[-1] <= module.LONGEST_ROUND_SECONDS


async def test_who_ends_waits_for_no_pause(db: Database) -> None:
    live = Live(db)
    resting = asyncio.create_task(live.rest(3600))
    await asyncio.sleep(0)
    live.let_go()
    async with asyncio.timeout(30):
        await resting

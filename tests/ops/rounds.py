"""Rounds of SIGKILL under a mixed load, and the count afterwards."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from app.appeals import numbers
from app.core.db import Database
from app.core.embedded_config import DATABASE
from app.directory import snapshot
from app.oversight.cli import verified
from app.seals.heads_file import HeadsFile
from app.seals.sealing import seal
from app.seals.verifying import Walk
from tests.ops.mixed import Mixed
from tests.ops.whole import Whole, shoot

BACK_WITHIN = 600
"""Seconds after a shot until something new is registered; what it takes is noted, not judged."""

Shot = Callable[[Whole, Random], None]


def _one_backend(whole: Whole, random: Random) -> None:
    """One in the middle of its work, if there is one; the server then restarts all of them."""
    found = whole.backends(DATABASE)
    busy = [one for one in found if "idle" not in " ".join(one.cmdline()).rpartition("]")[2]]
    shoot([random.choice(busy or found)] if found else [])


def _parent(whole: Whole, _random: Random) -> None:
    """Its children do not outlive it; the server goes on, and the next parent takes it over."""
    whole.kill()
    whole.start()


def _everything(whole: Whole, _random: Random) -> None:
    """As when the machine stops, but for its disk."""
    postmaster = whole.postmaster()
    whole.kill()
    shoot(postmaster)
    whole.start()


SHOTS: dict[str, Shot] = {
    "a backend": _one_backend,
    "the postmaster": lambda whole, random: shoot(whole.postmaster()),
    "the server's writer": lambda whole, random: shoot(whole.backends("walwriter")),
    "the worker": lambda whole, random: shoot(whole.worker()),
    "a web process": lambda whole, random: shoot(whole.web()[-1:]),
    "all of the web side": lambda whole, random: shoot(whole.web()),
    "the parent": _parent,
    "everything": _everything,
}
FEW = ("a backend", "the postmaster", "the server's writer", "the worker", "all of the web side")
"""Of the rounds in the tests."""

# No row of these may be: each is a half of something that is written whole or not at all.
HALVES = {
    "an appeal without what belongs to it": """
        SELECT count(*) FROM appeal a CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM applicant p WHERE p.appeal_id = a.id) AS persons,
            (SELECT count(*) FROM content c WHERE c.appeal_id = a.id AND c.kind = 'appeal') AS texts,
            (SELECT count(*) FROM event e WHERE e.appeal_id = a.id AND e.kind = 'registered') AS events,
            (SELECT count(*) FROM holding h WHERE h.appeal_id = a.id AND h.origin = 'registered') AS holdings,
            (SELECT count(*) FROM intake_key k WHERE k.appeal_id = a.id) AS keys,
            (SELECT count(*) FROM notice n WHERE n.appeal_id = a.id AND n.kind = 'appeal.registered') AS told
        ) AS has WHERE (persons, texts, events, holdings, keys, told) IS DISTINCT FROM (1, 1, 1, 1, 1, 1)""",
    "a holding without its ledger or its counters": """
        SELECT count(*) FROM holding h WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.holding_id = h.id)
        OR (SELECT sum(d.received) FROM counter_delta d WHERE d.holding_id = h.id) IS DISTINCT FROM 1
        OR (SELECT sum(d.running) FROM counter_delta d WHERE d.holding_id = h.id)
           <> (h.closed_at IS NULL)::int""",
    "a holding whose state is not its newest event's": """
        SELECT count(*) FROM holding h WHERE h.last_hash <> (
            SELECT e.hash FROM event e WHERE e.appeal_id = h.appeal_id AND e.part = h.part
            ORDER BY e.id DESC LIMIT 1)
        OR (h.closed_at IS NOT NULL) <> EXISTS (
            SELECT FROM event e WHERE e.holding_id = h.id AND e.kind = 'answered')""",
    "an answer without its text, its figure or its notice": """
        SELECT count(*) FROM event e WHERE e.kind = 'answered' AND (
            NOT EXISTS (SELECT FROM content c WHERE c.appeal_id = e.appeal_id AND c.hash = e.content_hash)
            OR NOT EXISTS (SELECT FROM notice n WHERE n.event_hash = e.hash)
            OR (SELECT sum(d.answered) FROM counter_delta d WHERE d.holding_id = e.holding_id) <> 1)""",
    "a holding that was answered twice": """
        SELECT count(*) FROM (SELECT holding_id FROM event WHERE kind = 'answered'
                              GROUP BY holding_id HAVING count(*) > 1) AS twice""",
    "a chain that is broken": """
        SELECT count(*) FROM event e WHERE e.previous IS DISTINCT FROM (
            SELECT p.hash FROM event p WHERE p.appeal_id = e.appeal_id AND p.part = e.part AND p.id < e.id
            ORDER BY p.id DESC LIMIT 1)""",
}


@dataclass
class Rounds:
    """`wait`: seconds of load before each shot, at least and at most."""

    whole: Whole
    shots: Sequence[str]
    seed: int
    wait: tuple[float, float] = (0.2, 0.8)
    down: dict[str, list[float]] = field(default_factory=dict)

    async def endure(self) -> str:
        """Fire, count, and say in one line what there was."""
        self.random = Random(self.seed)
        db = await Database.open(self.whole.urls, pool_size=4)
        await snapshot.refresh(db)
        self.mixed = Mixed(db, self.whole.url, self.seed)
        going_on = asyncio.create_task(self.mixed.go_on())
        try:
            await self._more(going_on)
            for name in self.shots:
                await self._round(name, going_on)
            self.mixed.stop.set()
            await asyncio.wait_for(going_on, BACK_WITHIN)
            await self.counted(db)
            return self._said()
        finally:
            going_on.cancel()
            await db.close()

    async def _round(self, name: str, going_on: "asyncio.Task[None]") -> None:
        await asyncio.sleep(self.random.uniform(*self.wait))
        begun = time.monotonic()
        await asyncio.to_thread(SHOTS[name], self.whole, self.random)
        await asyncio.sleep(0.05)
        await self._more(going_on)
        self.down.setdefault(name, []).append(time.monotonic() - begun)

    async def _more(self, going_on: "asyncio.Task[None]") -> None:
        """Until something was registered that was not before."""
        before, end = len(self.mixed.told.numbers), time.monotonic() + BACK_WITHIN
        while len(self.mixed.told.numbers) <= before:
            if going_on.done():
                going_on.result()
            assert time.monotonic() < end, f"seed {self.seed}: {self.whole.said()[-3000:]}"
            await asyncio.sleep(0.02)

    async def counted(self, db: Database) -> None:
        """What was confirmed is there, once; nothing is there by half; figures and seals are whole; and the
        queue goes on."""
        told = self.mixed.told
        assert all(len(given) == 1 for given in told.numbers.values()), "a repeat has the first number"
        assert all(created <= 1 for created in told.created.values()), "and is new once"
        confirmed = {numbers.parse(one).appeal_id for given in told.numbers.values() for one in given}
        assert len(confirmed) == len(told.numbers), "no number was given twice"
        async with db.read() as connection:
            there = {row["id"] for row in await connection.fetch("SELECT id FROM appeal")}
            assert there == confirmed, "each is there, and none that a repeat made"
            for half, statement in HALVES.items():
                assert await connection.fetchval(statement) == 0, half
            answered = await connection.fetch("SELECT DISTINCT appeal_id FROM event WHERE kind = 'answered'")
        assert {row["appeal_id"] for row in answered} >= {
            numbers.parse(one).appeal_id for one in told.answered
        }
        assert await verified(db, lambda done, all_: None) == []
        await self._sealed(db)
        await self._queue_goes_on()

    async def _sealed(self, db: Database) -> None:
        """What the worker does each minute, now; then the whole walk, against the file that it wrote."""
        file = HeadsFile(self.whole.folder / "seals" / "heads.jsonl")
        await seal(db, file)
        walk = Walk(db, [file.path], lambda done, all_: None)
        assert [found async for found in walk.findings()] == []
        assert walk.seals >= 1
        self.seals = walk.seals

    async def _queue_goes_on(self) -> None:
        before = len(self.mixed.told.answered)
        self.mixed.stop.clear()
        going_on = asyncio.create_task(self.mixed.go_on())
        end = time.monotonic() + BACK_WITHIN
        while len(self.mixed.told.answered) == before:
            assert time.monotonic() < end, "nobody claims and answers any more"
            await asyncio.sleep(0.02)
        self.mixed.stop.set()
        await going_on

    def _said(self) -> str:
        told = self.mixed.told
        down = "; ".join(
            f"{name} {len(took)} times, back within {max(took):.1f} s" for name, took in self.down.items()
        )
        return (
            f"seed {self.seed}: {sum(map(len, self.down.values()))} rounds, {len(told.numbers)} registered, "
            f"{len(told.answered)} answered, {told.repeats} repeats, {self.seals} seals. {down}"
        )


def drawn(rounds: int, seed: int) -> list[str]:
    """So many shots, each kind as often as it is interesting."""
    weights = Counter(FEW) + Counter(list(SHOTS))
    return Random(seed).choices(list(weights), list(weights.values()), k=rounds)


def of_environment(given: str | None) -> int:
    """`LS_SEED`, or a fresh one."""
    with suppress(TypeError, ValueError):
        return int(given or "")
    return Random().randrange(10**6)

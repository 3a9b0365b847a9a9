"""The leader is killed or cut off while writers outside and on its own side register; then the count.

The writer inside is the point: it goes on talking to a leader that nobody else sees any more.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from app.appeals import numbers
from app.core.embedded_config import DATABASE
from tests import warm
from tests.ops.composed import PASSWORD
from tests.ops.served import Served
from tests.soak.cluster import ADMIN, PATIENCE, Cluster, Inside, Machine

APPEAL = {"kind": "statement", "language": "kk", "topic": "utilities"}
HANDS = 2
PLENTY = 5
"""So many answers after something happened are no accident."""


@dataclass
class Writer:
    """Posts one registration after the other, each under its key until it is acknowledged."""

    name: str
    service: Served
    pause: float
    """Seconds from one to the next."""
    machine: Machine | None = None
    """On which it is; None: outside."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    told: dict[str, int] = field(default_factory=dict)
    """The appeal of each key."""
    at: list[tuple[float, float]] = field(default_factory=list)
    """Of each acknowledgement: when it was asked for, and when it came."""
    refused: list[float] = field(default_factory=list)

    async def go_on(self) -> None:
        async with httpx.AsyncClient(base_url=self.service.url, timeout=20) as client:
            await asyncio.gather(*(self._hand(client, hand) for hand in range(HANDS)))

    async def _hand(self, client: httpx.AsyncClient, hand: int) -> None:
        n, settled = 0, True
        while not (settled and self.stop.is_set()):
            settled = await self._acknowledged(client, f"{self.name}-writer-{hand}-{n:06}")
            n += settled
            await asyncio.sleep(self.pause if settled else 0.2)

    async def _acknowledged(self, client: httpx.AsyncClient, key: str) -> bool:
        asked = time.monotonic()
        body = APPEAL | {"text": f"Су жоқ: {key}"}
        try:
            answer = await client.post("/api/v1/appeals", json=body, headers={"idempotency-key": key})
        except httpx.TransportError:
            self.refused.append(asked)
            return False
        if answer.status_code >= 500:
            self.refused.append(asked)
            assert answer.status_code == 503, answer.text
            return False
        assert answer.status_code in {200, 201}, answer.text
        self.told[key] = numbers.parse(answer.json()["number"]).appeal_id
        self.at.append((asked, time.monotonic()))
        return True

    def since(self, moment: float) -> list[float]:
        """When those came that were asked for after the moment."""
        return [came for asked, came in self.at if asked > moment]


async def until(what: Callable[[], Any], why: Callable[[], str], *tasks: "asyncio.Task[None]") -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        for task in tasks:
            if task.done():
                task.result()
        assert time.monotonic() < end, why()
        await asyncio.sleep(0.1)


@dataclass
class Failover:
    cluster: Cluster
    pause: float = 0.02
    """Seconds from one registration of a writer's hand to its next."""
    writers: list[Writer] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)
    _services: list[Served] = field(default_factory=list)
    _worker: warm.Command | None = None

    async def endure(self, *, kills: int, cuts: int) -> str:
        """Boot, then each thing so many times, then count; in one line how long writes were away."""
        try:
            warm.begin()
            await self._whole()
            await self.cluster.make()
            self._worker = self.cluster.work()
            outside = await self._writer("outside", None)
            for _ in range(kills):
                await self._kill(outside)
            for _ in range(cuts):
                await self._cut(outside, await self._writer_inside())
            await self._finished()
            await self._counted()
            assert self._worker.poll() is None, (self.cluster.folder / "worker.log").read_text()
            return "; ".join(self.said)
        finally:
            for task in self._tasks:
                task.cancel()
            for service in (self._worker, *self._services):
                if service:
                    service.kill()

    async def _writer(self, name: str, machine: Machine | None) -> Writer:
        """Writing already. Inside the machine, if one is named."""
        folder = self.cluster.folder / name
        folder.mkdir()
        composed = (machine or self.cluster.machines[0]).composed
        more = composed.environment("app") | {"LS_DATA_DIR": str(folder), "LS_RATE_LIMITS": "off"}
        service = Inside(machine, folder, **more) if machine else Served(None, folder, **more)
        self._services.append(service)
        await asyncio.to_thread(service.start)
        writer = Writer(name, service, self.pause, machine)
        self.writers.append(writer)
        self._tasks.append(asyncio.create_task(writer.go_on()))
        await self._until(lambda: len(writer.at) >= PLENTY)
        return writer

    async def _writer_inside(self) -> Writer:
        """On the leader's machine: while it starts another may begin to lead."""
        while True:
            writer = await self._writer(f"inside-{len(self.writers)}", await self._whole())
            if await self._whole() is writer.machine:
                return writer

    async def _whole(self) -> Machine:
        return await asyncio.to_thread(self.cluster.until_whole)

    async def _until(self, what: Callable[[], Any]) -> None:
        await until(what, self.why, *self._tasks)

    def why(self) -> str:
        said = "\n".join(service.said()[-2000:] for service in self._services)
        return f"{self.cluster.said()}\n{said}"

    async def _kill(self, outside: Writer) -> None:
        leader = await self._whole()
        shot = time.monotonic()
        await asyncio.to_thread(leader.kill)
        await self._until(lambda: len(outside.since(shot + 1)) >= PLENTY)
        self._note("killed", outside, shot)
        leader.start()
        await self._whole()

    async def _cut(self, outside: Writer, inside: Writer) -> None:
        """While it is cut, nobody is told inside that anything is registered; outside it goes on."""
        leader = inside.machine
        assert leader is not None
        leader.cut()
        cut = time.monotonic()
        await self._until(lambda: len(outside.since(cut)) >= PLENTY)
        await self._until(lambda: len([one for one in inside.refused if one > cut]) >= PLENTY)
        self._note("cut off", outside, cut)
        assert not inside.since(cut), "it was confirmed where nobody else has it"
        leader.heal()
        healed = time.monotonic()
        await self._until(lambda: len(inside.since(healed)) >= PLENTY)
        await self._whole()

    def _note(self, what: str, writer: Writer, since: float) -> None:
        self.said.append(f"leader {what}: writes back in {min(writer.since(since)) - since:.1f} s")

    async def _finished(self) -> None:
        """Each comes to the end of what it has begun."""
        for writer in self.writers:
            writer.stop.set()
        await asyncio.wait_for(asyncio.gather(*self._tasks), PATIENCE)

    async def _counted(self) -> None:
        """On each of the machines: whatever was acknowledged, once, and nothing else."""
        told = sorted(appeal for writer in self.writers for appeal in writer.told.values())
        assert len(set(told)) == len(told)
        end = time.monotonic() + PATIENCE
        for address in self.cluster.addresses:
            while (found := await self._appeals(address)) != told:
                lost = sorted(set(told) - set(found))
                assert time.monotonic() < end, f"{address}: {len(found)} of {len(told)}, without {lost[:5]}"
                await asyncio.sleep(0.2)
        self.said.append(
            f"{len(told)} acknowledged, each there once on {len(self.cluster.addresses)} machines"
        )

    async def _appeals(self, address: str) -> list[int]:
        """None while the server there starts again, as a former leader does more than once."""
        try:
            connection = await asyncpg.connect(
                host=address, user=ADMIN, password=PASSWORD, database=DATABASE, timeout=10
            )
            try:
                return [row["id"] for row in await connection.fetch("SELECT id FROM appeal ORDER BY id")]
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return []

"""Terms in motion: appeals of chosen moments, orders about days, and the worker's rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg
import httpx
import time_machine

from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Done, Payload
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core import clock
from app.core.db import Database
from app.deadlines.calendar import ZONE
from app.directory import snapshot
from app.oversight.cli import verified
from app.timekeeping.recalculation import RIPE_AFTER, recalculate
from tests.casework.people import Office, submission
from tests.casework.people import registered as register

ORDERS = "/api/v1/admin/calendar/orders"
PREVIEW = f"{ORDERS}/preview"
RECALCULATIONS = "/api/v1/admin/recalculations"
HEAD = Actor(ActorKind.STAFF, 1)
CITIZEN = Actor(ActorKind.CITIZEN)
MONDAY = "2026-11-23"
"""A statement of this day is due on 14 December 2026."""


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """A day (then at noon) or a moment, in civil time."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=ZONE)


def off(*days: str) -> list[dict[str, Any]]:
    return [{"day": one, "working": False} for one in days]


@dataclass
class Desk:
    db: Database
    client: httpx.AsyncClient
    time: time_machine.TimeMachineFixture

    def now(self, moment: str) -> None:
        self.time.move_to(at(moment), tick=False)

    async def file(self, count: int = 1, moment: str = MONDAY, **changes: Any) -> list[int]:
        """Statements filed at that moment, which becomes the present one; their ids."""
        self.now(moment)
        values: dict[str, Any] = {"kind": "statement", "received_at": at(moment)} | changes
        done = await register(self.db, [submission(**values) for _ in range(count)])
        return [one.appeal_id for one in done]

    async def act(
        self, what: Act, *appeals: int, payload: Payload = None, actor: Actor = HEAD, part: int = 0
    ) -> None:
        commands = [Command(what, id_, actor, clock.now(), part=part, payload=payload) for id_ in appeals]
        async with self.db.transaction() as connection:
            done = await act(connection, commands, snapshot.current())
        assert all(isinstance(one, Done) for one in done), done

    # the administrator

    async def admin(self) -> dict[str, str]:
        """Anew each time: a token does not outlive a leap of time."""
        return (await Office(self.db, self.client).person("admin@administration")).headers

    async def post(self, path: str, act_: str, days: Sequence[dict[str, Any]], **more: Any) -> httpx.Response:
        body = {"act": act_, "days": days, **more}
        return await self.client.post(path, headers=await self.admin(), json=body)

    async def preview(self, act_: str, days: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        answer = await self.post(PREVIEW, act_, days, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def announce(self, act_: str, days: Sequence[dict[str, Any]]) -> int:
        answer = await self.post(ORDERS, act_, days)
        assert answer.status_code == 201, answer.text
        id_: int = answer.json()["id"]
        return id_

    async def recalculation(self, id_: int) -> dict[str, Any]:
        answer = await self.client.get(f"{RECALCULATIONS}/{id_}", headers=await self.admin())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    # the worker

    async def rules_known(self) -> None:
        """The first rounds of an installation: the rules are noted, and nothing moves."""
        await self.recalculated()

    async def recalculated(self) -> None:
        """All rounds until nothing is left to do."""
        await recalculate(self.db)
        self.ripe()
        await recalculate(self.db)
        assert not await self.ask("SELECT id FROM recalculation WHERE finished_at IS NULL")

    def ripe(self) -> None:
        """What was announced may be begun with."""
        self.time.shift(RIPE_AFTER)

    # what is written

    async def ask(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with self.db.read() as connection:
            return list(await connection.fetch(query, *values))

    async def due(self, *appeals: int) -> list[date]:
        """The newest holding of each."""
        rows = await self.ask(
            """SELECT DISTINCT ON (appeal_id) appeal_id, due_on FROM holding
               WHERE appeal_id = ANY($1) ORDER BY appeal_id, id DESC""",
            appeals,
        )
        found = {row["appeal_id"]: row["due_on"] for row in rows}
        return [found[id_] for id_ in appeals]

    async def events(self, kind: str) -> list[asyncpg.Record]:
        return await self.ask("SELECT * FROM event WHERE kind = $1 ORDER BY id", kind)

    async def notices(self, kind: str) -> list[tuple[int, str]]:
        """Appeal and audience."""
        rows = await self.ask("SELECT appeal_id, audience FROM notice WHERE kind = $1 ORDER BY id", kind)
        return [(row["appeal_id"], row["audience"]) for row in rows]

    async def figures_are_right(self) -> None:
        assert await verified(self.db, lambda done, total: None) == []

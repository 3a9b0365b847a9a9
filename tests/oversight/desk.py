"""Appeals registered and acted on at given moments, and the question about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from app.appeals.codes import ActorKind, Kind, Outcome
from app.appeals.commands import Actor, Answering, Command, Done, Forwarding, Payload, Writing
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission

PATH = "/api/v1/statistics/agencies"
STAFF = Actor(ActorKind.STAFF, 1)
CITIZEN = Actor(ActorKind.CITIZEN)


def civil(moment: str) -> datetime:
    """`2025-10-01 10:00` as people in Kazakhstan read the clock."""
    return datetime.fromisoformat(moment).replace(tzinfo=clock.ZONE)


@dataclass
class Desk:
    db: Database
    client: httpx.AsyncClient

    async def file(self, moment: str, addressee: str = "energy", **changes: Any) -> int:
        return (await self.file_many(moment, 1, addressee, **changes))[0]

    async def file_many(
        self, moment: str, count: int, addressee: str = "energy", **changes: Any
    ) -> list[int]:
        values: dict[str, Any] = {
            "kind": Kind.STATEMENT,
            "language": "kk",
            "text": "Көше жарығы жанбайды.",
            "channel": "reception_room",
            "source": "citizen-api",
            "received_at": civil(moment),
            "addressee": addressee,
        }
        submission = Submission(**(values | changes))
        async with self.db.transaction() as connection:
            done = await register(connection, [submission] * count, snapshot.current())
        assert all(isinstance(one, Registration) for one in done), done
        return [one.appeal_id for one in done if isinstance(one, Registration)]

    async def answer(self, moment: str, *appeals: int) -> None:
        await self._act(Act.ANSWER, moment, appeals, Answering(Outcome.EXPLAINED, "Қосылды.", "kk"))

    async def forward(self, moment: str, to: str, *appeals: int) -> None:
        await self._act(Act.FORWARD, moment, appeals, Forwarding(to, "Құзыреті бойынша."))

    async def reopen(self, moment: str, *appeals: int) -> None:
        await self._act(Act.REOPEN, moment, appeals, Writing("Сот шешімі."))

    async def withdraw(self, moment: str, *appeals: int) -> None:
        await self._act(Act.WITHDRAW, moment, appeals, Writing("Қайтарып аламын."), CITIZEN)

    async def _act(
        self, what: Act, moment: str, appeals: Sequence[int], payload: Payload, actor: Actor = STAFF
    ) -> None:
        commands = [Command(what, appeal, actor, civil(moment), payload=payload) for appeal in appeals]
        async with self.db.transaction() as connection:
            done = await act(connection, commands, snapshot.current())
        assert all(isinstance(one, Done) for one in done), done

    async def ask(self, period: str = "", **asked: str) -> Any:
        """The answer. `period`: `2025-10-01..2025-10-31`."""
        return await self.ask_as({}, period, **asked)

    async def ask_as(self, headers: dict[str, str], period: str = "", **asked: str) -> Any:
        if period:
            asked["from"], asked["to"] = period.split("..")
        response = await self.client.get(PATH, params=asked, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def row(self, agency: str, period: str, **asked: str) -> dict[str, Any]:
        """One agency's figures that are not zero."""
        answer = await self.ask(period, agency=agency, **asked)
        (row,) = answer["rows"]
        assert row.pop("agency")["code"] == agency
        return {name: value for name, value in row.items() if value}

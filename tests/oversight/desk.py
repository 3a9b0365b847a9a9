"""Appeals registered and acted on at given moments, and the question about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx

from app.appeals.codes import (
    ActorKind,
    ApplicantType,
    Decision,
    Kind,
    Likeness,
    Outcome,
    SuspensionGround,
    TerminationGround,
)
from app.appeals.commands import (
    Actor,
    Answering,
    Command,
    Deciding,
    Done,
    Extending,
    Forwarding,
    Hearing,
    Linking,
    Payload,
    Rating,
    Requesting,
    Splitting,
    Suspending,
    Terminating,
    Writing,
)
from app.appeals.lifecycle import Act
from app.appeals.numbers import format_number
from app.appeals.service import act
from app.core import clock
from app.core.db import Database
from app.core.errors import AppError
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission

PATH = "/api/v1/statistics/agencies"
STAFF = Actor(ActorKind.STAFF, 1)
CITIZEN = Actor(ActorKind.CITIZEN)
SYSTEM = Actor(ActorKind.SYSTEM)
# Who did not write what a complaint is about.
ANOTHER = Actor(ActorKind.STAFF, 2)
LEGAL_BASIS = "ӘРПК 76-бап"


def civil(moment: str) -> datetime:
    """`2025-10-01 10:00` as people in Kazakhstan read the clock."""
    return datetime.fromisoformat(moment).replace(tzinfo=clock.ZONE)


def extending(until: str) -> Extending:
    return Extending(date.fromisoformat(until), "Қосымша тексеру қажет.")


def reason(refused: AppError) -> str:
    """The code of what the term does not allow, or of the field that is wrong."""
    return refused.errors[0].code if refused.errors else str(refused.extra.get("reason", refused.code))


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

    async def answer(
        self, moment: str, *appeals: int, outcome: Outcome = Outcome.EXPLAINED, part: int = 0
    ) -> None:
        answering = Answering(outcome, "Қосылды.", "kk", LEGAL_BASIS)
        await self._act(Act.ANSWER, moment, appeals, answering, part=part)

    async def forward(self, moment: str, to: str, *appeals: int) -> None:
        await self._act(Act.FORWARD, moment, appeals, Forwarding(to, "Құзыреті бойынша."))

    async def hand_over(self, moment: str, to: str, *complaints: int) -> None:
        await self._act(Act.FORWARD, moment, complaints, Forwarding(to, "Шағым."), ANOTHER)

    async def decide(self, moment: str, *complaints: int, outcome: Decision = Decision.UPHELD_ACT) -> None:
        deciding = Deciding(outcome, "Шешім.", "kk")
        await self._act(Act.DECIDE, moment, complaints, deciding, ANOTHER)

    async def self_correct(self, moment: str, *complaints: int) -> None:
        await self._act(Act.SELF_CORRECT, moment, complaints, Writing("Қанағаттандырылды."), ANOTHER)

    async def split(self, moment: str, to: Sequence[str], *appeals: int, keeps: bool = True) -> None:
        parts = tuple((code, "Су туралы бөлігі.") for code in to)
        await self._act(Act.SPLIT, moment, appeals, Splitting(parts, keeps))

    async def reopen(self, moment: str, *appeals: int) -> None:
        await self._act(Act.REOPEN, moment, appeals, Writing("Сот шешімі."))

    async def withdraw(self, moment: str, *appeals: int) -> None:
        await self._act(Act.WITHDRAW, moment, appeals, Writing("Қайтарып аламын."), CITIZEN)

    async def terminate(self, moment: str, *appeals: int) -> None:
        ending = Terminating(TerminationGround.NO_ESSENCE, "Мәні баяндалмаған.")
        await self._act(Act.TERMINATE, moment, appeals, ending)

    async def suspend(
        self,
        moment: str,
        *appeals: int,
        until: str | None = None,
        ground: SuspensionGround = SuspensionGround.COURT,
    ) -> None:
        last = date.fromisoformat(until) if until else None
        await self._act(Act.SUSPEND, moment, appeals, Suspending(ground, last))

    async def resume(self, moment: str, *appeals: int) -> None:
        await self._act(Act.RESUME, moment, appeals, None)

    async def extend(self, moment: str, until: str, *appeals: int) -> None:
        await self._act(Act.EXTEND, moment, appeals, extending(until))

    async def request_correction(self, moment: str, *appeals: int) -> None:
        await self._act(Act.REQUEST_CORRECTION, moment, appeals, Requesting("Мекенжайды көрсетіңіз."))

    async def supplement(self, moment: str, *appeals: int) -> None:
        await self._act(Act.SUPPLEMENT, moment, appeals, Writing("Тағы бір жайт."), CITIZEN)

    async def exempt_from_hearing(self, moment: str, *appeals: int) -> None:
        exemption = Hearing(exempt_ground="Өтініш беруші тыңдаудан бас тартты.")
        await self._act(Act.HEARING, moment, appeals, exemption)

    async def rate(self, moment: str, score: int, *appeals: int, resolved: bool = True) -> None:
        await self._act(Act.RATE, moment, appeals, Rating(score, resolved), CITIZEN)

    async def repeat(self, moment: str, of: int, *appeals: int) -> None:
        link = Linking(format_number(of, ApplicantType.INDIVIDUAL), Likeness.REPEAT)
        await self._act(Act.LINK, moment, appeals, link)

    async def merge(self, moment: str, to: int, *appeals: int) -> None:
        link = Linking(format_number(to, ApplicantType.INDIVIDUAL), Likeness.DUPLICATE)
        await self._act(Act.LINK, moment, appeals, link)

    async def elapse(self, moment: str, *appeals: int) -> None:
        await self._act(Act.ELAPSE, moment, appeals, None, SYSTEM)

    async def refused(self, act_: Act, moment: str, appeal: int, payload: Payload) -> str:
        """Why the act is refused."""
        (answer,) = await self._answers(act_, moment, [appeal], payload)
        assert isinstance(answer, AppError), answer
        return reason(answer)

    async def _act(
        self,
        what: Act,
        moment: str,
        appeals: Sequence[int],
        payload: Payload,
        actor: Actor = STAFF,
        part: int = 0,
    ) -> None:
        done = await self._answers(what, moment, appeals, payload, actor, part)
        assert all(isinstance(one, Done) for one in done), done

    async def _answers(
        self,
        what: Act,
        moment: str,
        appeals: Sequence[int],
        payload: Payload,
        actor: Actor = STAFF,
        part: int = 0,
    ) -> list[Done | AppError]:
        at = civil(moment)
        commands = [Command(what, appeal, actor, at, part, payload=payload) for appeal in appeals]
        async with self.db.transaction() as connection:
            return await act(connection, commands, snapshot.current())

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

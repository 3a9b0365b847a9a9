"""Letters as they are written from a stored notice: with the reasons of the day that it tells of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
import time_machine

from app.appeals import service
from app.appeals.codes import ActorKind, Kind, Outcome, SuspensionGround, TerminationGround
from app.appeals.commands import (
    Actor,
    Answering,
    Command,
    Done,
    Extending,
    Forwarding,
    Payload,
    Splitting,
    Suspending,
    Terminating,
    Watched,
)
from app.appeals.letters import Letter, letter_of, letters_of
from app.appeals.lifecycle import Act
from app.appeals.numbers import parse
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, long_date
from app.directory import snapshot
from app.intake.submission import Person, Registration
from app.notices.models import Audience
from tests.casework.people import registered, submission
from tests.deadlines.days import at, day

APPLICANT, HEAD = Audience.APPLICANT, Audience.HEAD
CITIZEN, CLERK, SERVICE = (
    Actor(ActorKind.CITIZEN),
    Actor(ActorKind.STAFF, 1),
    Actor(ActorKind.SYSTEM),
)
NAME, SAID = "Мысал Сынақбаева", "Үйде үш күннен бері жылу жоқ, пеш сатып алуға ақша керек."


@dataclass
class Told:
    """One appeal to the Ministry of Energy of Monday, 23 November 2026, in a language, and its letters."""

    db: Database
    client: httpx.AsyncClient
    filed: Registration
    language: Language

    async def act(
        self, act: Act, moment: str, payload: Payload = None, *, by: Actor = CLERK, part: int = 0
    ) -> None:
        command = Command(act, self.filed.appeal_id, by, at(moment), part=part, payload=payload)
        async with self.db.transaction() as connection:
            (done,) = await service.act(connection, [command], snapshot.current())
        assert isinstance(done, Done), done

    async def notices(self, kind: str = "", audience: Audience = APPLICANT) -> list[asyncpg.Record]:
        async with self.db.read() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(
                """
                SELECT * FROM notice
                WHERE appeal_id = $1 AND starts_with(kind, $2) AND audience = $3 ORDER BY id
                """,
                self.filed.appeal_id,
                kind,
                audience,
            )
        return rows

    async def letter(self, kind: str, audience: Audience = APPLICANT) -> Letter:
        """The newest of its kind."""
        notice = (await self.notices(kind, audience))[-1]
        async with self.db.read() as connection:
            return await letter_of(connection, notice, snapshot.current())

    async def page(self, moment: str, number: str = "") -> dict[str, Any]:
        headers = {"x-access-code": self.filed.access_code, "accept-language": self.language}
        with time_machine.travel(at(moment), tick=False):
            answer = await self.client.get(f"/api/v1/appeals/{number or self.filed.number}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def steps(self, moment: str, number: str = "") -> str:
        page = await self.page(moment, number)
        return "\n".join(step["sentence"] for step in page["deadline"]["steps"])


@pytest.fixture(params=LANGUAGES)
async def told(db: Database, client: httpx.AsyncClient, request: pytest.FixtureRequest) -> Told:
    person = Person(name=NAME, address="Мысал ауылы, 5")
    said = submission(
        SAID,
        kind=Kind.STATEMENT,
        language=request.param,
        applicant=person,
        received_at=at("2026-11-23T10:00"),
    )
    return Told(db, client, (await registered(db, [said]))[0], request.param)


async def test_a_receipt_of_an_appeal_filed_over_http(client: httpx.AsyncClient, db: Database) -> None:
    for language in LANGUAGES:
        said = {"kind": "statement", "language": language, "text": SAID, "addressee": "energy"}
        filed = (await client.post("/api/v1/appeals", json=said)).json()
        headers = {"x-access-code": filed["access_code"], "accept-language": language}
        page = (await client.get(f"/api/v1/appeals/{filed['number']}", headers=headers)).json()
        async with db.read() as connection:
            (notice,) = await connection.fetch("SELECT * FROM notice ORDER BY id DESC LIMIT 1")
            found = await letter_of(connection, notice, snapshot.current())
        steps = "\n".join(step["sentence"] for step in page["deadline"]["steps"])
        assert f"\n{steps}\n" in found.text
        assert f"{page['agency']['name']}\n" in found.text
        assert long_date(date.fromisoformat(filed["due_on"]), language) in found.text
        assert (filed["number"] if language == "en" else filed["number"].replace("JT", "ЖТ")) in found.subject


LIFE: Sequence[tuple[str, str, Act, Payload]] = [
    ("appeal.forwarded", "2026-11-25", Act.FORWARD, Forwarding("health", "Бұл сіздің құзыретіңіз.")),
    ("appeal.suspended", "2026-11-27", Act.SUSPEND, Suspending(SuspensionGround.COURT)),
    ("appeal.resumed", "2026-12-02", Act.RESUME, None),
    ("appeal.extended", "2026-12-04", Act.EXTEND, Extending(day("2027-01-09"), "Құжаттар сұралды.")),
]


async def test_each_letter_has_the_reasons_of_its_day(told: Told) -> None:
    """What is written from the same notices later is the same: what came after is not in it."""
    steps = [await told.steps("2026-11-23T12:00")]
    letters = [await told.letter("appeal.registered")]
    for kind, moment, act, payload in LIFE:
        await told.act(act, moment, payload)
        steps.append(await told.steps(moment))
        letters.append(await told.letter(kind))
    for found, why in zip(letters, steps, strict=True):
        assert f"\n{why}\n" in found.text
    assert len(set(steps)) == len(steps)
    async with told.db.read() as connection:
        assert await letters_of(connection, await told.notices(), snapshot.current()) == letters
    health = snapshot.current().agency("health").name(told.language, day("2026-11-25"))
    energy = snapshot.current().agency("energy").name(told.language, day("2026-11-25"))
    assert [(energy in found.text, health in found.text) for found in letters[:2]] == [
        (True, False),
        (False, True),
    ]


async def test_no_letter_says_who_wrote_or_what(told: Told) -> None:
    for _, moment, act, payload in LIFE:
        await told.act(act, moment, payload)
    async with told.db.read() as connection:
        for found in await letters_of(connection, await told.notices(), snapshot.current()):
            for word in (*NAME.split(), "жылу", "құзыретіңіз", "сұралды", told.filed.access_code):
                assert word not in found.text + found.subject


async def test_a_part_has_a_letter_of_its_own(told: Told) -> None:
    await told.act(Act.SPLIT, "2026-11-25", Splitting((("health", "Емхана салқын."), ("justice", "Шарт."))))
    notices = await told.notices("appeal.split")
    async with told.db.read() as connection:
        first, second = await letters_of(connection, notices, snapshot.current())
    for part, found in enumerate((first, second), start=1):
        number = f"{told.filed.number}.{part}"
        assert f"\n{await told.steps('2026-11-25', number)}\n" in found.text
        shown = number if told.language == "en" else number.replace("JT", "ЖТ")
        assert shown in found.subject
        assert shown in found.text


async def test_a_term_that_passed(told: Told) -> None:
    await told.act(Act.WARN, "2026-12-15", Watched(told.filed.due_on, passed=True), by=SERVICE)
    why = await told.steps("2026-12-15")
    applicants, heads = await told.letter("deadline.passed"), await told.letter("deadline.passed", HEAD)
    # 14 March 2027 is a Sunday, and the 15th a holiday.
    last_day = long_date(day("2027-03-16"), told.language)
    for found in (applicants, heads):
        assert f"\n{why}\n" in found.text
        assert long_date(told.filed.due_on, told.language) in found.text
    assert why.count(last_day) == heads.text.count(last_day) == 1
    assert applicants.text.count(last_day) == 2


@pytest.mark.parametrize(("moment", "left"), [("2026-12-09", 3), ("2026-12-11", 1)])
async def test_the_days_left_are_those_of_the_day_of_the_warning(told: Told, moment: str, left: int) -> None:
    await told.act(Act.WARN, moment, Watched(told.filed.due_on, to="head", days=9), by=SERVICE)
    found = await told.letter("deadline.near", HEAD)
    assert re.findall(r"(\d+) (?:жұмыс күні|рабочи|working day)", found.text) == [str(left)]


async def test_an_answer_names_the_last_day_to_complain(told: Told) -> None:
    answer = Answering(Outcome.EXPLAINED, "Жылу ертең беріледі.", "kk", "ӘРПК 76", day("2027-02-01"))
    await told.act(Act.ANSWER, "2026-12-01", answer)
    until = date.fromisoformat((await told.page("2026-12-01"))["answer"]["may_complain_until"])
    found = await told.letter("appeal.answered")
    assert until == day("2027-03-01")
    assert long_date(until, told.language) in found.text
    assert long_date(day("2027-02-01"), told.language) in found.text
    assert "Жылу" not in found.text


async def test_what_ended_it_is_said_with_its_ground(told: Told) -> None:
    ground = Terminating(TerminationGround.NO_NEW_ARGUMENTS, "Екінші рет.")
    await told.act(Act.TERMINATE, "2026-12-01", ground)
    found = await told.letter("appeal.terminated")
    named = {"kk": "жаңа дәлел келтірілмеген", "ru": "новых доводов нет", "en": "no new arguments"}
    assert named[told.language] in found.text
    assert long_date(day("2027-03-01"), told.language) in found.text


async def test_a_withdrawal_is_confirmed(told: Told) -> None:
    await told.act(Act.WITHDRAW, "2026-12-01", by=CITIZEN)
    said = {"kk": "кері қайтарып алдыңыз", "ru": "Вы отозвали", "en": "You withdrew"}
    assert said[told.language] in (await told.letter("appeal.withdrawn")).text


BODY = "health-medical-control-committee"
ANSWER = Answering(Outcome.EXPLAINED, "Нарушений нет.", "kk", "ӘРПК 76")


async def complained(told: Told, moment: str) -> Told:
    """A complaint about the answer of the body that has the appeal."""
    headers = {"x-access-code": told.filed.access_code, "accept-language": told.language}
    with time_machine.travel(at(moment), tick=False):
        answer = await told.client.post(
            f"/api/v1/appeals/{told.filed.number}/complaint",
            json={"text": "Жауаппен келіспеймін."},
            headers=headers,
        )
    assert answer.status_code == 201, answer.text
    found = answer.json()
    filed = replace(
        told.filed,
        appeal_id=parse(found["number"]).appeal_id,
        number=found["number"],
        access_code=found["access_code"],
        due_on=date.fromisoformat(found["due_on"]),
    )
    return replace(told, filed=filed)


async def test_a_complaint_is_told_who_reviews_it(told: Told) -> None:
    await told.act(Act.FORWARD, "2026-11-25", Forwarding(BODY, "Құзыреті бойынша."))
    await told.act(Act.ANSWER, "2026-12-01", ANSWER)
    complaint = await complained(told, "2026-12-02")
    found = await complaint.letter("appeal.registered")
    assert f"\n{await complaint.steps('2026-12-02')}\n" in found.text
    above = snapshot.current().agency("health").name(told.language, day("2026-12-02"))
    assert f": {above}\n" in found.text

    # Who signed the answer does not see the complaint about it.
    colleague = Actor(ActorKind.STAFF, 2)
    await complaint.act(Act.FORWARD, "2026-12-03", Forwarding("health", "Қарауға."), by=colleague)
    found = await complaint.letter("appeal.forwarded")
    assert f"\n{await complaint.steps('2026-12-03')}\n" in found.text
    said = {"kk": "шағымы қарауға берілді", "ru": "передана на рассмотрение", "en": "handed over for review"}
    assert said[told.language] in found.subject


async def test_a_complaint_that_nobody_above_can_review(told: Told) -> None:
    await told.act(Act.ANSWER, "2026-12-01", ANSWER)
    complaint = await complained(told, "2026-12-02")
    court = {"kk": "сотқа жүгінуге болады", "ru": "обратиться в суд", "en": "go to court"}[told.language]
    assert court in (await complaint.letter("appeal.registered")).text
    await complaint.act(Act.WARN, "2026-12-10", Watched(complaint.filed.due_on, passed=True), by=SERVICE)
    assert court in (await complaint.letter("appeal.terminated")).text
    # There is nobody left to complain to.
    assert "2027" not in (await complaint.letter("deadline.passed")).text

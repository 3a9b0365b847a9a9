"""Two people, one case, one moment: one of them is first, the other is told, and no text is lost."""

import asyncio
from random import Random

import pytest

from app.appeals import service
from app.appeals.codes import ActorKind, Outcome
from app.appeals.commands import Actor, Answering, Command, Done, Forwarding, Rating, Writing
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.core.errors import AppError
from app.directory import snapshot
from tests.casework.people import ANSWER, Office, registered, submission
from tests.waiting import SOON, somebody_waits

STAFF = Actor(ActorKind.STAFF, 1)


@pytest.mark.parametrize("seen", ['"1"', "*"])
async def test_two_answer_at_once(office: Office, seen: str) -> None:
    logins = ["operator@energy", "asel@energy"]
    for login in logins:
        await office.person(login)
    for one in await registered(office.db, [submission(f"{n} жылу") for n in range(5)]):
        texts = {login: f"{login} жауабы" for login in logins}
        answers = await asyncio.gather(
            *(
                office.try_act(login, one.number, "answer", seen, **(ANSWER | {"text": texts[login]}))
                for login in logins
            )
        )
        by_status = {answer.status_code: login for answer, login in zip(answers, logins, strict=True)}
        assert set(by_status) == {200, 409}
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["draft_kept"] is True
        seen_by_loser = await office.case(by_status[409], one.number)
        assert seen_by_loser["draft"]["text"] == texts[by_status[409]]
        assert seen_by_loser["answer"]["text"] == texts[by_status[200]]
        assert await closings(office.db, one.appeal_id) == 1


async def closings(db: Database, appeal_id: int) -> int:
    """How often the case's holdings closed, by their counters."""
    async with db.read() as connection:
        held = await connection.fetchval("SELECT count(*) FROM holding WHERE appeal_id = $1", appeal_id)
        open_ = await connection.fetchval(
            "SELECT count(*) FROM holding WHERE appeal_id = $1 AND closed_at IS NULL", appeal_id
        )
        running = await connection.fetchval("SELECT sum(running) FROM counter_delta")
        total = await connection.fetchval("SELECT count(*) FROM holding WHERE closed_at IS NULL")
    assert running == total
    return int(held - open_)


async def test_forwarding_against_answering(office: Office) -> None:
    for login in ("operator@energy", "asel@energy"):
        await office.person(login)
    first: set[str] = set()
    for place, one in enumerate(await registered(office.db, [submission(f"{n} жылу") for n in range(6)])):
        calls = [
            office.try_act("asel@energy", one.number, "answer", '"1"', **ANSWER),
            office.try_act("operator@energy", one.number, "forward", '"1"', to="health", reason="сіздікі"),
        ]
        if place % 2:
            calls.reverse()
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        shown = await office.case("asel@energy", one.number)
        first.add("forwarded" if shown["past"] else "answered")
        if shown["past"]:
            assert shown["draft"]["text"] == ANSWER["text"]
        assert await closings(office.db, one.appeal_id) == 1
    assert first


async def test_two_heads_approve_at_once(office: Office) -> None:
    appeal = await office.file(addressee="health")
    await office.act("operator@health", appeal.number, "answer", **ANSWER)
    await office.person("head@health")
    answers = await asyncio.gather(
        *(office.try_act("head@health", appeal.number, "approve", '"2"') for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_an_answer_that_was_proposed_while_the_head_waited_is_approved(
    office: Office, real_db: Database
) -> None:
    appeal = await office.file(addressee="health")
    await office.person("head@health")
    proposing = Actor(ActorKind.STAFF, 1, decides_alone=False)
    async with real_db.transaction() as connection:
        command = Command(
            Act.ANSWER,
            appeal.appeal_id,
            proposing,
            clock.now(),
            payload=Answering(Outcome.EXPLAINED, "жауап", "kk", "ӘРПК 76-бап"),
        )
        (done,) = await service.act(connection, [command], snapshot.current())
        assert isinstance(done, Done)
        approving = asyncio.create_task(office.try_act("head@health", appeal.number, "approve", "*"))
        await somebody_waits(connection)
    answer = await approving
    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]["text"] == "жауап"


async def test_an_answer_is_rated_once(office: Office, real_db: Database) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "answer", **ANSWER)
    async with real_db.transaction() as connection:
        citizen = Actor(ActorKind.CITIZEN)
        rating = Command(Act.RATE, appeal.appeal_id, citizen, clock.now(), payload=Rating(5, resolved=True))
        await service.act(connection, [rating], snapshot.current())
        again = asyncio.create_task(
            office.client.post(
                f"/api/v1/appeals/{appeal.number}/rating",
                headers={"x-access-code": appeal.access_code},
                json={"score": 1, "resolved": False},
            )
        )
        await somebody_waits(connection)
    assert ((await again).status_code, (await again).json()["code"]) == (409, "already_rated")


async def test_an_act_waits_for_a_forward_and_finds_the_new_holder(office: Office, real_db: Database) -> None:
    appeal = await office.file(addressee="energy")
    await office.person("operator@health")
    async with real_db.transaction() as connection:
        command = Command(
            Act.FORWARD, appeal.appeal_id, STAFF, clock.now(), payload=Forwarding("health", "сіздікі")
        )
        await service.act(connection, [command], snapshot.current())
        noting = asyncio.create_task(noted(real_db, appeal.appeal_id))
        await somebody_waits(connection)
    assert isinstance(await noting, Done)
    shown = await office.case("operator@health", appeal.number)
    assert [note["text"] for note in shown["notes"]] == ["ескерту"]


async def noted(db: Database, appeal_id: int) -> Done | AppError:
    async with db.transaction() as connection:
        command = Command(Act.NOTE, appeal_id, STAFF, clock.now(), payload=Writing("ескерту"))
        (done,) = await service.act(connection, [command], snapshot.current())
    return done


async def test_a_batch_that_has_to_look_again_gives_back_what_it_held(
    office: Office, real_db: Database
) -> None:
    """Two batches over A and B: one waited for A's old holding, the other has A's new one already.

    A's new holding is older than B's, so the second takes A before B, while the first has B and looks for A.
    """
    a, b = [one.appeal_id for one in await registered(office.db, [submission("A"), submission("B")])]
    directory = snapshot.current()

    def note(id_: int) -> Command:
        return Command(Act.NOTE, id_, STAFF, clock.now(), payload=Writing("ескерту"))

    def forward(id_: int) -> Command:
        return Command(Act.FORWARD, id_, STAFF, clock.now(), payload=Forwarding("health", "сіздікі"))

    async def both() -> list[Done | AppError]:
        async with real_db.transaction() as connection:
            return await service.act(connection, [note(a), note(b)], directory)

    async with real_db.transaction() as holds_b:
        async with real_db.transaction() as forwards_a:
            await service.act(forwards_a, [forward(a)], directory)
            async with real_db.transaction() as connection:
                await service.act(connection, [forward(b)], directory)
            await service.act(holds_b, [note(b)], directory)
            first = asyncio.create_task(both())
            await somebody_waits(forwards_a)
        await somebody_waits(holds_b)
        second = asyncio.create_task(both())
        await asyncio.sleep(0.3)  # the second has A's new holding by now, and waits for B behind the first
    async with asyncio.timeout(SOON):
        for done in await asyncio.gather(first, second):
            assert all(isinstance(one, Done) for one in done)
    await histories_are_whole(real_db, [a, b])


async def test_batches_in_every_order_do_not_lock_each_other_out(office: Office, real_db: Database) -> None:
    cases = [one.appeal_id for one in await registered(office.db, [submission(f"{n}") for n in range(25)])]
    rng = Random(2026)
    receivers = ["health", "energy", "labour", "digital"]

    async def batch(place: int) -> list[Done | AppError]:
        chosen = rng.sample(cases, k=18)
        commands = [
            Command(Act.NOTE, id_, STAFF, clock.now(), payload=Writing("ескерту"))
            if rng.random() < 0.5
            else Command(
                Act.FORWARD, id_, STAFF, clock.now(), payload=Forwarding(receivers[place % 4], "сіздікі")
            )
            for id_ in chosen + chosen[:3]
        ]
        async with real_db.transaction() as connection:
            return await service.act(connection, commands, snapshot.current())

    async with asyncio.timeout(120):
        done = await asyncio.gather(*(batch(place) for place in range(24)))
    refusals = {type(one).__name__ for answers in done for one in answers if not isinstance(one, Done)}
    assert refusals <= {"ForwardToSelf"}
    await histories_are_whole(real_db, cases)


async def histories_are_whole(db: Database, cases: list[int]) -> None:
    async with db.read() as connection:
        rows = await connection.fetch(
            "SELECT appeal_id, previous, hash FROM event WHERE appeal_id = ANY($1) ORDER BY id", cases
        )
        last = await connection.fetch(
            """SELECT DISTINCT ON (appeal_id) appeal_id, last_hash FROM holding
               WHERE appeal_id = ANY($1) ORDER BY appeal_id, id DESC""",
            cases,
        )
        twice = await connection.fetchval(
            """SELECT count(*) FROM (
                   SELECT FROM holding WHERE closed_at IS NULL GROUP BY appeal_id HAVING count(*) > 1)"""
        )
    newest: dict[int, bytes | None] = dict.fromkeys(cases)
    for row in rows:
        assert row["previous"] == newest[row["appeal_id"]]
        newest[row["appeal_id"]] = row["hash"]
    assert newest == {row["appeal_id"]: row["last_hash"] for row in last}
    assert twice == 0

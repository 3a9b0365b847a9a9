"""Many operators at one queue: nobody gets what another has, and nobody waits."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import httpx

from app.casework import queue
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.staff.access import StaffCaller
from app.staff.permissions import Role
from tests.casework.people import Office, Person, registered, submission

SOON = 10  # seconds; whoever waits for a lock that is never given waits longer


async def claim(client: httpx.AsyncClient, person: Person, count: int = 1) -> list[str]:
    answer = await client.post("/api/v1/queue/claim", headers=person.headers, json={"count": count})
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def claim_all(client: httpx.AsyncClient, person: Person, count: int) -> list[str]:
    mine: list[str] = []
    while taken := await claim(client, person, count):
        mine += taken
    return mine


async def test_ten_operators_share_a_hundred_cases(office: Office) -> None:
    cases = await registered(office.db, [submission(f"{n} жылу жоқ") for n in range(100)])
    people = [await office.person(f"operator{n}@energy") for n in range(10)]
    async with asyncio.timeout(60):
        taken = await asyncio.gather(
            *(claim_all(office.client, person, 1 + place % 3) for place, person in enumerate(people))
        )
    whose = {number: person for person, numbers in zip(people, taken, strict=True) for number in numbers}
    assert Counter(number for numbers in taken for number in numbers) == Counter(one.number for one in cases)
    async with office.db.read() as connection:
        rows = await connection.fetch(
            """SELECT e.appeal_id, e.actor_id, h.assignee_id, h.status
               FROM event e JOIN holding h ON h.id = e.holding_id WHERE e.kind = 'claimed'"""
        )
    by_id = {one.appeal_id: one.number for one in cases}
    assert len(rows) == 100
    for row in rows:
        person = whose[by_id[row["appeal_id"]]]
        assert row["actor_id"] == row["assignee_id"] == person.account_id
        assert row["status"] == "in_progress"


async def test_nobody_waits_for_a_claim_that_is_not_finished(office: Office, real_db: Database) -> None:
    now = clock.now()
    times = [now - timedelta(days=9), *[now - timedelta(days=3)] * 30]
    first, *others = await registered(office.db, [submission("жылу жоқ", received_at=at) for at in times])
    slow = await office.person("slow@energy")
    quick = [await office.person(f"quick{n}@energy") for n in range(31)]
    energy = snapshot.current().agency("energy")
    caller = StaffCaller(
        slow.account_id, slow.login, slow.name, Role.OPERATOR, energy.id, energy.code, session=uuid4()
    )
    async with real_db.transaction() as connection:
        rows = await queue.claim(connection, caller, 1, snapshot.current(), now)
        assert [row["appeal_id"] for row in rows] == [first.appeal_id]
        async with asyncio.timeout(SOON):
            taken = await asyncio.gather(*(claim(office.client, person) for person in quick))
        assert sorted(taken) == sorted([*([one.number] for one in others), []])


async def test_nobody_waits_for_somebody_who_works_on_a_case(office: Office, real_db: Database) -> None:
    busy, free = await registered(office.db, [submission("жылу жоқ"), submission("су жоқ")])
    person = await office.person("operator@energy")
    async with real_db.transaction() as connection:
        await connection.execute("SELECT FROM holding WHERE appeal_id = $1 FOR UPDATE", busy.appeal_id)
        async with asyncio.timeout(SOON):
            assert await claim(office.client, person) == [free.number]
            assert await claim(office.client, person) == []
    assert await claim(office.client, person) == [busy.number]


async def test_two_take_the_same_case_by_its_number(office: Office) -> None:
    appeal = await office.file()
    logins = ["operator@energy", "asel@energy"]
    for login in logins:
        await office.person(login)
    answers = await asyncio.gather(*(office.try_act(login, appeal.number, "claim") for login in logins))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "claimed_by_other"


async def test_the_lease_that_ends_is_taken_once(office: Office, real_db: Database) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "claim")
    people = [await office.person(f"operator{n}@energy") for n in range(8)]
    async with real_db.transaction() as connection:
        await connection.execute("UPDATE holding SET lease_until = $1", clock.now() - timedelta(seconds=1))
    taken = await asyncio.gather(*(claim(office.client, person) for person in people))
    assert sorted(taken) == [[]] * 7 + [[appeal.number]]

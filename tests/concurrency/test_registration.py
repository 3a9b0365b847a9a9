"""Registrations that arrive together: one row for one message, and one bad row fails alone."""

import asyncio
from typing import Any

import asyncpg
import httpx

from app.core.db import DatabaseUrls
from tests.casework.people import Office

APPEAL = {"kind": "statement", "language": "ru", "text": "Нет отопления третий день", "topic": "utilities"}


async def posted(client: httpx.AsyncClient, appeal: dict[str, Any], key: str | None = None) -> httpx.Response:
    return await client.post("/api/v1/appeals", json=appeal, headers={"idempotency-key": key} if key else {})


async def rows(office: Office) -> int:
    async with office.db.read() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM appeal")
    return count


async def test_one_key_eight_times_at_once_is_one_appeal(office: Office) -> None:
    for round_ in range(10):
        answers = await asyncio.gather(
            *(posted(office.client, APPEAL, f"one-message-{round_:08}") for _ in range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        first = answers[0].json()
        assert all(answer.json() == first for answer in answers)
        assert await rows(office) == round_ + 1


async def test_one_key_for_different_messages_at_once(office: Office) -> None:
    answers = await asyncio.gather(
        *(posted(office.client, APPEAL | {"text": f"Письмо {n}"}, "one-key-for-many-0001") for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"key_reused"}
    assert await rows(office) == 1


async def test_a_bad_row_among_good_ones_fails_alone(office: Office) -> None:
    appeals: list[dict[str, Any]] = [APPEAL | {"text": f"Письмо {n}"} for n in range(40)]
    appeals[7]["addressee"] = "nobody at all"
    appeals[23]["topic"] = "no-such-topic"
    answers = await asyncio.gather(*(posted(office.client, appeal) for appeal in appeals))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.pop(23), statuses.pop(7)) == (422, 422)
    assert set(statuses) == {201}
    assert await rows(office) == 38
    numbers = {answer.json()["number"] for answer in answers if answer.status_code == 201}
    assert len(numbers) == 38


async def test_a_row_that_the_database_refuses_fails_alone(office: Office, real_urls: DatabaseUrls) -> None:
    owner = await asyncpg.connect(real_urls.owner)
    try:
        await owner.execute("ALTER TABLE appeal ADD CONSTRAINT no_land CHECK (topic <> 'land')")
    finally:
        await owner.close()
    appeals = [APPEAL | {"text": f"Письмо {n}"} for n in range(20)]
    appeals[11]["topic"] = "land"
    answers = await asyncio.gather(*(posted(office.client, appeal) for appeal in appeals))
    statuses = [answer.status_code for answer in answers]
    assert statuses.pop(11) >= 500
    assert set(statuses) == {201}
    assert await rows(office) == 19

"""A client's own limit: so many requests a minute, whichever process hears them."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import time_machine

from app.core.db import Database
from app.core.errors import TooManyRequests
from app.settings import Settings
from app.staff import limits
from app.staff.permissions import Scope
from tests.intake.tickets.centre import open_centre, refused, ticket
from tests.support import running

MINUTE = datetime(2026, 11, 24, 10, 0, 20, tzinfo=UTC)


async def test_the_limit_and_the_next_minute(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, requests_per_minute=3)
    other = await open_centre(db, client, "109-mangystau", requests_per_minute=3)
    with time_machine.travel(MINUTE, tick=False):
        for _ in range(3):
            assert (await centre.ask("GET", "/tickets")).status_code == 200
        answer = await centre.bring(ticket())
        assert refused(answer, 429, "too_many_requests") == {}
        assert answer.headers["retry-after"] == "40"
        assert (await other.ask("GET", "/tickets")).status_code == 200
    with time_machine.travel(MINUTE + timedelta(seconds=40), tick=False):
        assert (await centre.bring(ticket())).status_code == 201
    assert await centre.value("SELECT count(*) FROM refused_ticket") == 0, "it only came too soon"


async def test_a_batch_is_one_request(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, requests_per_minute=1)
    assert (await centre.batch(b"{}\n" * 100)).status_code == 200


async def test_whoever_may_not_is_counted_too(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, scopes=[Scope.TICKETS_READ], requests_per_minute=1)
    refused(await centre.bring(ticket()), 403, "scope_missing")
    refused(await centre.bring(ticket()), 429, "too_many_requests")


async def test_all_processes_count_together(real_db: Database) -> None:
    async with real_db.transaction() as connection:
        client_id = await connection.fetchval(
            """INSERT INTO api_client (source_id, name, key_hash, scopes, channels, active, created_at)
               SELECT id, 'c', '\\x00', '{}', '{}', true, now() FROM source LIMIT 1 RETURNING id"""
        )

    async def heard() -> bool:
        try:
            await limits.count(real_db, client_id, 25)
        except TooManyRequests:
            return False
        return True

    with time_machine.travel(MINUTE, tick=False):
        assert sum(await asyncio.gather(*(heard() for _ in range(40)))) == 25
    with time_machine.travel(MINUTE - timedelta(minutes=1), tick=False):
        assert not await heard(), "a clock that goes behind begins no new minute"


async def test_off(db: Database, settings: Settings) -> None:
    without = settings.model_copy(update={"rate_limits": "off"})
    async with running(without, db) as client:
        centre = await open_centre(db, client, requests_per_minute=1)
        for _ in range(3):
            assert (await centre.ask("GET", "/tickets")).status_code == 200
        assert await centre.value("SELECT count(*) FROM client_use") == 0

"""How often somebody may do something: a client by its own limit, others by network; a process counts."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from limits import RateLimitItemPerMinute

from app.core.db import Database
from app.settings import Settings
from app.staff import limits
from app.staff.limits import Limiter
from app.staff.permissions import Scope
from tests.intake.tickets.centre import open_centre, refused, ticket
from tests.support import running

TWICE = RateLimitItemPerMinute(2, 15, namespace="test")
MINUTE = datetime(2026, 11, 24, 10, 0, 20, tzinfo=UTC)


async def test_the_limit_and_the_next_minute(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, requests_per_minute=3)
    other = await open_centre(db, client, "109-mangystau", requests_per_minute=3)
    with time_machine.travel(MINUTE, tick=False):
        for _ in range(3):
            assert (await centre.ask("GET", "/tickets")).status_code == 200
        answer = await centre.bring(ticket())
        assert refused(answer, 429, "too_many_requests") == {}
        assert answer.headers["retry-after"] == "60"
        assert (await other.ask("GET", "/tickets")).status_code == 200
    with time_machine.travel(MINUTE + timedelta(seconds=61), tick=False):
        assert (await centre.bring(ticket())).status_code == 201
    assert await centre.value("SELECT count(*) FROM refused_ticket") == 0, "it only came too soon"


async def test_a_batch_is_one_request(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, requests_per_minute=1)
    assert (await centre.batch(b"{}\n" * 100)).status_code == 200


async def test_whoever_may_not_is_counted_too(db: Database, client: httpx.AsyncClient) -> None:
    centre = await open_centre(db, client, scopes=[Scope.TICKETS_READ], requests_per_minute=1)
    refused(await centre.bring(ticket()), 403, "scope_missing")
    refused(await centre.bring(ticket()), 429, "too_many_requests")


async def heard(limiter: Limiter, who: str, times: int = 1) -> list[int]:
    """The seconds that each has to wait; 0: it is heard."""
    return [await limiter.wait(TWICE, who) for _ in range(times)]


async def test_each_is_counted_for_itself_and_told_when_to_come_again() -> None:
    limiter = Limiter(enabled=True)
    with time_machine.travel(MINUTE, tick=False):
        assert await heard(limiter, "198.51.100.7", 3) == [0, 0, 900]
        assert await heard(limiter, "198.51.100.8") == [0]
    with time_machine.travel(MINUTE + timedelta(seconds=899), tick=False):
        assert await heard(limiter, "198.51.100.7") == [1]
    with time_machine.travel(MINUTE + timedelta(seconds=901), tick=False):
        assert await heard(limiter, "198.51.100.7") == [0]


async def test_a_flood_of_networks_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 100)
    limiter = Limiter(enabled=True)
    for number in range(1_000):
        assert await limiter.wait(TWICE, f"2001:db8:0:{number:x}::/64") == 0
    assert len(limiter._storage.storage) <= 101


async def test_off(db: Database, settings: Settings) -> None:
    without = settings.model_copy(update={"rate_limits": "off"})
    async with running(without, db) as client:
        centre = await open_centre(db, client, requests_per_minute=1)
        for _ in range(3):
            assert (await centre.ask("GET", "/tickets")).status_code == 200

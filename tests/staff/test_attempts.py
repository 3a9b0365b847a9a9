"""Failed tries are counted by subject and network together."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.core.db import Database
from app.core.errors import TooManyRequests
from app.staff import attempts
from app.staff.attempts import LIMIT, Throttle

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
HOME, CAFE = "198.51.100.7", "2001:db8:1:2::/64"


async def fail(db: Database, times: int, *, subject: str = "aigul@energy", network: str = HOME) -> None:
    for _ in range(times):
        await attempts.failed(db, "login", subject, network)


async def wait(db: Database, subject: str = "aigul@energy", network: str = HOME, what: str = "login") -> int:
    """Seconds the pair has to wait; 0 when it may try."""
    try:
        await attempts.check(db, what, subject, network)
    except TooManyRequests as error:
        return int(error.headers["Retry-After"])
    return 0


async def test_the_limit(db: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        await fail(db, LIMIT - 1)
        assert await wait(db) == 0
        await fail(db, 1)
        assert await wait(db) == 14 * 60 + 30


async def test_nobody_else_is_locked_out(db: Database) -> None:
    await fail(db, LIMIT)
    assert await wait(db) > 0
    assert await wait(db, network=CAFE) == 0
    assert await wait(db, subject="head@energy") == 0
    assert await wait(db, what="access_code") == 0


async def test_after_a_quarter_of_an_hour_it_is_heard_again(db: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        await fail(db, LIMIT)
        seconds = await wait(db)
    with time_machine.travel(NOON + timedelta(seconds=seconds - 1), tick=False):
        assert await wait(db) == 1
    with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
        assert await wait(db) == 0


async def test_the_period_slides(db: Database) -> None:
    """Half of the tries fourteen minutes ago: there is no edge at which the count begins anew."""
    with time_machine.travel(NOON, tick=False):
        await fail(db, LIMIT // 2)
    with time_machine.travel(NOON + timedelta(minutes=14), tick=False):
        await fail(db, LIMIT - LIMIT // 2)
        assert await wait(db) == 30


async def test_success_forgets(db: Database) -> None:
    await fail(db, LIMIT)
    await fail(db, LIMIT, network=CAFE)
    await attempts.succeeded(db, "login", "aigul@energy", HOME)
    assert await wait(db) == 0
    assert await wait(db, network=CAFE) > 0


async def test_off(db: Database) -> None:
    off = Throttle(db, HOME, enabled=False)
    for _ in range(LIMIT + 1):
        await off.failed("login", "aigul@energy")
        await off.check("login", "aigul@energy")
    assert await wait(db) == 0


async def test_what_was_tried_at_cannot_be_read(db: Database) -> None:
    await fail(db, 1)
    async with db.read() as connection:
        stored = await connection.fetchval("SELECT subject FROM attempt WHERE network = $1", HOME)
    assert len(stored) == 32
    assert b"aigul" not in stored


@pytest.mark.parametrize(
    ("minutes_ago", "seconds"),
    [
        ([(14, 9)], 0),
        ([(14, 10)], 60),
        ([(14, 5), (1, 5)], 60),
        ([(14, 1), (13, 1), (1, 10)], 14 * 60),
        ([(2, 500)], 13 * 60),
        ([], 0),
    ],
)
def test_how_long_to_wait(minutes_ago: list[tuple[int, int]], seconds: int) -> None:
    rows = [(NOON - timedelta(minutes=ago), count) for ago, count in minutes_ago]
    assert attempts._wait(rows, NOON) == seconds

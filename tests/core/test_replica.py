"""How far a replica is, by what it says of itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from time import monotonic
from typing import Any, cast

import asyncpg
import pytest

from app.core.replica import MAX_LAG, Mark, Replica, State

OURS, ANOTHER = 1, 2


def mark(age: float, place: int) -> Mark:
    return Mark(datetime.now(UTC), monotonic() - age, OURS, place)


def said(place: int, cluster: int = OURS, *, follows: bool = True) -> asyncpg.Record:
    return cast("asyncpg.Record", {"cluster": cluster, "place": place, "follows": follows})


@pytest.fixture
async def one() -> AsyncIterator[Replica]:
    found = await Replica.open("postgresql://ls_web@/d?host=/nowhere&port=5432", pool_size=1)
    yield found
    await found.close()


@pytest.mark.parametrize(
    ("row", "state", "as_of"),
    [
        (said(20), State.FRESH, "new"),
        (said(19), State.BEHIND, "old"),
        (said(9), State.BEHIND, None),
        (said(20, follows=False), State.PROMOTED, None),
        (said(20, ANOTHER), State.STRANGE, None),
    ],
)
async def test_what_it_says_is_compared_with_where_the_primary_was(
    one: Replica, row: Any, state: State, as_of: str | None
) -> None:
    marks = {"old": mark(MAX_LAG + 1, 10), "new": mark(0, 20)}
    one.follow(row, list(marks.values()))
    assert (one.state, one.as_of) == (state, marks.get(as_of or ""))
    assert one.usable(None) == (state is State.FRESH)


async def test_the_last_that_a_silent_primary_said_is_enough_however_old(one: Replica) -> None:
    last = mark(MAX_LAG + 1, 10)
    one.follow(said(10), [last])
    assert not one.usable(None)
    assert one.usable(last)
    assert not one.usable(mark(0, 20))
    one.lost(OSError())
    assert not one.usable(last)

"""One bad row among many stops nobody; what lies in no row is raised."""

import pytest

from app.timekeeping.halving import MOST_BAD, without_the_bad


class Work:
    def __init__(self, *bad: int, error: Exception | None = None) -> None:
        self.bad, self.error = set(bad), error or ValueError("broken\nDETAIL: a row")
        self.done: list[int] = []
        self.left_out: dict[int, str] = {}

    async def do(self, items: object) -> None:
        assert isinstance(items, list)
        if self.bad & set(items):
            raise self.error
        self.done += items

    async def leave_out(self, item: int, why: str) -> None:
        self.left_out[item] = why


@pytest.mark.parametrize("bad", [(), (0,), (6,), (2, 3), (0, 1, 2, 3, 4)])
async def test_all_others_are_done_once_and_in_order(bad: tuple[int, ...]) -> None:
    work = Work(*bad)
    await without_the_bad(list(range(7)), work.do, work.leave_out)
    assert work.done == [item for item in range(7) if item not in bad]
    assert work.left_out == dict.fromkeys(bad, "ValueError")  # its message may hold a row


async def test_a_database_that_is_away_is_nobodys_fault() -> None:
    work = Work(3, error=ConnectionResetError("away"))
    with pytest.raises(ConnectionResetError):
        await without_the_bad(list(range(7)), work.do, work.leave_out)
    assert not work.left_out


async def test_a_mistake_that_many_meet_is_ours() -> None:
    work = Work(*range(100))
    with pytest.raises(ValueError, match="broken"):
        await without_the_bad(list(range(100)), work.do, work.leave_out)
    assert len(work.left_out) == MOST_BAD

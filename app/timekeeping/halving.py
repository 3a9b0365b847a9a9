"""Work on many that one bad row does not stop: it is found and left out."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.core.http import UNAVAILABLE
from app.core.log import kind

Item = TypeVar("Item")
Work = Callable[[Sequence[Item]], Awaitable[None]]
# With a line that says why.
LeaveOut = Callable[[Item, str], Awaitable[None]]

MOST_BAD = 5


async def without_the_bad(items: Sequence[Item], work: Work[Item], leave_out: LeaveOut[Item]) -> None:
    """Do the work on all at once; where it fails for a reason that lies in one of them, on all the others.

    `work` undoes what it did when it raises. Raised is what lies in none of them: a database that is away,
    or a mistake of ours that more than a few of them meet.
    """
    bad = 0

    async def part(some: Sequence[Item]) -> None:
        nonlocal bad
        try:
            await work(some)
        except UNAVAILABLE:
            raise
        except Exception as error:
            if len(some) > 1:
                middle = len(some) // 2
                await part(some[:middle])
                await part(some[middle:])
                return
            bad += 1
            if bad > MOST_BAD:
                raise
            await leave_out(some[0], kind(error))

    await part(items)

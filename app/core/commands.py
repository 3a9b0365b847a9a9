"""What a package's commands are given by app/cli.py."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from app.core.db import Database

Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Told how far the work is: done, all."""


class OnDatabase(Protocol):
    """Opens the service's database, does the work on it, and closes it; raises what the work raises."""

    def __call__(self, work: "Callable[[Database], Awaitable[Result]]", /) -> Result: ...

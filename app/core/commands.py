"""What a package's commands are given by app/cli.py."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.i18n import Language

Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Told how far the work is: done, all."""


class OnDatabase(Protocol):
    """Opens the service's database, does the work on it, and closes it; raises what the work raises."""

    def __call__(self, work: "Callable[[Database], Awaitable[Result]]", /) -> Result: ...


def language(asked: str | None, environment: Mapping[str, str]) -> "Language":
    """The asked one, else the terminal's when it is one of ours, else English."""
    from app.core.i18n import LANGUAGES

    set_to = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    wanted = asked or set_to[:2].lower()
    return next((known for known in LANGUAGES if known == wanted), "en")

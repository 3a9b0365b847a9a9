"""What became of an attempt, as it is kept: kinds of failure and codes, never what a receiver said."""

from dataclasses import dataclass
from datetime import timedelta

from app.notices.models import Result


@dataclass(frozen=True, slots=True)
class Outcome:
    """`final`: trying again is of no use. `gone`: the receiver wants no more at all. `asked`: how long it
    asked us to wait."""

    result: Result
    code: int | None = None
    detail: str = ""
    final: bool = False
    gone: bool = False
    asked: timedelta | None = None

    @property
    def delivered(self) -> bool:
        return self.result is Result.DELIVERED


def broken(error: BaseException) -> Outcome:
    """A mistake of ours. Only its class is told: its message may hold what it was about."""
    return Outcome(Result.BROKEN, detail=type(error).__name__)

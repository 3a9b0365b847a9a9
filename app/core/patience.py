"""How long the database may work on, or wait in, one statement of a request: said to it at the beginning of
each transaction of the web side. What takes longer is cancelled there, and the caller told to come again.

A request begins with the patience of its method; a route that needs another says so where it is declared
(`edge.FIGURES`, `edge.LONG`). Committing is under none: PostgreSQL puts the time down before it commits, and
a commit that were cancelled might have been one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Patience(StrEnum):
    READING = "reading"
    ACT = "act"
    FIGURES = "figures"
    LONG = "long"
    """Exports, copies, and what no request waits for."""


SECONDS: dict[Patience, float] = {
    Patience.READING: 5,
    Patience.ACT: 10,
    Patience.FIGURES: 20,
    Patience.LONG: 50,
}
"""All below `bounds.ANSWER_WITHIN`, so that the database gives up before the caller does."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_present: ContextVar[Patience] = ContextVar("patience", default=Patience.LONG)


def milliseconds() -> int:
    return round(1000 * SECONDS[_present.get()])


def may_read_much() -> bool:
    """Whether what is asked now may read much, or little, by what it asks for."""
    return _present.get() in {Patience.FIGURES, Patience.LONG}


def have(patience: Patience) -> None:
    """From now on in this request, or in this task."""
    _present.set(patience)


@contextmanager
def of_method(method: str) -> Iterator[None]:
    """For the block, which is a request by this method."""
    before = _present.get()
    _present.set(Patience.READING if method in _READS else Patience.ACT)
    try:
        yield
    finally:
        _present.set(before)

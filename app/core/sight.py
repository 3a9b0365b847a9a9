"""Of which cases a request sees anything: said to the database at the beginning of each transaction, where
the policies of the tables compare with it. Until somebody says whose request it is, that is none.

A sight is text: `all`, `listed`, or a kind and ids, `agency:12,15`. Only ids come into it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NewType

Sight = NewType("Sight", str)

NOTHING = Sight("")
EVERYTHING = Sight("all")
LISTED = Sight("listed")
"""What stands in public lists."""

SETTING = "app.scope"

_present: ContextVar[Sight] = ContextVar("sight", default=NOTHING)


def of_agencies(ids: Iterable[int] | None) -> Sight:
    """What these bodies have, had or review; None: everything."""
    return EVERYTHING if ids is None else _of("agency", ids)


def of_appeal(id_: int) -> Sight:
    return _of("appeal", [id_])


def of_sources(ids: Iterable[int]) -> Sight:
    """What these sources have brought."""
    return _of("source", ids)


def _of(kind: str, ids: Iterable[int]) -> Sight:
    return Sight(f"{kind}:{','.join(str(int(id_)) for id_ in sorted(ids))}")


def present() -> Sight:
    return _present.get()


def limit_to(sight: Sight) -> None:
    """From now on in this request, or in this task."""
    _present.set(sight)


@contextmanager
def within(sight: Sight) -> Iterator[None]:
    """For the transactions that begin in the block."""
    before = _present.get()
    _present.set(sight)
    try:
        yield
    finally:
        _present.set(before)

"""One appeal with its parts: how the whole stands, and which part speaks for it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import asyncpg

from app.appeals.codes import Close, Status

Holding = Mapping[str, Any] | asyncpg.Record
H = TypeVar("H", bound=Holding)


def newest(holdings: Iterable[H]) -> list[H]:
    """The newest holding of each part, by part. `holdings`: in the order in which they opened.

    What was split up and kept nothing is no part any more.
    """
    found: dict[int, H] = {}
    for holding in holdings:
        found[holding["part"]] = holding
    kept = [found[part] for part in sorted(found) if found[part]["close"] != Close.FORWARDED_OUT]
    return kept or list(found.values())


def is_open(holding: Holding) -> bool:
    return holding["closed_at"] is None


def overdue(holding: Holding, on: date) -> bool:
    return is_open(holding) and bool(holding["running"]) and on > holding["due_on"]


def speaking(parts: Sequence[H]) -> H:
    """The part whose state is the whole's: the open one that is due last; once all are closed, of those that
    were answered the one that was due last; else the one that ended last."""
    if unfinished := [part for part in parts if is_open(part)]:
        return max(unfinished, key=_due)
    if answered := [part for part in parts if part["status"] == Status.ANSWERED]:
        return max(answered, key=_due)
    return max(parts, key=lambda part: (part["closed_at"], part["part"]))


def answered_last(parts: Iterable[H]) -> H | None:
    answered = [part for part in parts if not is_open(part) and part["status"] == Status.ANSWERED]
    return max(answered, key=lambda part: part["closed_at"], default=None)


def _due(holding: Holding) -> tuple[date, int]:
    return holding["due_on"], holding["part"]

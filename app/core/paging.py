"""Where a page of a list ended, as the word with which the next page is asked for."""

import base64
import json
from datetime import date, time
from typing import Any

from app.core.errors import Invalid

LARGEST_ID = 2**63 - 1

Part = int | date | time


def cursor(*place: Part) -> str:
    """The values that the list is ordered by, of the last row of a page. A time counts in whole minutes."""
    whole = json.dumps([_said(part) for part in place])
    return base64.urlsafe_b64encode(whole.encode()).decode().rstrip("=")


def place(given: str, *kinds: type[Part]) -> tuple[Any, ...]:
    """The values back, one of each kind. Raises Invalid for anything that `cursor` does not give; a number is
    from 0 to 2^63 - 1."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        found = tuple(_read(part, kind) for part, kind in zip(parts, kinds, strict=True))
        if cursor(*found) != given:
            raise ValueError("not a place in a list")
    except (ValueError, TypeError, RecursionError):
        raise Invalid.of("cursor", "cursor") from None
    return found


def after(given: str | None) -> int:
    """Of a list that is ordered by one number: that of the last row before the page, 0 for the first page."""
    if given is None:
        return 0
    number: int = place(given, int)[0]
    return number


def _said(part: Part) -> int | str:
    if isinstance(part, int):
        return part
    return f"{part:%H:%M}" if isinstance(part, time) else part.isoformat()


def _read(said: Any, kind: type[Part]) -> Part:
    if kind is date or kind is time:
        return kind.fromisoformat(said)
    if type(said) is not int or not 0 <= said <= LARGEST_ID:
        raise ValueError("not a number of a row")
    return said

"""A cursor gives back what it was made of, and nothing else is one."""

import base64
import json
from datetime import date, time

import pytest

from app.core import paging
from app.core.errors import Invalid

DAY, HOUR = date(2026, 11, 23), time(9, 30)


def test_a_cursor_is_read_back() -> None:
    assert paging.place(paging.cursor(DAY, HOUR, 12), date, time, int) == (DAY, HOUR, 12)
    assert paging.after(paging.cursor(paging.LARGEST_ID)) == paging.LARGEST_ID
    assert paging.after(None) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "x", "ә", "====", "\0", "[" * 5000),
        paging.cursor(),
        paging.cursor(DAY),
        paging.cursor(1, 2),
        paging.cursor(-1),
        paging.cursor(paging.LARGEST_ID + 1),
        paging.cursor(True),
        f"{paging.cursor(1)}=",
    ],
)
def test_nothing_else_is_a_cursor(wrong: str) -> None:
    with pytest.raises(Invalid):
        paging.place(wrong, int)


@pytest.mark.parametrize("wrong", ["2026-02-30", "today", "20261123"])
def test_a_day_is_written_in_one_way(wrong: str) -> None:
    given = base64.urlsafe_b64encode(json.dumps([wrong]).encode()).decode().rstrip("=")
    with pytest.raises(Invalid):
        paging.place(given, date)
